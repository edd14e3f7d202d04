/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/gaussian.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "core/memory.h"
#include "core/random.h"
#include "core/threads.h"
#include "heads/results.h"

enum {
    BLOCK_ROWS = 256, /* rows of one stream; seeding costs about 700 draws */
    PAD = 16          /* elements; each matrix starts on a cache line */
};

size_t lln_gaussian_streams(size_t rows)
{
    return (rows - 1) / BLOCK_ROWS + 1;
}

static void draw_block(const lln_gaussian_matrix *x, size_t block, void *out,
                       gsl_rng *rng)
{
    size_t first = block * BLOCK_ROWS * x->columns;
    size_t end = (block + 1) * BLOCK_ROWS * x->columns;
    if (block + 1 == lln_gaussian_streams(x->rows))
        end = x->rows * x->columns;
    uint32_t stream = x->first_stream + (uint32_t)block;
    gsl_rng_set(rng, lln_random_seed(x->seed, stream));
    if (x->precision == LLN_FLOAT32)
        for (size_t at = first; at < end; at++)
            ((float *)out)[at] =
                (float)(x->sigma * gsl_ran_gaussian_ziggurat(rng, 1));
    else
        for (size_t at = first; at < end; at++)
            ((double *)out)[at] = x->sigma * gsl_ran_gaussian_ziggurat(rng, 1);
}

lln_status lln_gaussian_draw(const lln_gaussian_matrix *x, void *out)
{
    size_t blocks = lln_gaussian_streams(x->rows);
    int failed = 0;
#pragma omp parallel reduction(| : failed)
    {
        gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
        failed = !rng;
#pragma omp for schedule(dynamic)
        for (size_t block = 0; block < blocks; block++)
            if (rng && !lln_stop_requested)
                draw_block(x, block, out, rng);
        gsl_rng_free(rng);
    }
    if (lln_stop_requested)
        return lln_fail(LLN_EINTERRUPTED, "gaussian: interrupted");
    return failed ? lln_fail(LLN_ENOMEM, "out of memory: random numbers")
                  : LLN_OK;
}

/* Standard deviations at temperature tau: sigma_q^2 sigma_k^2 scale^2 d is
 * the expected variance of a row of logits. */
static lln_status choose_sigma(const lln_gaussian *model, double tau,
                               lln_precision precision, double *sigma_q,
                               double *sigma_k)
{
    /* Unit draws are below 10 in any sample that fits in memory. */
    double top = (precision == LLN_FLOAT32 ? FLT_MAX : DBL_MAX) / 10;
    *sigma_q = model->sigma_q;
    *sigma_k = model->sigma_k;
    if (!isnan(tau) && !lln_rule_has_closed_variance(&model->rule))
        return lln_fail(LLN_EINVAL,
                        "gaussian: a temperature cannot be set under this rule "
                        "of logits");
    if (!isnan(tau)) {
        double unit = isnan(model->rule.scale)
                          ? 1
                          : fabs(model->rule.scale) * sqrt((double)model->d);
        *sigma_q = *sigma_k = 1 / sqrt(tau * unit);
    }
    if (tau > 0 && !(*sigma_q > 0 && *sigma_q < top))
        return lln_fail(LLN_EUNDEFINED,
                        "queries and keys would need standard deviations of "
                        "%g; expected less than %.2g%s",
                        *sigma_q, top,
                        precision == LLN_FLOAT32 ? "; use --double" : "");
    if (!(*sigma_q > 0 && *sigma_q<top && * sigma_k> 0 && *sigma_k < top))
        return lln_fail(LLN_EINVAL,
                        "gaussian: standard deviations %g and %g; expected "
                        "positive numbers below %.2g",
                        *sigma_q, *sigma_k, top);
    return LLN_OK;
}

static size_t matrix_count(const lln_gaussian *model)
{
    return model->values ? 3 : 2;
}

/* Allocates the matrices of a head, *stride elements apart. */
static lln_status allocate_matrices(const lln_gaussian *model,
                                    lln_precision precision, char **storage,
                                    size_t *stride)
{
    size_t count;
    LLN_TRY(lln_size_multiply(model->n, model->d, &count));
    if (count > SIZE_MAX / 32)
        return lln_fail(LLN_ENOMEM, "gaussian: %zu x %zu numbers: too large",
                        model->n, model->d);
    *stride = (count + PAD - 1) / PAD * PAD;
    LLN_TRY(lln_size_multiply(*stride, matrix_count(model), &count));
    *storage = lln_array_alloc_raw(count, lln_precision_size(precision));
    return *storage ? LLN_OK : LLN_ENOMEM;
}

/* Draws a matrix [n x d]; its blocks of rows use the streams from first_stream
 * on. */
static lln_status draw_one(const lln_gaussian *model, lln_precision precision,
                           double sigma, uint32_t first_stream, void *out,
                           lln_matrix *a)
{
    const lln_gaussian_matrix x = {model->n,  model->d,    sigma,
                                   precision, model->seed, first_stream};
    *a = (lln_matrix){precision, model->n, model->d, out};
    return lln_gaussian_draw(&x, out);
}

