/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/model_pass.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "core/vector_math.h"
#include "train/chunk.h"
#include "train/column_moments.h"
#include "train/pooling.h"

enum {
    CHUNK_ROWS = 200, /* positions of a chunk, about */
    CHUNKS = 16       /* most chunks of a batch: each has its own gradients */
};

/* Results of one chunk. */
typedef struct {
    lln_cross_entropy sum;
    lln_moments *moments; /* of q and k of each layer [depth x 2] */
    void *gradients;      /* [count] */
    lln_parts parts;      /* views of them */
} result;

struct lln_model_workspace {
    size_t examples; /* of a chunk */
    size_t count;    /* chunks */
    result *results; /* [count] */
    size_t threads;
    lln_chunk *chunks; /* [threads] */
};

static size_t chunk_size(const lln_model *model, size_t batch)
{
    size_t examples = CHUNK_ROWS / model->task.tokens;
    size_t least = (batch + CHUNKS - 1) / CHUNKS;
    examples = examples > least ? examples : least;
    return examples < 1 ? 1 : examples;
}

static lln_status result_alloc(const lln_model *model, result *r)
{
    lln_parts_plan plan = lln_model_plan(model);
    r->moments = lln_array_alloc(2 * model->sizes.depth, sizeof *r->moments);
    r->gradients = lln_array_alloc(model->count,
                                   lln_precision_size(model->sizes.precision));
    if (!r->moments || !r->gradients)
        return LLN_ENOMEM;
    return lln_parts_open(&plan, r->gradients, &r->parts);
}

static lln_status fill(const lln_model *model, lln_model_workspace *space)
{
    space->results = lln_array_alloc(space->count, sizeof *space->results);
    space->chunks = lln_array_alloc(space->threads, sizeof *space->chunks);
    if (!space->results || !space->chunks)
        return LLN_ENOMEM;
    for (size_t i = 0; i < space->count; i++)
        LLN_TRY(result_alloc(model, &space->results[i]));
    for (size_t i = 0; i < space->threads; i++)
        LLN_TRY(lln_chunk_alloc(model, space->examples, &space->chunks[i]));
    return LLN_OK;
}

lln_status lln_model_workspace_alloc(const lln_model *model, size_t batch,
                                     lln_model_workspace **space)
{
    lln_model_workspace *w = lln_array_alloc(1, sizeof *w);
    *space = NULL;
    if (!w)
        return LLN_ENOMEM;
    w->examples = chunk_size(model, batch);
    w->count = (batch + w->examples - 1) / w->examples;
    w->threads = lln_size_smaller(w->count, (size_t)lln_threads_count());
    lln_status status = fill(model, w);
    if (status != LLN_OK)
        lln_model_workspace_free(w);
    else
        *space = w;
    return status;
}

void lln_model_workspace_free(lln_model_workspace *space)
{
    if (!space)
        return;
    for (size_t i = 0; space->results && i < space->count; i++) {
        lln_parts_close(&space->results[i].parts);
        free(space->results[i].gradients);
        free(space->results[i].moments);
    }
    for (size_t i = 0; space->chunks && i < space->threads; i++)
        lln_chunk_free(&space->chunks[i]);
    free(space->results);
    free(space->chunks);
    free(space);
}

/* Examples of chunk `index` of a batch. */
static lln_examples part_of(const lln_model *model,
                            const lln_model_workspace *space,
                            const lln_examples *all, size_t index)
{
    const lln_task_shape *task = &model->task;
    size_t first = index * space->examples;
    size_t answers = task->per_token ? task->tokens : 1;
    return (lln_examples){
        .count = lln_size_smaller(space->examples, all->count - first),
        .values = all->values
                      ? all->values + first * task->tokens * task->input_size
                      : NULL,
        .symbols = all->symbols ? all->symbols + first * task->tokens : NULL,
        .answers = all->answers + first * answers};
}

/* A pass over all chunks of a batch: `visit` is called for each chunk, whose
 * first example is number `first` of the batch. r is NULL beyond the batch that
 * the workspace is for. */
