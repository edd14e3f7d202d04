/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "heads/naming.h"

/* Sets the shape of a result with these letters, of an array of one role. */
static lln_status set_shape(const char *letters,
                            const size_t size[LLN_AXIS_KINDS],
                            lln_result *result)
{
    lln_axes axes = {.letters = letters};
    if (strchr(letters, 'D'))
        axes.split.heads[LLN_QUERIES] = size[LLN_AXIS_HEAD];
    lln_layout_tensor(letters, size, &result->tensor);
    return lln_layout_read(&axes, LLN_QUERIES, result->name, &result->tensor,
                           &result->layout);
}

/* Sets the key: the name of the queries with another word or, without such a
 * word, `word`. Keys of several arrays must differ: NAME.word. */
static lln_status set_key(lln_role role, const char *word, lln_result *result)
{
    char *key;
    LLN_TRY(lln_name_partner(result->name, role, &key));
    if (!key && asprintf(&key, "%s%s%s", result->several ? result->name : "",
                         result->several ? "." : "", word) < 0)
        return lln_fail(LLN_ENOMEM, "out of memory");
    free(result->key);
    result->key = key;
    return LLN_OK;
}

/* The same as lln_result_open; `several`: it is one of several results. */
static lln_status open_result(const char *letters, const char *name,
                              bool several, const size_t size[LLN_AXIS_KINDS],
                              lln_result *result)
{
    *result = (lln_result){.name = name, .several = several};
    lln_letters_of_one(letters, result->letters);
    char *keys = strchr(result->letters, 'm'); /* of attention weights */
    if (keys)
        *keys = 'd';
    LLN_TRY(set_shape(result->letters, size, result));
    LLN_TRY(set_key(LLN_RESULTS, "o", result));
    result->heads = lln_array_alloc(
        size[LLN_AXIS_BATCH] * size[LLN_AXIS_LAYER] * size[LLN_AXIS_HEAD],
        sizeof *result->heads);
    return result->heads ? LLN_OK : LLN_ENOMEM;
}

lln_status lln_result_open(const char *letters, const char *name,
                           const size_t size[LLN_AXIS_KINDS],
                           lln_result *result)
{
    return open_result(letters, name, false, size, result);
}

lln_status lln_result_turn_to_maps(lln_result *result, size_t rows,
                                   size_t columns)
{
    size_t size[LLN_AXIS_KINDS], count = 0;
    char letters[LLN_LETTERS + 2];
    for (const char *c = result->letters; *c; c++)
        if (*c != 'n' && *c != 'd')
            letters[count++] = *c == 'D' ? 'h' : *c;
    letters[count++] = 'n';
    letters[count++] = 'd';
    letters[count] = '\0';
    memcpy(size, result->layout.size, sizeof size);
    size[LLN_AXIS_TOKEN] = rows;
    size[LLN_AXIS_FEATURE] = columns;
    LLN_TRY(set_shape(letters, size, result));
    return set_key(LLN_MAPS, "map", result);
}

/* A head of a bundle, and its index in the set. */
typedef struct {
    lln_place at;
    size_t number;
} member;

static int compare_members(const void *first, const void *second)
{
    const member *a = first, *b = second;
    return lln_place_compare(a->at, b->at);
}

/* Lists the heads of a bundle in the order of its axes; returns how many there
 * are. */
static size_t find_members(size_t bundle, const lln_head_place *heads,
                           size_t head_count, member *members)
{
    size_t count = 0;
    for (size_t i = 0; i < head_count; i++)
        if (heads[i].bundle == bundle)
            members[count++] = (member){heads[i].at, i};
    qsort(members, count, sizeof *members, compare_members);
    return count;
}

/* Counts the selected entries of the batch, layer and head axes. Each axis is
 * selected independently, so that its count is the number of heads that equal
 * the first head along the other axes. */
static void count_entries(const member *members, size_t count,
                          size_t size[LLN_AXIS_KINDS])
{
    lln_place first = members[0].at;
    size[LLN_AXIS_BATCH] = size[LLN_AXIS_LAYER] = size[LLN_AXIS_HEAD] = 0;
    for (size_t i = 0; i < count; i++) {
        bool batch = members[i].at.batch == first.batch;
        bool layer = members[i].at.layer == first.layer;
        bool head = members[i].at.head == first.head;
        size[LLN_AXIS_BATCH] += layer && head;
        size[LLN_AXIS_LAYER] += batch && head;
        size[LLN_AXIS_HEAD] += batch && layer;
    }
}

static lln_status open_bundle(const char *letters, const char *name,
                              const lln_bundle_shape *shape,
                              const member *members, size_t count, bool several,
                              lln_result *result)
{
    size_t size[LLN_AXIS_KINDS];
    count_entries(members, count, size);
    size[LLN_AXIS_TOKEN] = shape->layout[LLN_QUERIES].size[LLN_AXIS_TOKEN];
    size[LLN_AXIS_FEATURE] = shape->layout[LLN_VALUES].size[LLN_AXIS_FEATURE];
    if (size[LLN_AXIS_FEATURE] == 0)
        size[LLN_AXIS_FEATURE] = 1; /* no values */
    LLN_TRY(open_result(letters, name, several, size, result));
    for (size_t i = 0; i < count; i++)
        result->heads[i] = members[i].number;
    return LLN_OK;
}

lln_status lln_results_list(const char *letters, const lln_arrays *arrays,
                            const lln_bundle *bundles,
                            const lln_bundle_shape *shapes, size_t bundle_count,
                            const lln_head_place *heads, size_t head_count,
                            lln_result **results, size_t *count)
{
    lln_status status = LLN_OK;
    member *members = lln_array_alloc(head_count, sizeof *members);
    *count = 0;
    *results = lln_array_alloc(bundle_count, sizeof **results);
    if (!members || !*results)
        status = LLN_ENOMEM;
    for (size_t i = 0; i < bundle_count && status == LLN_OK; i++) {
        const char *name =
            lln_arrays_key(arrays, bundles[i].number[LLN_QUERIES]);
        size_t found = find_members(i, heads, head_count, members);
        if (found > 0)
            status = open_bundle(letters, name, &shapes[i], members, found,
                                 bundle_count > 1, &(*results)[(*count)++]);
    }
    free(members);
    if (status != LLN_OK) {
        lln_results_free(*results, *count);
        *results = NULL;
    }
    return status;
}

void lln_results_free(lln_result *results, size_t count)
{
    for (size_t i = 0; results && i < count; i++) {
        free(results[i].key);
        free(results[i].heads);
    }
    free(results);
}
