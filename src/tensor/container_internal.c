/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/container_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

lln_status lln_container_fail_key(lln_status status, const char *key)
{
    char name[LLN_KEY_TEXT], place[LLN_KEY_TEXT + 8];
    snprintf(place, sizeof place, "key '%s'",
             lln_text_printable(name, sizeof name, key));
    return lln_fail_in(status, place);
}

/* *copy becomes a copy of text, NULL if text is NULL. */
static lln_status copy_text(const char *text, char **copy)
{
    *copy = text ? strdup(text) : NULL;
    return *copy || !text ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
}

lln_status lln_container_add(lln_container *container, const char *key,
                             const char *dtype, const char *unreadable,
                             const lln_tensor *tensor)
{
    lln_array *grown =
        lln_array_grow(container->arrays, container->count, sizeof *grown);
    if (!grown)
        return LLN_ENOMEM;
    container->arrays = grown;
    lln_array *array = &container->arrays[container->count++];
    *array = (lln_array){.tensor = *tensor};
    LLN_TRY(copy_text(key, &array->key));
    LLN_TRY(copy_text(dtype, &array->dtype));
    return copy_text(unreadable && unreadable[0] ? unreadable : NULL,
                     &array->unreadable);
}

/* The index of a shard, which is added if it is new. Searching from the end is
 * fast: neighbouring keys often have the same shard. */
static lln_status find_shard(lln_container *container, const char *name,
                             size_t *place)
{
    size_t count = container->shard_count;
    for (*place = count; (*place)-- > 0;)
        if (strcmp(container->shards[*place].name, name) == 0)
            return LLN_OK;
    lln_shard *grown = lln_array_grow(container->shards, count, sizeof *grown);
    if (!grown)
        return LLN_ENOMEM;
    container->shards = grown;
    grown[count] = (lln_shard){0};
    container->shard_count++;
    *place = count;
    return copy_text(name, &grown[count].name);
}

lln_status lln_container_add_in_shard(lln_container *container, const char *key,
                                      const char *shard)
{
    const lln_tensor unknown = {0};
    size_t place;
    LLN_TRY(find_shard(container, shard, &place));
    LLN_TRY(lln_container_add(container, key, "", NULL, &unknown));
    container->arrays[container->count - 1].shard = place + 1;
    return LLN_OK;
}