typedef struct pass pass;
struct pass {
    const lln_model *model;
    const lln_examples *examples;
    lln_model_workspace *space;
    void (*visit)(const pass *p, const lln_examples *part, size_t first,
                  lln_chunk *chunk, result *r);
    size_t layers;    /* of the forward pass */
    double scale;     /* of the loss */
    float *q, *k, *v; /* results of visit_heads */
};

static size_t chunks_of(const pass *p)
{
    size_t size = p->space->examples;
    return (p->examples->count + size - 1) / size;
}

static void run(const pass *p)
{
    size_t count = chunks_of(p);
#pragma omp parallel for schedule(dynamic) num_threads((int)p->space->threads)
    for (size_t i = 0; i < count; i++) {
        lln_examples part = part_of(p->model, p->space, p->examples, i);
        p->visit(p, &part, i * p->space->examples,
                 &p->space->chunks[omp_get_thread_num()],
                 i < p->space->count ? &p->space->results[i] : NULL);
    }
}

/* Moments of q and k of one layer. */
static void measure(const lln_model *m, const lln_examples *part,
                    lln_chunk *chunk, size_t layer, lln_moments *moments)
{
    size_t rows = part->count * m->task.tokens, width = m->sizes.width;
    lln_precision precision = m->sizes.precision;
    void *qkv = chunk->blocks[layer].attention.qkv;
    for (size_t i = 0; i < 2; i++)
        moments[i] =
            lln_column_moments(precision, rows, width, 3 * width,
                               lln_precision_at(precision, qkv, i * width));
}

static lln_moments merged(const pass *p, size_t which)
{
    lln_moments all = {0};
    for (size_t i = 0; i < chunks_of(p); i++)
        lln_moments_merge(&all, &p->space->results[i].moments[which]);
    return all;
}

/* Updates the running values of a layer with the moments of the pass. */
static lln_status update_layer(const pass *p, lln_model *model, size_t layer)
{
    lln_moments q = merged(p, 2 * layer), k = merged(p, 2 * layer + 1);
    return lln_model_update_sigmas(model, layer, &q, &k);
}

static void visit_last_layer(const pass *p, const lln_examples *part,
                             size_t first, lln_chunk *chunk, result *r)
{
    size_t last = p->layers - 1;
    (void)first;
    lln_chunk_forward(p->model, part, p->layers, chunk);
    measure(p->model, part, chunk, last, &r->moments[2 * last]);
}

lln_status lln_model_calibrate(lln_model *model, const lln_examples *examples,
                               lln_model_workspace *space)
{
    pass p = {.model = model,
              .examples = examples,
              .space = space,
              .visit = visit_last_layer};
    for (size_t layer = 0; layer < model->sizes.depth; layer++) {
        model->sigma_q[layer] = model->sigma_k[layer] = NAN;
        p.layers = layer + 1;
        run(&p);
        LLN_TRY(update_layer(&p, model, layer));
    }
    return LLN_OK;
}

static void visit_score(const pass *p, const lln_examples *part, size_t first,
                        lln_chunk *chunk, result *r)
{
    (void)first;
    r->sum = (lln_cross_entropy){0};
    lln_chunk_forward(p->model, part, p->layers, chunk);
    lln_chunk_score(p->model, part, p->scale, chunk, &r->sum);
}

static void visit_gradient(const pass *p, const lln_examples *part,
                           size_t first, lln_chunk *chunk, result *r)
{
    visit_score(p, part, first, chunk, r);
    for (size_t layer = 0; layer < p->layers; layer++)
        measure(p->model, part, chunk, layer, &r->moments[2 * layer]);
    lln_chunk_backward(p->model, part, chunk, &r->parts);
}

static void add_scores(const pass *p, size_t answers, lln_model_score *score)
{
    double loss = 0;
    *score = (lln_model_score){.answers = answers};
    for (size_t i = 0; i < chunks_of(p); i++) {
        loss += p->space->results[i].sum.loss;
        score->correct += p->space->results[i].sum.correct;
    }
    score->loss = answers ? loss / (double)answers : NAN;
}

