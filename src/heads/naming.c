/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/naming.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

enum {
    MOST_NUMBER = 1000000,
    LIST_TEXT = 400, /* bytes of a message that list names */
    NAME_TEXT = 120, /* and that are one of them */
    AXES = 2,        /* fewest of an array of queries */
    EXAMPLES = 8,
    RUNS = 64 /* of digits in a name that are looked at */
};

static const char layer_mark[] = "{layer}", head_mark[] = "{head}";

/* Words that go together, one a role. */
static const char *const words[][LLN_RESULTS + 1] = {
    {"q", "k", "v", "o"},
    {"Q", "K", "V", "O"},
    {"query", "key", "value", "output"},
    {"Query", "Key", "Value", "Output"},
    {"queries", "keys", "values", "outputs"},
    {"xq", "xk", "xv", "xo"},
    {"wq", "wk", "wv", "wo"},
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
                        "'%s': expected a key in which {layer} and {head} may "
                        "stand for a number, each once",
                        pattern);
    return LLN_OK;
}

/* Digits at *key; false if there are none, or too many. */
static bool read_number(const char **key, long *number)
{
    const char *first = *key;
    for (*number = 0; isdigit((unsigned char)**key); ++*key) {
        *number = *number * 10 + (**key - '0');
        if (*number >= MOST_NUMBER)
            return false;
    }
    return *key > first;
}

bool lln_pattern_match(const char *pattern, const char *key, long *layer,
                       long *head)
{
    *layer = *head = -1;
    while (*pattern) {
        if (starts_with(pattern, layer_mark)) {
            pattern += strlen(layer_mark);
            if (!read_number(&key, layer))
                return false;
        } else if (starts_with(pattern, head_mark)) {
            pattern += strlen(head_mark);
            if (!read_number(&key, head))
                return false;
        } else if (*pattern++ != *key++) {
            return false;
        }
    }
    return *key == '\0';
}

/* Adds 'key', as far as there is room in list [LIST_TEXT]. */
static void list_name(char *list, const char *key)
{
    char name[NAME_TEXT], quoted[NAME_TEXT + 2];
    if (strlen(list) + NAME_TEXT + 4 > LIST_TEXT)
        return;
    snprintf(quoted, sizeof quoted, "'%s'",
             lln_text_printable(name, sizeof name, key));
    lln_text_append(list, LIST_TEXT, quoted);
}

static const char *key_at(const lln_container *file, size_t index)
{
    return lln_container_entry_at(file, index).key;
}

/* The keys of a file for a message: all, or the first of them and "...". */
static const char *list_keys(const lln_container *file, char *list)
{
    size_t count = lln_container_count(file);
    list[0] = '\0';
    for (size_t i = 0; i < count && i < EXAMPLES; i++)
        list_name(list, key_at(file, i));
    if (count > EXAMPLES)
        lln_text_append(list, LIST_TEXT, "...");
    return list;
}

static int compare_named(const void *first, const void *second)
{
    const lln_named *a = first, *b = second;
    long order = a->layer != b->layer ? a->layer - b->layer : a->head - b->head;
    return (order > 0) - (order < 0);
}

/* Sorts what was found; no two arrays may have the same numbers. */
static lln_status sort_found(const lln_container *file, const char *pattern,
                             lln_named *found, size_t count)
{
    char list[LIST_TEXT] = "";
    qsort(found, count, sizeof *found, compare_named);
    for (size_t i = 1; i < count; i++)
        if (compare_named(&found[i - 1], &found[i]) == 0) {
            list_name(list, key_at(file, found[i - 1].index));
            list_name(list, key_at(file, found[i].index));
            return lln_fail(LLN_EFORMAT, "%s: %s: the same numbers in '%s'",
                            lln_container_name(file), list, pattern);
        }
    return LLN_OK;
}

static lln_status match_keys(const lln_container *file, const char *pattern,
                             lln_named *found, size_t *count)
{
    char list[LIST_TEXT];
    for (size_t i = 0; i < lln_container_count(file); i++) {
        lln_named *here = &found[*count];
        here->index = i;
        *count += lln_pattern_match(pattern, key_at(file, i), &here->layer,
                                    &here->head);
    }
    if (*count > 0)
        return sort_found(file, pattern, found, *count);
    return lln_fail(LLN_EFORMAT, "%s: no key like '%s'; expected one of %s",
                    lln_container_name(file), pattern, list_keys(file, list));
}

/* A pattern without numbers is a key. */
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

/* The row of `words` whose word for queries is text [length]; -1: none. */
static int find_word(const char *text, size_t length)
{
    for (size_t row = 0; row < sizeof words / sizeof *words; row++) {
        const char *word = words[row][LLN_QUERIES];
        if (strlen(word) == length && strncmp(word, text, length) == 0)
            return (int)row;
    }
    return -1;
}

/* text with `length` bytes at `at` replaced. */
static lln_status replace_part(const char *text, size_t at, size_t length,
                               const char *by, char **out)
{
    if (asprintf(out, "%.*s%s%s", (int)at, text, by, text + at + length) >= 0)
        return LLN_OK;
    *out = NULL;
    return lln_fail(LLN_ENOMEM, "out of memory");
}

