/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>

#include "core/memory.h"
#include "core/random.h"

/* A walk over all tensors, which lists them, sets views, or counts. */
typedef struct {
    const lln_parts_plan *plan;
    void *array;      /* NULL: no views */
    lln_weight *list; /* NULL: no list */
    size_t count, offset;
} walk;

static void *take(walk *w, lln_weight tensor)
{
    size_t offset = w->offset;
    tensor.offset = offset;
    if (w->list)
        w->list[w->count] = tensor;
    w->count++;
    w->offset += tensor.rows * tensor.columns;
    return w->array
               ? lln_precision_at(w->plan->sizes->precision, w->array, offset)
               : NULL;
}

static lln_weight named(const char *place, const char *name, size_t rows,
                        size_t columns)
{
    lln_weight tensor = {.rows = rows, .columns = columns};
    snprintf(tensor.name, sizeof tensor.name, "%s%s", place, name);
    return tensor;
}

static void *take_table(walk *w, const char *name, size_t rows, double size)
{
    lln_weight table = named("", name, rows, w->plan->sizes->width);
    table.decays = true;
    table.start = LLN_START_NORMAL;
    table.start_size = size;
    return take(w, table);
}

static void take_map(walk *w, const char *place, size_t inputs, size_t outputs,
                     lln_linear *map)
{
    lln_weight weight = named(place, ".weight", outputs, inputs);
    lln_weight bias = named(place, ".bias", 1, outputs);
    weight.decays = true;
    weight.start = bias.start = LLN_START_UNIFORM;
    weight.start_size = bias.start_size = 1 / sqrt((double)inputs);
    map->precision = w->plan->sizes->precision;
    map->inputs = inputs;
    map->outputs = outputs;
    map->weight = take(w, weight);
    map->bias = take(w, bias);
}

static void take_norm(walk *w, const char *place, lln_layer_norm *norm)
{
    size_t width = w->plan->sizes->width;
    lln_weight gain = named(place, ".weight", 1, width);
    gain.start_size = 1;
    norm->precision = w->plan->sizes->precision;
    norm->width = width;
    norm->gain = take(w, gain);
    norm->bias = take(w, named(place, ".bias", 1, width));
}

static void take_embedding(walk *w, lln_embedding *embedding)
{
    const lln_task_shape *task = w->plan->task;
    size_t width = w->plan->sizes->width;
    embedding->precision = w->plan->sizes->precision;
    embedding->tokens = task->tokens;
    embedding->width = width;
    embedding->vocabulary = task->vocabulary;
    if (task->vocabulary)
        embedding->table =
            take_table(w, "embedding.weight", task->vocabulary, 1);
    else
        take_map(w, "embedding", task->input_size, width, &embedding->map);
    embedding->positions = take_table(w, "positions", task->tokens, 0.02);
}

static void take_block(walk *w, size_t layer, lln_block *block)
{
    static const char *const names[] = {"norm1",         "attention.qkv",
                                        "attention.out", "norm2",
                                        "mlp.up",        "mlp.down"};
    size_t width = w->plan->sizes->width, hidden = w->plan->sizes->mlp;
    char place[6][40];
    for (int i = 0; i < 6; i++)
        snprintf(place[i], sizeof place[i], "blocks.%zu.%s", layer, names[i]);
    take_norm(w, place[0], &block->norm1);
    take_map(w, place[1], width, 3 * width, &block->attention.qkv);
    take_map(w, place[2], width, width, &block->attention.out);
    take_norm(w, place[3], &block->norm2);
    take_map(w, place[4], width, hidden, &block->mlp.up);
    take_map(w, place[5], hidden, width, &block->mlp.down);
}

static void take_mixture(walk *w, size_t layer, lln_block *block)
{
    char name[48];
    snprintf(name, sizeof name, "blocks.%zu.attention.mixture", layer);
    lln_weight mixture = named("", name, 1, 1);
    mixture.start_size = w->plan->attention->mixture;
    mixture.optional = true;
    block->attention.mixture = take(w, mixture);
}

/* The tensors that only some kinds of attention have come last. */
static void take_all(walk *w, lln_parts *parts)
{
    size_t depth = w->plan->sizes->depth, width = w->plan->sizes->width;
    lln_block unused = {0};
    take_embedding(w, &parts->embedding);
    for (size_t i = 0; i < depth; i++)
        take_block(w, i, parts->blocks ? &parts->blocks[i] : &unused);
    take_norm(w, "norm", &parts->norm);
    take_map(w, "classifier", width, w->plan->task->classes,
             &parts->classifier);
    for (size_t i = 0; i < depth && w->plan->attention->mixture_learned; i++)
        take_mixture(w, i, parts->blocks ? &parts->blocks[i] : &unused);
}

size_t lln_parts_list(const lln_parts_plan *plan, lln_weight *list)
{
    walk w = {.plan = plan, .list = list};
    lln_parts unused = {0};
    take_all(&w, &unused);
    return w.count;
}

lln_status lln_parts_open(const lln_parts_plan *plan, void *array,
                          lln_parts *parts)
{
    walk w = {.plan = plan, .array = array};
    *parts = (lln_parts){0};
    parts->blocks = lln_array_alloc(plan->sizes->depth, sizeof *parts->blocks);
    if (!parts->blocks)
        return LLN_ENOMEM;
    take_all(&w, parts);
    return LLN_OK;
}

void lln_parts_close(lln_parts *parts)
{
    free(parts->blocks);
    *parts = (lln_parts){0};
}

static double drawn(const lln_weight *tensor, uint64_t number)
{
    double u = ((double)(number >> 11) + 0.5) * 0x1p-53;
    switch (tensor->start) {
    case LLN_START_NORMAL:
        return tensor->start_size * gsl_cdf_ugaussian_Pinv(u);
    case LLN_START_UNIFORM:
        return tensor->start_size * (2 * u - 1);
    default:
        return tensor->start_size;
    }
}

void lln_parts_draw(const lln_weight *list, size_t count,
                    lln_precision precision, uint64_t seed, void *array)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t own = lln_random_number(seed, i);
        for (size_t j = 0; j < list[i].rows * list[i].columns; j++)
            lln_precision_set(precision, array, list[i].offset + j,
                              drawn(&list[i], lln_random_number(own, j)));
    }
}