#define LLN_BODY "train/model_pass.inc"
#include "core/both_precisions.h"

static void add_gradients(const pass *p, void *gradients)
{
    if (p->model->sizes.precision == LLN_FLOAT32)
        add_f32(p, gradients);
    else
        add_f64(p, gradients);
}

lln_status lln_model_learn(lln_model *model, const lln_examples *examples,
                           lln_model_workspace *space, void *gradients,
                           lln_model_score *score)
{
    size_t answers = lln_pooling_rows(&model->task, examples);
    if (answers == 0)
        return lln_fail(LLN_EINVAL, "a batch without answers");
    if (isnan(model->sigma_q[0]))
        LLN_TRY(lln_model_calibrate(model, examples, space));
    pass p = {.model = model,
              .examples = examples,
              .space = space,
              .visit = visit_gradient,
              .layers = model->sizes.depth,
              .scale = 1 / (double)answers};
    run(&p);
    add_scores(&p, answers, score);
    model->steps++;
    if (!isfinite(score->loss))
        return lln_fail(LLN_ENOCONV, "the loss is not finite; lower --rate");
    add_gradients(&p, gradients);
    for (size_t layer = 0; layer < model->sizes.depth; layer++)
        LLN_TRY(update_layer(&p, model, layer));
    return LLN_OK;
}

static lln_status check_calibrated(const lln_model *model)
{
    if (isnan(model->sigma_q[0]))
        return lln_fail(LLN_EINVAL, "the model has not seen a batch yet");
    return LLN_OK;
}

lln_status lln_model_evaluate(const lln_model *model,
                              const lln_examples *examples,
                              lln_model_workspace *space,
                              lln_model_score *score)
{
    LLN_TRY(check_calibrated(model));
    pass p = {.model = model,
              .examples = examples,
              .space = space,
              .visit = visit_score,
              .layers = model->sizes.depth};
    run(&p);
    add_scores(&p, lln_pooling_rows(&model->task, examples), score);
    return LLN_OK;
}

/* Copies one of q, k and v (which = 0, 1, 2) of all heads of a layer. first:
 * the number of the first example in the batch. */
static void copy_heads(const pass *p, const lln_examples *part, size_t first,
                       size_t layer, size_t which, void *qkv, float *out)
{
    const lln_model *m = p->model;
    size_t size = m->extent.size, tokens = m->task.tokens;
    size_t heads = m->sizes.head_count;
    out += (layer * p->examples->count + first) * heads * tokens * size;
    for (size_t e = 0; e < part->count; e++)
        for (size_t h = 0; h < heads; h++)
            for (size_t t = 0; t < tokens; t++, out += size) {
                size_t at = (e * tokens + t) * m->extent.stride +
                            which * m->sizes.width + h * size;
                lln_matrix row = {
                    m->sizes.precision, 1, size,
                    lln_precision_at(m->sizes.precision, qkv, at)};
                lln_matrix_convert(row, LLN_FLOAT32, out);
            }
}

static void visit_heads(const pass *p, const lln_examples *part, size_t first,
                        lln_chunk *chunk, result *r)
{
    float *const out[] = {p->q, p->k, p->v};
    (void)r;
    lln_chunk_forward(p->model, part, p->layers, chunk);
    for (size_t layer = 0; layer < p->layers; layer++)
        for (size_t i = 0; i < 3; i++)
            copy_heads(p, part, first, layer, i,
                       chunk->blocks[layer].attention.qkv, out[i]);
}

lln_status lln_model_heads(const lln_model *model, const lln_examples *examples,
                           lln_model_workspace *space, float *q, float *k,
                           float *v)
{
    LLN_TRY(check_calibrated(model));
    pass p = {.model = model,
              .examples = examples,
              .space = space,
              .visit = visit_heads,
              .layers = model->sizes.depth,
              .q = q,
              .k = k,
              .v = v};
    run(&p);
    return LLN_OK;
}
