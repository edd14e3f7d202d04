/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax attention: ln A_ij = scale q_i.k_j. The mask may be narrower than the
 * head's own. */
#include "kernel/dense/softmax.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "heads/temperature.h"
#include "kernel/dense/local.h"
#include "kernel/product.h"

/* Bounds on |logit|. Above the upper one the rounding of float32 logits, 6e-8
 * of their size, would cost probabilities more than 1e-5 of theirs; below the
 * lower one the sums of weights would lose the differences between rows, also
 * where it is only differences of logits within rows that are so small. */
static const double FLOAT32_LOGIT_MOST = 128, FLOAT32_LOGIT_LEAST = 0.05;

#define LLN_BODY "kernel/dense/softmax.inc"
#include "core/both_precisions.h"

/* Largest Euclidean norm of a row. */
static double largest_norm(lln_matrix a)
{
    double largest = 0;
#pragma omp parallel for schedule(static) reduction(max : largest)
    for (size_t i = 0; i < a.rows; i++) {
        size_t at = i * a.columns;
        double square =
            a.precision == LLN_FLOAT32
                ? square_f32((const float *)a.data + at, a.columns)
                : square_f64((const double *)a.data + at, a.columns);
        largest = square > largest ? square : largest;
    }
    return sqrt(largest);
}

/* Largest Euclidean distance of a row from the first. */
static double largest_distance(lln_matrix a)
{
    double largest = 0;
#pragma omp parallel for schedule(static) reduction(max : largest)
    for (size_t i = 1; i < a.rows; i++) {
        size_t at = i * a.columns;
        const float *f32 = a.data;
        const double *f64 = a.data;
        double square = a.precision == LLN_FLOAT32
                            ? square_distance_f32(f32 + at, f32, a.columns)
                            : square_distance_f64(f64 + at, f64, a.columns);
        largest = square > largest ? square : largest;
    }
    return sqrt(largest);
}

/* Whether float32 holds the logits well enough. */
static bool float32_is_enough(const lln_head *head)
{
    double query = fabs(head->rule.scale) * largest_norm(head->q);
    double bound = query * largest_norm(head->k);
    return bound <= FLOAT32_LOGIT_MOST && bound >= FLOAT32_LOGIT_LEAST &&
           query * largest_distance(head->k) >= FLOAT32_LOGIT_LEAST;
}

typedef struct {
    lln_local local; /* the head */
    double *copy;    /* queries and keys in float64; NULL: not needed */
} softmax_state;

static void softmax_close(lln_attention *attention)
{
    softmax_state *state = attention->state;
    free(state->copy);
    free(state);
}

static lln_status softmax_log_variance_row(const lln_attention *attention,
                                           double *variance)
{
    const softmax_state *state = attention->state;
    return lln_temperature_variance(&state->local.head, variance);
}

static lln_status local_product(const lln_attention *attention, lln_matrix x,
                                void *y)
{
    const softmax_state *state = attention->state;
    if (attention->precision == LLN_FLOAT32 && x.precision == LLN_FLOAT32)
        return lln_product_by_tiles(attention, x, y);
    return lln_local_product(&state->local, x, y);
}

static lln_status local_transposed(const lln_attention *attention, lln_matrix x,
                                   void *y)
{
    const softmax_state *state = attention->state;
    return lln_local_transposed(&state->local, x, y);
}

static lln_status local_norm(const lln_attention *attention, const double *mean,
                             double *norm)
{
    const softmax_state *state = attention->state;
    return lln_local_norm(&state->local, mean, norm);
}

static lln_status local_diagonal(const lln_attention *attention, double *out)
{
    const softmax_state *state = attention->state;
    return lln_local_diagonal(&state->local, out);
}

static void set_local(lln_attention *attention)
{
    attention->product = local_product;
    attention->transposed = local_transposed;
    attention->unbiased_norm = local_norm;
    if (attention->mask.causal)
        attention->diagonal = local_diagonal;
}

/* Copies queries and keys to float64, to be owned by the attention. */
static lln_status promote(const lln_head *head, lln_attention *attention)
{
    softmax_state *state = attention->state;
    size_t queries = head->q.rows * head->q.columns;
    size_t keys = head->k.rows * head->k.columns;
    double *copy = lln_array_alloc_raw(queries + keys, sizeof *copy);
    if (!copy)
        return LLN_ENOMEM;
    lln_matrix_convert(head->q, LLN_FLOAT64, copy);
    lln_matrix_convert(head->k, LLN_FLOAT64, copy + queries);
    attention->tiles.left.precision = attention->tiles.right.precision =
        LLN_FLOAT64;
    attention->precision = LLN_FLOAT64;
    attention->tiles.left.data = copy;
    attention->tiles.right.data = copy + queries;
    state->copy = copy;
    return LLN_OK;
}

lln_status lln_softmax_open(const lln_kernel_choice *choice,
                            const lln_head *head, lln_attention *attention)
{
    LLN_TRY(lln_kernel_check_mask(choice, head));
    softmax_state *state = calloc(1, sizeof *state);
    if (!state)
        return lln_fail(LLN_ENOMEM, "out of memory");
    state->local.head = *head;
    *attention = (lln_attention){
        .n = head->q.rows,
        .m = head->k.rows,
        .rank = head->q.columns,
        .mask = head->rule.mask,
        .kind = LLN_ATTENTION_TILES,
        .tiles.domain = LLN_DOMAIN_LOG,
        .tiles.scaled_scores = true,
        .precision = head->q.precision,
        .tiles.left = head->q,
        .tiles.right = head->k,
        .tiles.rule = head->rule,
        .log_variance_row = lln_rule_has_closed_variance(&head->rule)
                                ? softmax_log_variance_row
                                : NULL,
        .state = state,
        .close = softmax_close,
    };
    lln_status status = LLN_OK;
    if (head->q.precision == LLN_FLOAT32 && !float32_is_enough(head))
        status = promote(head, attention);
    if (lln_local_worth(head))
        set_local(attention);
    if (status != LLN_OK)
        lln_attention_close(attention);
    return status;
}

const lln_kernel lln_kernel_softmax = {
    .name = "softmax",
    .summary = "exp(scale q.k), normalised over the keys",
    .reference = "Vaswani et al. 2017",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_TO_ONE,
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE | LLN_HONOURS_LOGITS,
    .open = lln_softmax_open,
};
