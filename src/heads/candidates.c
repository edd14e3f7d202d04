/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/candidates.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "heads/naming.h"
#include "heads/words.h"

enum {
    NAME_TEXT = 120, /* bytes of a name in a message */
    AXES = 2,        /* fewest axes of an array of queries */
    EXAMPLES = 8,    /* names in a message */
    RUNS = 64        /* runs of digits in a name that are compared */
};

/* Whether `at` begins a run of digits that may number a layer or head. */
static bool is_run(const char *name, const char *at)
{
    return isdigit((unsigned char)*at) && lln_words_numbers(name, at);
}

/* The first such run of a name from `at` on; NULL: none. */
static const char *next_run(const char *name, const char *at)
{
    while (*at && !is_run(name, at))
        at++;
    return *at ? at : NULL;
}

static const char *skip_digits(const char *at)
{
    return at + strspn(at, "0123456789");
}

/* Whether two names are equal except for numbers. Bit r of *varying is set if
 * run r of digits differs. */
static bool names_alike(const char *a, const char *b, uint64_t *varying)
{
    const char *name_a = a, *name_b = b;
    for (size_t run = 0; *a || *b;) {
        if (!is_run(name_a, a)) {
            if (*a++ != *b++)
                return false;
            continue;
        }
        if (!is_run(name_b, b))
            return false;
        const char *end_a = skip_digits(a), *end_b = skip_digits(b);
        if (run < RUNS &&
            (end_a - a != end_b - b || strncmp(a, b, (size_t)(end_a - a)) != 0))
            *varying |= UINT64_C(1) << run;
        a = end_a;
        b = end_b;
        run++;
    }
    return true;
}

/* Candidates with different names: the first name of each kind. */
typedef struct {
    const char *names[EXAMPLES];
    uint64_t varying[EXAMPLES]; /* bit r: run r of digits differs */
    size_t count;
    const char *weight; /* a weight that is otherwise a candidate, or NULL */
    const char *option; /* that chooses one */
    lln_fused fused;    /* order of features in arrays of all three roles */
} candidates;

/* Whether key `index` has a word for queries and a partner or, if fused is not
 * NULL, a word for all three roles. */
static lln_status is_candidate(const lln_container *queries, size_t index,
                               const lln_container *keys, lln_fused *fused,
                               bool *is)
{
    char *partner;
    size_t place, length;
    lln_fused order;
    const char *key = lln_container_entry_at(queries, index).key;
    *is = lln_words_fused(key, &length, &order) != NULL;
    if (fused && *is)
        *fused = order;
    if (fused || *is) {
        *is = *is && fused;
        return LLN_OK;
    }
    LLN_TRY(lln_name_partner(key, LLN_KEYS, &partner));
    *is = partner &&
          (!keys || lln_container_find(keys, partner, &place) == LLN_OK);
    free(partner);
    return LLN_OK;
}

static void add_candidate(candidates *out, const char *key)
{
    for (size_t c = 0; c < out->count; c++) {
        uint64_t varying = 0;
        if (names_alike(out->names[c], key, &varying)) {
            out->varying[c] |= varying;
            return;
        }
    }
    if (out->count < EXAMPLES)
        out->names[out->count++] = key;
}

static bool is_weight(const lln_container *file, size_t index)
{
    return lln_words_weight(lln_container_entry_at(file, index).key,
                            lln_container_is_usable(file, index, AXES + 1));
}

/* Lists the candidates among the arrays with at least `axes` axes that can be
 * read. */
static lln_status list_candidates(const lln_container *queries,
                                  const lln_container *keys, bool fused,
                                  size_t axes, candidates *out)
{
    *out = (candidates){.option = "key-q"};
    for (size_t i = 0; i < lln_container_count(queries); i++) {
        const char *key = lln_container_entry_at(queries, i).key;
        bool is;
        if (axes > 0 && !lln_container_is_usable(queries, i, axes))
            continue;
        LLN_TRY(
            is_candidate(queries, i, keys, fused ? &out->fused : NULL, &is));
        if (is && is_weight(queries, i))
            out->weight = out->weight ? out->weight : key;
        else if (is)
            add_candidate(out, key);
    }
    return LLN_OK;
}

/* If there are no candidates, lists arrays that cannot be used, too: reading
 * them gives the reason. */
static lln_status find_candidates(const lln_container *queries,
                                  const lln_container *keys, bool fused,
                                  candidates *out)
{
    LLN_TRY(list_candidates(queries, keys, fused, AXES, out));
    if (out->count > 0 || out->weight)
        return LLN_OK;
    return list_candidates(queries, keys, fused, 0, out);
}

/* The name with run `run` of digits replaced by {layer}; the caller owns it. */
static lln_status mark_layer(const char *name, size_t run, char **pattern)
{
    const char *at = next_run(name, name);
    for (size_t i = 0; i < run; i++)
        at = next_run(name, skip_digits(at));
    if (asprintf(pattern, "%.*s{layer}%s", (int)(at - name), name,
                 skip_digits(at)) >= 0)
        return LLN_OK;
    *pattern = NULL;
    return lln_fail(LLN_ENOMEM, "out of memory");
}

static lln_status copy_name(const char *name, char **copy)
{
    *copy = strdup(name);
    return *copy ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
}

/* Whether the only number in a name, if there is just one, is of a layer. */
static bool has_layer(const char *name)
{
    const char *first = next_run(name, name);
    return first && !next_run(name, skip_digits(first)) &&
           lln_words_layer(name, first);
}

