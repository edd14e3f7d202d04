/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "head_layers.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "message.h"
#include "options.h"

static const char letters[HEAD_MATRICES] = "qkvp";

static int compare_heads(const void *first, const void *second)
{
    const layer_head *a = first, *b = second;
    if (a->head.layer != b->head.layer)
        return a->head.layer < b->head.layer ? -1 : 1;
    if (a->head.at.batch != b->head.at.batch)
        return a->head.at.batch < b->head.at.batch ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static lln_dtype dtype_of(lln_precision precision)
{
    return run_shared.use_double || precision == LLN_FLOAT64 ? LLN_DTYPE_F64
                                                             : LLN_DTYPE_F32;
}

static void grow(size_t *size, size_t needed)
{
    *size = needed > *size ? needed : *size;
}

/* Enlarges the arrays of the layer for a head and its padding. */
static void add_head(head_layer *layer, const lln_head *head)
{
    const lln_matrix p = {LLN_FLOAT32, head->q.rows, head->k.rows, NULL};
    const lln_matrix all[HEAD_MATRICES] = {head->q, head->k, head->v, p};
    const size_t tokens[HEAD_MATRICES] = {head->queries, head->keys, head->keys,
                                          head->queries};
    for (int i = 0; i < HEAD_MATRICES; i++) {
        grow(&layer->rows[i], all[i].rows);
        grow(&layer->rows[i], tokens[i]);
        grow(&layer->columns[i], all[i].columns);
        if (i == LLN_VALUES || layer->dtype[i] != LLN_DTYPE_F64)
            layer->dtype[i] =
                dtype_of(i == LLN_VALUES ? LLN_FLOAT32 : all[i].precision);
    }
    grow(&layer->columns[HEAD_P], head->keys);
}

/* Without --lengths, padding cannot be distinguished from tokens. */
static void check_sizes(const head_layer *layer)
{
    for (size_t i = 0; i < layer->count; i++) {
        const lln_head *head = &layer->heads[i].head;
        bool fits = head->q.rows == layer->rows[LLN_QUERIES] &&
                    head->k.rows == layer->rows[LLN_KEYS];
        if (head->q.columns != layer->columns[LLN_QUERIES] ||
            head->v.columns != layer->columns[LLN_VALUES] ||
            (!fits && !run_shared.lengths))
            cli_fail(
                "--write-heads: the heads of layer %ld differ in size and do "
                "not fit in one array; select heads of one size with --heads",
                head->layer < 0 ? 0 : head->layer);
    }
}

head_layers head_layers_list(const lln_heads *heads)
{
    head_layers layers = {
        .heads = cli_alloc(heads->count, sizeof *layers.heads),
        .items = cli_alloc(heads->count, sizeof *layers.items),
    };
    for (size_t i = 0; i < heads->count; i++) {
        heads->describe(heads, i, &layers.heads[i].head);
        layers.heads[i].index = i;
    }
    qsort(layers.heads, heads->count, sizeof *layers.heads, compare_heads);
    for (size_t i = 0; i < heads->count; i++) {
        const layer_head *h = &layers.heads[i];
        bool first = i == 0 || h->head.layer != h[-1].head.layer;
        if (first)
            layers.items[layers.count++].heads = h;
        head_layer *layer = &layers.items[layers.count - 1];
        layer->batches += first || h->head.at.batch != h[-1].head.at.batch;
        layer->count++;
        add_head(layer, &h->head);
    }
    for (size_t i = 0; i < layers.count; i++)
        check_sizes(&layers.items[i]);
    return layers;
}

void head_layers_free(head_layers *layers)
{
    free(layers->heads);
    free(layers->items);
}

lln_writer_entry head_layer_array(const head_layer *layer, int matrix,
                                  char **key)
{
    long number = layer->heads[0].head.layer;
    lln_writer_entry entry = {.dtype = layer->dtype[matrix]};
    if (asprintf(key, "layers.%ld.%c", number < 0 ? 0 : number,
                 letters[matrix]) < 0)
        cli_fail("out of memory");
    entry.key = *key;
    if (layer->heads[0].head.of.batch > 1)
        entry.shape[entry.axes++] = layer->batches;
    entry.shape[entry.axes++] = layer->count / layer->batches;
    entry.shape[entry.axes++] = layer->rows[matrix];
    entry.shape[entry.axes++] = layer->columns[matrix];
    return entry;
}
