/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/chunk.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "train/pooling.h"

/* Divides one allocation into arrays, or counts the elements if there is none
 * yet. */
typedef struct {
    lln_precision precision;
    void *memory;
    size_t used;
} divider;

static void *divide(divider *d, size_t count)
{
    size_t first = d->used;
    d->used += lln_train_aligned(count);
    return d->memory ? lln_precision_at(d->precision, d->memory, first) : NULL;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static lln_layer_norm_kept divide_norm(divider *d, size_t rows, size_t width)
{
    void *normal = divide(d, rows * width);
    return (lln_layer_norm_kept){normal, divide(d, rows)};
}

static lln_block_kept divide_block(divider *d, const lln_model *m,
                                   size_t examples, size_t kept)
{
    size_t rows = examples * m->task.tokens, width = m->sizes.width;
    return (lln_block_kept){
        .norm1 = divide_norm(d, rows, width),
        .norm2 = divide_norm(d, rows, width),
        .y1 = divide(d, rows * width),
        .y2 = divide(d, rows * width),
        .attention = {.qkv = divide(d, rows * 3 * width),
                      .heads = divide(d, examples * m->sizes.head_count * kept),
                      .mixed = divide(d, rows * width)},
        .mlp = {.hidden = divide(d, rows * m->sizes.mlp),
                .slope = divide(d, rows * m->sizes.mlp)},
    };
}

static void divide_all(divider *d, const lln_model *m, size_t examples,
                       lln_chunk *c)
{
    const lln_train_kernel *kernel = m->attention.kernel;
    size_t rows = examples * m->task.tokens, width = m->sizes.width;
    size_t wide = larger(3 * width, m->sizes.mlp);
    size_t answers = m->task.per_token ? rows : examples;
    c->kept = lln_train_aligned(kernel->kept(&m->attention, &m->extent));
    for (size_t i = 0; i < m->sizes.depth; i++)
        c->blocks[i] = divide_block(d, m, examples, c->kept);
    c->input = divide(d, rows * m->task.input_size);
    c->x = divide(d, rows * width);
    c->y = divide(d, rows * width);
    c->norm = divide_norm(d, rows, width);
    c->pooled = divide(d, answers * width);
    c->logits = divide(d, answers * m->task.classes);
    c->scratch.narrow = divide(d, rows * width);
    c->scratch.wide = divide(d, rows * wide);
    c->scratch.attention =
        divide(d, kernel->scratch(&m->attention, &m->extent));
}

lln_status lln_chunk_alloc(const lln_model *m, size_t examples,
                           lln_chunk *chunk)
{
    size_t sums =
        larger(larger(3 * m->sizes.width, m->sizes.mlp), m->task.classes);
    divider d = {.precision = m->sizes.precision};
    *chunk = (lln_chunk){0};
    chunk->blocks = lln_array_alloc(m->sizes.depth, sizeof *chunk->blocks);
    chunk->scratch.sums = lln_array_alloc(sums, sizeof(double));
    chunk->answers =
        lln_array_alloc(examples * m->task.tokens, sizeof(int32_t));
    if (chunk->blocks) {
        divide_all(&d, m, examples, chunk);
        chunk->memory =
            lln_array_alloc(d.used, lln_precision_size(d.precision));
    }
    if (!chunk->blocks || !chunk->scratch.sums || !chunk->answers ||
        !chunk->memory) {
        lln_chunk_free(chunk);
        return LLN_ENOMEM;
    }
    d = (divider){d.precision, chunk->memory, 0};
    divide_all(&d, m, examples, chunk);
    return LLN_OK;
}

void lln_chunk_free(lln_chunk *chunk)
{
    free(chunk->memory);
    free(chunk->blocks);
    free(chunk->scratch.sums);
    free(chunk->answers);
    *chunk = (lln_chunk){0};
}

static lln_self_attention_run run_of(const lln_model *m,
                                     const lln_examples *examples,
                                     const lln_chunk *chunk, size_t layer)
{
    return (lln_self_attention_run){
        .attention = &m->attention,
        .constants = lln_model_constants(m, layer),
        .extent = m->extent,
        .examples = examples->count,
        .head_count = m->sizes.head_count,
        .kept = chunk->kept,
    };
}

void lln_chunk_forward(const lln_model *model, const lln_examples *examples,
                       size_t layers, lln_chunk *chunk)
{
    lln_embedding_forward(&model->parts.embedding, examples, chunk->input,
                          chunk->x);
    for (size_t i = 0; i < layers; i++) {
        lln_self_attention_run run = run_of(model, examples, chunk, i);
        lln_block_forward(&model->parts.blocks[i], &run, &chunk->blocks[i],
                          chunk->x, &chunk->scratch);
    }
}

void lln_chunk_score(const lln_model *model, const lln_examples *examples,
                     double scale, lln_chunk *chunk, lln_cross_entropy *sum)
{
    lln_precision precision = model->sizes.precision;
    const lln_parts *parts = &model->parts;
    lln_layer_norm_forward(&parts->norm, examples->count * model->task.tokens,
                           chunk->x, &chunk->norm, chunk->y);
    size_t answers = lln_pooling_forward(&model->task, precision, examples,
                                         model->sizes.width, chunk->y,
                                         chunk->pooled, chunk->answers);
    lln_linear_forward(&parts->classifier, answers, chunk->pooled, false,
                       chunk->logits);
    lln_cross_entropy_add(precision, answers, model->task.classes,
                          chunk->logits, chunk->answers, scale, sum);
}

/* From the gradient of the logits to that of x after the last block. */
static void classifier_backward(const lln_model *model,
                                const lln_examples *examples, lln_chunk *chunk,
                                const lln_parts *gradient)
{
    lln_precision precision = model->sizes.precision;
    size_t rows = examples->count * model->task.tokens;
    size_t width = model->sizes.width;
    void *dpooled = chunk->scratch.wide, *dy = chunk->scratch.narrow;
    lln_linear_backward(&model->parts.classifier,
                        lln_pooling_rows(&model->task, examples), chunk->pooled,
                        chunk->logits, &gradient->classifier, dpooled,
                        chunk->scratch.sums);
    lln_pooling_backward(&model->task, precision, examples, width, dpooled, dy);
    memset(chunk->x, 0, rows * width * lln_precision_size(precision));
    lln_layer_norm_backward(&model->parts.norm, rows, &chunk->norm, dy,
                            &gradient->norm, chunk->x, chunk->scratch.sums);
}

void lln_chunk_backward(const lln_model *model, const lln_examples *examples,
                        lln_chunk *chunk, const lln_parts *gradient)
{
    classifier_backward(model, examples, chunk, gradient);
    for (size_t i = model->sizes.depth; i-- > 0;) {
        lln_self_attention_run run = run_of(model, examples, chunk, i);
        lln_block_backward(&model->parts.blocks[i], &run, &chunk->blocks[i],
                           &gradient->blocks[i], chunk->x, &chunk->scratch);
    }
    lln_embedding_backward(&model->parts.embedding, examples, chunk->input,
                           chunk->x, &gradient->embedding, chunk->scratch.sums);
}