lln_status lln_name_partner(const char *name, lln_role role, char **partner)
{
    size_t end = strlen(name);
    *partner = NULL;
    while (end > 0) {
        size_t first = end;
        while (first > 0 && isalpha((unsigned char)name[first - 1]))
            first--;
        int row = find_word(name + first, end - first);
        if (row >= 0)
            return replace_part(name, first, end - first, words[row][role],
                                partner);
        end = first > 0 ? first - 1 : 0;
    }
    return LLN_OK;
}

/* Moves both texts past a run of digits, or one equal byte. */
static bool skip_equal(const char **a, const char **b)
{
    bool digits = isdigit((unsigned char)**a);
    if (!digits)
        return *(*a)++ == *(*b)++;
    if (!isdigit((unsigned char)**b))
        return false;
    *a += strspn(*a, "0123456789");
    *b += strspn(*b, "0123456789");
    return true;
}

/* Whether two names differ in numbers only; run r of digits that differs sets
 * bit r of *varying. */
static bool names_alike(const char *a, const char *b, uint64_t *varying)
{
    for (size_t run = 0; *a || *b;) {
        const char *from_a = a, *from_b = b;
        bool digits = isdigit((unsigned char)*a);
        if (!skip_equal(&a, &b))
            return false;
        if (digits && run < RUNS &&
            (a - from_a != b - from_b ||
             strncmp(from_a, from_b, (size_t)(a - from_a)) != 0))
            *varying |= UINT64_C(1) << run;
        run += digits;
    }
    return true;
}

/* The name with run r of digits replaced by {layer}. */
static lln_status mark_layer(const char *name, size_t run, char **pattern)
{
    const char *at = strpbrk(name, "0123456789");
    for (size_t i = 0; at && i < run; i++)
        at = strpbrk(at + strspn(at, "0123456789"), "0123456789");
    if (!at)
        return replace_part(name, 0, 0, "", pattern);
    return replace_part(name, (size_t)(at - name), strspn(at, "0123456789"),
                        layer_mark, pattern);
}

static size_t count_runs(const char *name)
{
    size_t runs = 0;
    while ((name = strpbrk(name, "0123456789"))) {
        name += strspn(name, "0123456789");
        runs++;
    }
    return runs;
}

/* Whether key `index` has a word for queries and a partner, and its array can
 * be read and has at least so many axes. */
static lln_status is_candidate(const lln_container *queries, size_t index,
                               const lln_container *keys, size_t axes, bool *is)
{
    char *partner;
    size_t place;
    *is = axes == 0 || lln_container_is_usable(queries, index, axes);
    if (!*is)
        return LLN_OK;
    LLN_TRY(lln_name_partner(key_at(queries, index), LLN_KEYS, &partner));
    *is = partner &&
          (!keys || lln_container_find(keys, partner, &place) == LLN_OK);
    free(partner);
    return LLN_OK;
}

/* Candidates of different names, the first of each. */
typedef struct {
    const char *names[EXAMPLES];
    size_t count;
    uint64_t varying; /* runs of digits of the first */
} candidates;

static lln_status find_candidates(const lln_container *queries,
                                  const lln_container *keys, size_t axes,
                                  candidates *out)
{
    *out = (candidates){.count = 0};
    for (size_t i = 0; i < lln_container_count(queries); i++) {
        const char *key = key_at(queries, i);
        bool is, known = false;
        LLN_TRY(is_candidate(queries, i, keys, axes, &is));
        for (size_t c = 0; is && c < out->count && !known; c++) {
            uint64_t varying = 0;
            known = names_alike(out->names[c], key, &varying);
            if (known && c == 0)
                out->varying |= varying;
        }
        if (is && !known && out->count < EXAMPLES)
            out->names[out->count++] = key;
    }
    return LLN_OK;
}

lln_status lln_name_queries(const lln_container *queries,
                            const lln_container *keys, char **pattern)
{
    candidates found;
    char list[LIST_TEXT] = "";
    const char *file = lln_container_name(queries);
    *pattern = NULL;
    LLN_TRY(find_candidates(queries, keys, AXES, &found));
    if (found.count == 0) /* one that cannot be used is to say why */
        LLN_TRY(find_candidates(queries, keys, 0, &found));
    for (size_t i = 0; i < found.count; i++)
        list_name(list, found.names[i]);
    if (found.count == 0)
        return lln_fail(LLN_EFORMAT,
                        "%s: no names such as q and k among %s; choose with "
                        "--key-q and --key-k",
                        file, list_keys(queries, list));
    if (found.count > 1)
        return lln_fail(LLN_EFORMAT,
                        "%s: queries may be %s; choose with --key-q", file,
                        list);
    uint64_t varying = found.varying;
    if ((varying & (varying - 1)) != 0)
        return lln_fail(LLN_EFORMAT,
                        "%s: keys like %s differ in more than one number; say "
                        "with --key-q which is {layer} and which {head}",
                        file, list);
    if (varying == 0 && count_runs(found.names[0]) != 1)
        return replace_part(found.names[0], 0, 0, "", pattern);
    size_t run = 0;
    while (varying >> run > 1)
        run++;
    return mark_layer(found.names[0], run, pattern);
}
