/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/rule_pool.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

typedef struct {
    double *numbers; /* [count], owned */
    size_t count;
} vector;

/* Documents of the keys padding, padding + 1, ... of an entry. */
typedef struct {
    size_t entry, padding;
    lln_documents *documents; /* owned, with its numbers */
    size_t *numbers;
} document_part;

/* An array as it was read for the last layer. */
typedef struct {
    bool known;
    long layer;
    size_t at, model;
    lln_map_array array;
} layer_array;

struct lln_rule_pool {
    vector *vectors;
    size_t vector_count;
    document_part *parts;
    size_t part_count;
    layer_array arrays[LLN_RULE_ARRAYS];
};

lln_rule_pool *lln_rule_pool_alloc(void)
{
    return calloc(1, sizeof(lln_rule_pool));
}

void lln_rule_pool_free(lln_rule_pool *pool)
{
    if (!pool)
        return;
    for (size_t i = 0; i < pool->vector_count; i++)
        free(pool->vectors[i].numbers);
    for (size_t i = 0; i < pool->part_count; i++) {
        free(pool->parts[i].documents);
        free(pool->parts[i].numbers);
    }
    for (int kind = 0; kind < LLN_RULE_ARRAYS; kind++)
        free(pool->arrays[kind].array.numbers);
    free(pool->vectors);
    free(pool->parts);
    free(pool);
}

lln_status lln_rule_pool_keep(lln_rule_pool *pool, double *numbers,
                              size_t count, const double **kept)
{
    for (size_t i = 0; i < pool->vector_count; i++) {
        const vector *other = &pool->vectors[i];
        if (other->count == count &&
            memcmp(other->numbers, numbers, count * sizeof *numbers) == 0) {
            free(numbers);
            *kept = other->numbers;
            return LLN_OK;
        }
    }
    vector *grown =
        lln_array_grow(pool->vectors, pool->vector_count, sizeof *grown);
    if (!grown) {
        free(numbers);
        return LLN_ENOMEM;
    }
    pool->vectors = grown;
    pool->vectors[pool->vector_count++] = (vector){numbers, count};
    *kept = numbers;
    return LLN_OK;
}

static lln_status add_documents(const lln_document_list *list,
                                const lln_head *head, document_part *part)
{
    size_t count = head->k.rows;
    part->documents = calloc(1, sizeof *part->documents);
    part->numbers = lln_array_alloc(count, 2 * sizeof *part->numbers);
    if (!part->documents || !part->numbers) {
        free(part->documents);
        free(part->numbers);
        return lln_fail(LLN_ENOMEM, "out of memory");
    }
    lln_documents_fill(list, part->entry, part->padding, count, part->numbers,
                       part->numbers + count);
    *part->documents =
        (lln_documents){count, part->numbers, part->numbers + count};
    return LLN_OK;
}

lln_status lln_rule_pool_documents(lln_rule_pool *pool,
                                   const lln_document_list *list,
                                   const lln_head *head,
                                   const lln_documents **documents)
{
    document_part added = {
        .entry = list->entries > 1 ? head->at.batch : 0,
        .padding = head->first_key,
    };
    for (size_t i = 0; i < pool->part_count; i++) {
        const document_part *part = &pool->parts[i];
        *documents = part->documents;
        if (part->entry == added.entry && part->padding == added.padding &&
            part->documents->count == head->k.rows)
            return LLN_OK;
    }
    document_part *grown =
        lln_array_grow(pool->parts, pool->part_count, sizeof *grown);
    if (!grown)
        return LLN_ENOMEM;
    pool->parts = grown;
    LLN_TRY(add_documents(list, head, &added));
    pool->parts[pool->part_count++] = added;
    *documents = added.documents;
    return LLN_OK;
}

lln_status lln_rule_pool_array(lln_rule_pool *pool, lln_rule_array_kind kind,
                               const lln_kernel_arrays *arrays, size_t index,
                               const lln_head *head, size_t shared,
                               const lln_map_array **array)
{
    layer_array *last = &pool->arrays[kind];
    *array = &last->array;
    if (last->known && last->layer == head->layer &&
        last->at == head->at.layer && last->model == head->model)
        return LLN_OK;
    free(last->array.numbers);
    *last = (layer_array){
        .layer = head->layer, .at = head->at.layer, .model = head->model};
    LLN_TRY(
        kind == LLN_RULE_ARRAY_SINK
            ? lln_map_array_read_sinks(arrays, index, head, &last->array)
            : lln_map_array_read(arrays, index, head, shared, &last->array));
    last->known = true;
    return LLN_OK;
}