/* Q and K use streams counted up from 0, V uses streams counted down from the
 * last one, so that Q and K do not depend on whether V is drawn. */
static lln_status draw_head(const lln_gaussian *model, size_t index,
                            size_t stride, lln_head *head)
{
    lln_precision precision = head->q.precision;
    uint32_t blocks = (uint32_t)lln_gaussian_streams(model->n);
    uint32_t first = 2 * (uint32_t)index * blocks;
    size_t bytes = stride * lln_precision_size(precision);
    char *out = head->storage;
    LLN_TRY(draw_one(model, precision, head->sigma_q, first, out, &head->q));
    LLN_TRY(draw_one(model, precision, head->sigma_k, first + blocks,
                     out + bytes, &head->k));
    if (!model->values)
        return LLN_OK;
    first = LLN_RANDOM_STREAMS - (uint32_t)(index + 1) * blocks;
    return draw_one(model, precision, 1, first, out + 2 * bytes, &head->v);
}

static void describe_head(const lln_heads *heads, size_t index, lln_head *head)
{
    const lln_gaussian *model = heads->state;
    lln_matrix shape = {LLN_FLOAT32, model->n, model->d, NULL};
    *head = (lln_head){
        .source = "gaussian",
        .file = "gaussian",
        .layer = -1,
        .head = (long)index,
        .key_head = (long)index,
        .step = -1,
        .number = index,
        .at.head = index,
        .of = {1, 1, model->trials},
        .q = shape,
        .k = shape,
        .v = model->values ? shape : (lln_matrix){0},
        .rule = lln_rule_for(model->rule, model->d),
    };
}

static lln_status load_head(const lln_heads *heads, size_t index, double tau,
                            lln_precision precision, lln_head *head)
{
    const lln_gaussian *model = heads->state;
    size_t stride = 0;
    char *storage = NULL;
    lln_head drawn;
    describe_head(heads, index, &drawn);
    drawn.q.precision = precision;
    LLN_TRY(
        choose_sigma(model, tau, precision, &drawn.sigma_q, &drawn.sigma_k));
    LLN_TRY(allocate_matrices(model, precision, &storage, &stride));
    drawn.storage = storage;
    lln_status status = draw_head(model, index, stride, &drawn);
    if (status == LLN_OK)
        *head = drawn;
    else
        lln_head_free(&drawn);
    return status;
}

/* One array [trials x n x d]. */
static lln_status list_results(const lln_heads *heads, lln_result **results,
                               size_t *count)
{
    const lln_gaussian *model = heads->state;
    const size_t size[LLN_AXIS_KINDS] = {[LLN_AXIS_BATCH] = 1,
                                         [LLN_AXIS_LAYER] = 1,
                                         [LLN_AXIS_HEAD] = model->trials,
                                         [LLN_AXIS_TOKEN] = model->n,
                                         [LLN_AXIS_FEATURE] = model->d};
    *results = lln_array_alloc(1, sizeof **results);
    if (!*results)
        return LLN_ENOMEM;
    *count = 1;
    lln_status status = lln_result_open("hnd", "q", size, *results);
    for (size_t i = 0; i < model->trials && status == LLN_OK; i++)
        (*results)->heads[i] = i;
    if (status == LLN_OK)
        return LLN_OK;
    lln_results_free(*results, *count);
    *results = NULL;
    return status;
}

static void rest_model(const lln_heads *heads)
{
    (void)heads; /* there is nothing to release */
}

static void close_model(lln_heads *heads)
{
    free(heads->state);
}

lln_status lln_gaussian_open(const lln_gaussian *model, lln_heads *heads)
{
    size_t streams;
    if (model->n < 1 || model->d < 1 || model->trials < 1)
        return lln_fail(LLN_EINVAL,
                        "gaussian: %zu tokens, %zu features, %zu trials; "
                        "expected at least 1 of each",
                        model->n, model->d, model->trials);
    double sigma_q, sigma_k;
    LLN_TRY(choose_sigma(model, NAN, LLN_FLOAT64, &sigma_q, &sigma_k));
    if (__builtin_mul_overflow(matrix_count(model) *
                                   lln_gaussian_streams(model->n),
                               model->trials, &streams) ||
        streams > LLN_RANDOM_STREAMS)
        return lln_fail(LLN_EINVAL,
                        "gaussian: %zu trials of %zu tokens need more than "
                        "2^32 - 1 streams of random numbers",
                        model->trials, model->n);
    lln_gaussian *state = malloc(sizeof *state);
    if (!state)
        return lln_fail(LLN_ENOMEM, "out of memory");
    *state = *model;
    *heads = (lln_heads){.count = model->trials,
                         .rows = model->n,
                         .sampled = true,
                         .describe = describe_head,
                         .load = load_head,
                         .results = list_results,
                         .rest = rest_model,
                         .close = close_model,
                         .state = state};
    return LLN_OK;
}
