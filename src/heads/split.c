/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/split.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"

enum {
    MOST_HEADS = 65536,
    LIST_TEXT = 60 /* bytes of a list of numbers of heads */
};

static const char *const fused_names[] = {"none", "qkv", "head-qkv"};

const char *lln_fused_name(lln_fused fused)
{
    return fused_names[fused];
}

lln_status lln_fused_read(const char *text, lln_fused *fused)
{
    for (int i = LLN_FUSED_QKV; i <= LLN_FUSED_HEAD_QKV; i++)
        if (strcmp(text, fused_names[i]) == 0) {
            *fused = (lln_fused)i;
            return LLN_OK;
        }
    return lln_fail(LLN_EINVAL, "--fused '%s': expected qkv or head-qkv", text);
}

/* Reads digits at *text: a number from 1 to MOST_HEADS. */
static bool read_count(const char **text, size_t *count)
{
    for (*count = 0; **text >= '0' && **text <= '9' && *count <= MOST_HEADS;
         ++*text)
        *count = *count * 10 + (size_t)(**text - '0');
    return *count > 0 && *count <= MOST_HEADS;
}

lln_status lln_split_read(const char *text, lln_split *split)
{
    const char *rest = text;
    size_t heads = 0, keys = 0;
    bool good = read_count(&rest, &heads);
    if (good && *rest == ':') {
        rest++;
        good = read_count(&rest, &keys);
    }
    if (!good || *rest)
        return lln_fail(LLN_EINVAL,
                        "--split-heads '%s': expected a number of heads such "
                        "as 8, or of query heads and key heads such as 8:2",
                        text);
    if (keys > 0 && heads % keys != 0)
        return lln_fail(LLN_EINVAL,
                        "--split-heads %s: expected a number of key heads that "
                        "divides %zu",
                        text, heads);
    split->heads[LLN_QUERIES] = heads;
    split->heads[LLN_KEYS] = split->heads[LLN_VALUES] = keys;
    return LLN_OK;
}

static lln_status find_fused(const lln_split *split, lln_role role,
                             const char *name, size_t width,
                             lln_split_part *part)
{
    const size_t *heads = split->heads;
    size_t all = heads[LLN_QUERIES] + 2 * heads[LLN_KEYS];
    size_t d = width / all, group = heads[LLN_QUERIES] / heads[LLN_KEYS];
    if (width % all != 0)
        return lln_fail(LLN_EFORMAT,
                        "%s: %zu features; expected a multiple of %zu: %zu "
                        "heads of queries, %zu of keys and %zu of values",
                        name, width, all, heads[LLN_QUERIES], heads[LLN_KEYS],
                        heads[LLN_KEYS]);
    *part = (lln_split_part){.heads = heads[role], .features = d, .stride = d};
    if (split->fused == LLN_FUSED_QKV) {
        part->offset = role == LLN_QUERIES ? 0
                       : role == LLN_KEYS
                           ? heads[LLN_QUERIES] * d
                           : (heads[LLN_QUERIES] + heads[LLN_KEYS]) * d;
        return LLN_OK;
    }
    part->group = role == LLN_QUERIES ? group : 1;
    part->group_stride = (group + 2) * d;
    part->offset = role == LLN_QUERIES ? 0
                   : role == LLN_KEYS  ? group * d
                                       : (group + 1) * d;
    return LLN_OK;
}

lln_status lln_split_find(const lln_split *split, lln_role role,
                          const char *name, size_t width, lln_split_part *part)
{
    size_t heads = split->heads[role];
    if (split->fused != LLN_FUSED_NONE)
        return find_fused(split, role, name, width, part);
    if (width % heads != 0)
        return lln_fail(LLN_EFORMAT,
                        "%s: %zu features; expected a multiple of %zu, the "
                        "number of heads side by side",
                        name, width, heads);
    *part = (lln_split_part){
        .heads = heads, .features = width / heads, .stride = width / heads};
    return LLN_OK;
}

lln_status lln_split_thirds(lln_role role, const char *name, size_t width,
                            lln_split_part *part)
{
    if (width % 3 != 0)
        return lln_fail(LLN_EFORMAT,
                        "%s: %zu features; expected a multiple of 3: queries, "
                        "keys and values",
                        name, width);
    *part = (lln_split_part){.heads = 1,
                             .features = width / 3,
                             .offset = (size_t)role * (width / 3)};
    return LLN_OK;
}

lln_status lln_split_missing(const lln_split *split, const char *name,
                             size_t width)
{
    char list[LIST_TEXT] = "", item[32];
    size_t features = split->fused ? width / 3 : width;
    bool whole = !split->fused || width % 3 == 0, more = false;
    for (size_t h = 1; whole && h <= features; h++) {
        if (features % h != 0)
            continue;
        more = strlen(list) + 12 >= LIST_TEXT;
        if (more)
            break;
        snprintf(item, sizeof item, "%zu", h);
        lln_text_append(list, LIST_TEXT, item);
    }
    return lln_fail(LLN_EINVAL,
                    "%s: %zu features%s; give the number of heads side by "
                    "side with --split-heads%s%s%s",
                    name, width,
                    split->fused ? " of queries, keys and values" : "",
                    whole ? " (" : "", list,
                    !whole ? ""
                    : more ? ", ...)"
                           : ")");
}
