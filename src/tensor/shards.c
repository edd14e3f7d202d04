/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/shards.h"

#include <string.h>

#include "core/text.h"
#include "tensor/json.h"

enum { START = 8, INDEX_MOST = 100000000 };

/* Whether the file is JSON text. A .safetensors file begins with a length,
 * whose upper bytes are zero. */
static bool begins_as_object(const lln_mapping *file)
{
    size_t at = 0;
    if (file->size < START || memchr(file->bytes, '\0', START))
        return false;
    while (at + 1 < file->size && strchr(" \t\r\n", file->bytes[at]))
        at++;
    return file->bytes[at] == '{';
}

/* A pipe has no folder, so that reading on is useless. */
static size_t claim_nothing(const lln_mapping *file)
{
    (void)file;
    return 0;
}

/* LLN_EFORMAT unless the value is the name of a file in the folder of the index
 * or in a folder below it. */
static lln_status check_name(const json_t *value)
{
    const char *name = json_string_value(value);
    char shown[LLN_KEY_TEXT];
    if (!name || !*name || strlen(name) != json_string_length(value))
        return lln_fail(LLN_EFORMAT, "expected the name of a shard");
    bool leaves = name[0] == '/';
    for (const char *part = name; part && !leaves; part = strchr(part, '/')) {
        part += *part == '/';
        leaves = strncmp(part, "..", 2) == 0 && (!part[2] || part[2] == '/');
    }
    if (!leaves)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT,
                    "shard '%s': expected a file in the folder of the index",
                    lln_text_printable(shown, sizeof shown, name));
}

static lln_status list_keys(lln_container *container, const json_t *index)
{
    json_t *map = json_object_get(index, "weight_map"), *value;
    const char *key;
    if (!json_is_object(map))
        return lln_fail(LLN_EFORMAT,
                        "JSON without \"weight_map\"; expected an index of "
                        "shards, or a .npy, .npz or .safetensors file");
    if (!container->path)
        return lln_fail(LLN_EFORMAT, "an index of shards without a folder; "
                                     "give the name of the file instead");
    if (container->is_shard)
        return lln_fail(LLN_EFORMAT, "an index of shards; expected a shard");
    json_object_foreach(map, key, value)
    {
        lln_status status = check_name(value);
        if (status != LLN_OK)
            return lln_container_fail_key(status, key);
        LLN_TRY(lln_container_add_in_shard(container, key,
                                           json_string_value(value)));
    }
    return LLN_OK;
}

static lln_status list_arrays(lln_container *container)
{
    const lln_mapping *file = &container->mapping;
    const unsigned char *text;
    json_t *index;
    if (file->size > INDEX_MOST)
        return lln_fail(LLN_EFORMAT,
                        "JSON of %zu bytes; expected an index of at most %d",
                        file->size, INDEX_MOST);
    LLN_TRY(lln_mapping_get(file, 0, file->size, &text));
    lln_status status =
        lln_json_parse((const char *)text, file->size, "JSON", &index);
    lln_mapping_put(file, text);
    LLN_TRY(status);
    status = list_keys(container, index);
    json_decref(index);
    return status;
}

const lln_format lln_shards_format = {
    .begins = begins_as_object,
    .claim = claim_nothing,
    .list = list_arrays,
};
