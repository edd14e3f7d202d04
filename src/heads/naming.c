/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/naming.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "heads/words.h"

enum {
    MOST_NUMBER = 1000000, /* layers and heads are below */
    NAME_TEXT = 120,       /* bytes of a key in a message */
    EXAMPLES = 8
};

static const char layer_mark[] = "{layer}", head_mark[] = "{head}";

/* Words that are partners, one for each role. */
static const char *const words[][LLN_MAPS + 1] = {
    {"q", "k", "v", "o", "map"},
    {"Q", "K", "V", "O", "map"},
    {"query", "key", "value", "output", "map"},
    {"Query", "Key", "Value", "Output", "map"},
    {"queries", "keys", "values", "outputs", "maps"},
    {"xq", "xk", "xv", "xo", "map"},
    {"wq", "wk", "wv", "wo", "map"},
};

const char *lln_role_name(lln_role role)
{
    static const char *const names[LLN_ROLES] = {"queries", "keys", "values"};
    return names[role];
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

lln_status lln_pattern_check(const char *pattern)
{
    int layers = 0, heads = 0;
    const char *at = pattern;
    while ((at = strpbrk(at, "{}"))) {
        bool layer = starts_with(at, layer_mark);
        if (!layer && !starts_with(at, head_mark))
            break;
        layers += layer;
        heads += !layer;
        at += strlen(layer ? layer_mark : head_mark);
    }
    if (at || layers > 1 || heads > 1)
        return lln_fail(LLN_EINVAL,
                        "'%s': expected a key with at most one {layer} and one "
                        "{head}, and no other braces",
                        pattern);
    return LLN_OK;
}

bool lln_pattern_match(const char *pattern, const char *key, long *layer,
                       long *head)
{
    *layer = *head = -1;
    while (*pattern) {
        if (starts_with(pattern, layer_mark)) {
            pattern += strlen(layer_mark);
            if (!lln_number_read_digits(&key, MOST_NUMBER, layer))
                return false;
        } else if (starts_with(pattern, head_mark)) {
            pattern += strlen(head_mark);
            if (!lln_number_read_digits(&key, MOST_NUMBER, head))
                return false;
        } else if (*pattern++ != *key++) {
            return false;
        }
    }
    return *key == '\0';
}

void lln_names_append(char list[LLN_NAMES_TEXT], const char *key)
{
    char name[NAME_TEXT], quoted[NAME_TEXT + 2];
    if (strlen(list) + NAME_TEXT + 4 > LLN_NAMES_TEXT)
        return;
    snprintf(quoted, sizeof quoted, "'%s'",
             lln_text_printable(name, sizeof name, key));
    lln_text_append(list, LLN_NAMES_TEXT, quoted);
}

static const char *key_at(const lln_container *file, size_t index)
{
    return lln_container_entry_at(file, index).key;
}

const char *lln_names_list(const lln_container *file, char list[LLN_NAMES_TEXT])
{
    size_t count = lln_container_count(file);
    list[0] = '\0';
    for (size_t i = 0; i < count && i < EXAMPLES; i++)
        lln_names_append(list, key_at(file, i));
    if (count > EXAMPLES)
        lln_text_append(list, LLN_NAMES_TEXT, "...");
    return list;
}

static int compare_named(const void *first, const void *second)
{
    const lln_named *a = first, *b = second;
    long order = a->layer != b->layer ? a->layer - b->layer : a->head - b->head;
    return (order > 0) - (order < 0);
}

/* Sorts the arrays found. LLN_EFORMAT: two have the same numbers. */
static lln_status sort_found(const lln_container *file, const char *pattern,
                             lln_named *found, size_t count)
{
    char list[LLN_NAMES_TEXT] = "";
    qsort(found, count, sizeof *found, compare_named);
    for (size_t i = 1; i < count; i++)
        if (compare_named(&found[i - 1], &found[i]) == 0) {
            lln_names_append(list, key_at(file, found[i - 1].index));
            lln_names_append(list, key_at(file, found[i].index));
            return lln_fail(LLN_EFORMAT, "%s: %s have the same numbers in '%s'",
                            lln_container_name(file), list, pattern);
        }
    return LLN_OK;
}

static lln_status match_keys(const lln_container *file, const char *pattern,
                             lln_named *found, size_t *count)
{
    char list[LLN_NAMES_TEXT];
    for (size_t i = 0; i < lln_container_count(file); i++) {
        lln_named *here = &found[*count];
        here->index = i;
        *count += lln_pattern_match(pattern, key_at(file, i), &here->layer,
                                    &here->head);
    }
    if (*count > 0)
        return sort_found(file, pattern, found, *count);
    return lln_fail(LLN_EFORMAT, "%s: no array name matches '%s'; found %s",
                    lln_container_name(file), pattern,
                    lln_names_list(file, list));
}

/* A pattern without marks is a key. */
static lln_status find_key(const lln_container *file, const char *key,
                           lln_named *found, size_t *count)
{
    *found = (lln_named){-1, -1, 0};
    *count = 1;
    return lln_container_find(file, key, &found->index);
}

lln_status lln_pattern_find(const lln_container *file, const char *pattern,
                            lln_named **found, size_t *count)
{
    size_t keys = lln_container_count(file);
    *count = 0;
    *found = lln_array_alloc(keys, sizeof **found);
    if (!*found)
        return LLN_ENOMEM;
    lln_status status = strchr(pattern, '{')
                            ? match_keys(file, pattern, *found, count)
                            : find_key(file, pattern, *found, count);
    if (status != LLN_OK) {
        free(*found);
        *found = NULL;
    }
    return status;
}

/* The row of `words` whose word for the role equals text [length]; -1: none. */
static int find_word(const char *text, size_t length, lln_role role)
{
    for (size_t row = 0; row < sizeof words / sizeof *words; row++) {
        const char *word = words[row][role];
        if (strlen(word) == length && strncmp(word, text, length) == 0)
            return (int)row;
    }
    return -1;
}

/* The text with `length` bytes at `at` replaced. */
static lln_status replace_part(const char *text, size_t at, size_t length,
                               const char *by, char **out)
{
    if (asprintf(out, "%.*s%s%s", (int)at, text, by, text + at + length) >= 0)
        return LLN_OK;
    *out = NULL;
    return lln_fail(LLN_ENOMEM, "out of memory");
}

/* Replaces the last word for the role `from` by the word for `role`. */
static lln_status replace_word(const char *name, lln_role from, lln_role role,
                               char **partner)
{
    size_t end = strlen(name);
    *partner = NULL;
    while (end > 0) {
        size_t first = end;
        while (first > 0 && isalpha((unsigned char)name[first - 1]))
            first--;
        int row = find_word(name + first, end - first, from);
        if (row >= 0)
            return replace_part(name, first, end - first, words[row][role],
                                partner);
        end = first > 0 ? first - 1 : 0;
    }
    return LLN_OK;
}

lln_status lln_name_partner(const char *name, lln_role role, char **partner)
{
    lln_fused fused;
    size_t length;
    const char *at = lln_words_fused(name, &length, &fused);
    if (at && (role == LLN_RESULTS || role == LLN_MAPS))
        return replace_part(name, (size_t)(at - name), length, words[0][role],
                            partner);
    return replace_word(name, LLN_QUERIES, role, partner);
}

lln_status lln_name_of_queries(const char *name, char **partner)
{
    return replace_word(name, LLN_KEYS, LLN_QUERIES, partner);
}

lln_status lln_name_of_role(const char *name, lln_role role, lln_role as,
                            char **partner)
{
    return replace_word(name, role, as, partner);
}