long lln_candidates_layer(const char *name)
{
    const char *at = next_run(name, name);
    enum { MOST = 6 }; /* digits, as in lln_pattern_match */
    if (!has_layer(name) || strncmp(name, "arr_", 4) == 0 ||
        skip_digits(at) - at > MOST)
        return -1;
    return strtol(at, NULL, 10);
}

/* The pattern of a candidate: its name if it has no number of a layer or more
 * than one. */
static lln_status make_pattern(const candidates *found, size_t c,
                               char **pattern)
{
    const char *name = found->names[c];
    uint64_t varying = found->varying[c];
    bool single = varying == 0 && has_layer(name);
    size_t run = 0;
    if (!single && (varying == 0 || (varying & (varying - 1)) != 0))
        return copy_name(name, pattern);
    while (varying >> run > 1)
        run++;
    return mark_layer(name, run, pattern);
}

static lln_status refuse_several(const lln_container *file,
                                 const candidates *found, const char *what)
{
    char list[LLN_NAMES_TEXT] = "", *pattern;
    for (size_t c = 0; c < found->count; c++) {
        LLN_TRY(make_pattern(found, c, &pattern));
        lln_names_append(list, pattern);
        free(pattern);
    }
    return lln_fail(LLN_EFORMAT,
                    "%s: %s may be any of %s; choose one with --%s",
                    lln_container_name(file), what, list, found->option);
}

static lln_status refuse_weight(const lln_container *file, const char *key)
{
    char name[NAME_TEXT];
    return lln_fail(LLN_EUNDEFINED,
                    "%s: key '%s' is a weight of the model; expected what its "
                    "layer returns for tokens, [tokens, heads*d] or [heads, "
                    "tokens, d]; save that output with a forward hook",
                    lln_container_name(file),
                    lln_text_printable(name, sizeof name, key));
}

lln_status lln_candidates_check(const lln_container *file, size_t index)
{
    return is_weight(file, index)
               ? refuse_weight(file, lln_container_entry_at(file, index).key)
               : LLN_OK;
}

/* The pattern of the only candidate. */
static lln_status choose_candidate(const lln_container *file,
                                   const candidates *found, const char *what,
                                   char **pattern)
{
    char list[LLN_NAMES_TEXT] = "";
    const char *name = lln_container_name(file);
    if (found->count == 0 && found->weight)
        return refuse_weight(file, found->weight);
    if (found->count == 0)
        return lln_fail(LLN_EUNDEFINED,
                        "%s: cannot find queries and keys by their names among "
                        "%s; use --key-q and --key-k",
                        name, lln_names_list(file, list));
    if (found->count > 1)
        return refuse_several(file, found, what);
    uint64_t varying = found->varying[0];
    if ((varying & (varying - 1)) == 0)
        return make_pattern(found, 0, pattern);
    lln_names_append(list, found->names[0]);
    return lln_fail(LLN_EFORMAT,
                    "%s: array names such as %s differ in more than one "
                    "number; mark "
                    "the layer with {layer} and the head with {head} in "
                    "--%s",
                    name, list, found->option);
}

lln_status lln_candidates_queries(const lln_container *queries,
                                  const lln_container *keys, char **pattern)
{
    candidates found;
    *pattern = NULL;
    LLN_TRY(find_candidates(queries, keys, false, &found));
    return choose_candidate(queries, &found, "queries", pattern);
}

lln_status lln_candidates_fused(const lln_container *file, char **pattern,
                                lln_fused *fused)
{
    candidates found;
    *pattern = NULL;
    LLN_TRY(find_candidates(file, NULL, true, &found));
    *fused = found.fused;
    if (found.count == 0 && !found.weight)
        return LLN_OK;
    return choose_candidate(file, &found, "arrays of queries, keys and values",
                            pattern);
}

/* Whether the name has a word for one of queries, keys and values, or all. */
static lln_status has_role(const char *name, bool *has)
{
    static const lln_role other[] = {LLN_KEYS, LLN_QUERIES, LLN_QUERIES};
    size_t length;
    lln_fused fused;
    *has = lln_words_fused(name, &length, &fused) != NULL;
    for (int role = LLN_QUERIES; role < LLN_ROLES && !*has; role++) {
        char *partner;
        LLN_TRY(lln_name_of_role(name, (lln_role)role, other[role], &partner));
        *has = partner != NULL;
        free(partner);
    }
    return LLN_OK;
}

/* By their words, or all without a word for queries, keys and values. */
static lln_status list_attention(const lln_container *file, bool by_words,
                                 candidates *out)
{
    *out = (candidates){.option = "key-attention"};
    for (size_t i = 0; i < lln_container_count(file); i++) {
        const char *key = lln_container_entry_at(file, i).key;
        bool other = false;
        if (!lln_container_is_usable(file, i, AXES))
            continue;
        if (by_words)
            other = !lln_words_attention(key);
        else
            LLN_TRY(has_role(key, &other));
        if (!other)
            add_candidate(out, key);
    }
    return LLN_OK;
}

lln_status lln_candidates_attention(const lln_container *file, char **pattern)
{
    candidates found;
    char list[LLN_NAMES_TEXT];
    *pattern = NULL;
    LLN_TRY(list_attention(file, true, &found));
    if (found.count == 0)
        LLN_TRY(list_attention(file, false, &found));
    if (found.count > 0)
        return choose_candidate(file, &found, "attention weights", pattern);
    return lln_fail(LLN_EFORMAT,
                    "%s: no names such as attentions among %s; choose with "
                    "--key-attention",
                    lln_container_name(file), lln_names_list(file, list));
}
