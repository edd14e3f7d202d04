/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The delta rule, S_t = S_(t-1) (I - beta_t k_t k_t') + beta_t v_t k_t' and o_t
 * = scale S_t q_t. It is a recurrence, but not one with gates:
 *     P_ts = scale beta_s k_s' (I - beta_(s+1) k_(s+1) k_(s+1)') ...
 *            (I - beta_t k_t k_t') q_t,   s <= t.
 * Queries and keys are divided by their lengths. P is not normalised. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "core/vector_math.h"
#include "kernel/gated/gated.h"
#include "kernel/product_f64.h"
#include "kernel/row_math.h"

/* Number of columns of x that a thread processes together. */
enum { COLUMNS = 8 };

enum { L2, SILU_L2 };
static const char *const MAPS[] = {"l2", "silu-l2", NULL};

typedef struct {
    size_t n, d;
    double *q, *k; /* [n x d], normalised; q includes the scale */
    double *beta;  /* [n] */
} deltanet;

static void deltanet_free(deltanet *state)
{
    free(state->q);
    free(state);
}

/* x <- x / sqrt(x.x + 1e-6); with `silu`, first x <- x logistic(x). */
static void normalise(double *x, size_t n, size_t d, bool silu)
{
    for (size_t i = 0; i < n; i++, x += d) {
        for (size_t l = 0; l < d && silu; l++)
            x[l] /= 1 + exp(-x[l]);
        double length = sqrt(lln_row_dot(x, x, d) + 1e-6);
        for (size_t l = 0; l < d; l++)
            x[l] /= length;
    }
}

/* y += factor x */
LLN_CLONES static void add(double factor, const double *x, size_t d, double *y)
{
#pragma omp simd
    for (size_t l = 0; l < d; l++)
        y[l] += factor * x[l];
}

/* Row t of P, from the query backwards: w <- (I - beta k k') w. */
static void make_row(const deltanet *state, size_t t, double *w, double *out)
{
    size_t d = state->d;
    memset(out, 0, state->n * sizeof *out);
    memcpy(w, state->q + t * d, d * sizeof *w);
    for (size_t s = t + 1; s-- > 0;) {
        const double *k = state->k + s * d;
        out[s] = state->beta[s] * lln_row_dot(w, k, d);
        add(-out[s], k, d, w);
    }
}

static lln_status rows_hook(const lln_attention *attention, size_t first,
                            size_t count, double *out)
{
    const deltanet *state = attention->state;
    double *w = lln_array_alloc_raw(state->d, sizeof *w);
    if (!w)
        return LLN_ENOMEM;
    for (size_t i = 0; i < count; i++)
        make_row(state, first + i, w, out + i * state->n);
    free(w);
    return LLN_OK;
}

/* Some columns of x and y [n x columns], and their states s [count x d]. */
typedef struct {
    const double *x;
    double *y, *s;
    size_t columns, count;
} walk;

static void forward_step(const deltanet *state, const walk *w, size_t t)
{
    size_t d = state->d;
    const double *k = state->k + t * d, *q = state->q + t * d;
    for (size_t c = 0; c < w->count; c++) {
        double *s = w->s + c * d;
        double error = w->x[t * w->columns + c] - lln_row_dot(s, k, d);
        add(state->beta[t] * error, k, d, s);
        w->y[t * w->columns + c] = lln_row_dot(s, q, d);
    }
}

static void backward_step(const deltanet *state, const walk *w, size_t t)
{
    size_t d = state->d;
    const double *k = state->k + t * d, *q = state->q + t * d;
    for (size_t c = 0; c < w->count; c++) {
        double *s = w->s + c * d;
        add(w->x[t * w->columns + c], q, d, s);
        double p = state->beta[t] * lln_row_dot(s, k, d);
        add(-p, k, d, s);
        w->y[t * w->columns + c] = p;
    }
}

/* Threads divide the columns among them. */
static lln_status walk_columns(const deltanet *state, bool reverse,
                               const double *x, size_t columns, double *y)
{
    size_t n = state->n;
    double *states = lln_array_alloc(columns * state->d, sizeof *states);
    if (!states)
        return LLN_ENOMEM;
#pragma omp parallel for schedule(static) if (columns > 1)
    for (size_t c = 0; c < columns; c += COLUMNS) {
        walk w = {x + c, y + c, states + c * state->d, columns, columns - c};
        w.count = w.count < COLUMNS ? w.count : COLUMNS;
        for (size_t step = 0; step < n && !lln_stop_requested; step++)
            if (reverse)
                backward_step(state, &w, n - 1 - step);
            else
                forward_step(state, &w, step);
    }
    free(states);
    return lln_threads_check_stop();
}

static lln_status forward(const void *context, const double *x, size_t columns,
                          double *y)
{
    return walk_columns(context, false, x, columns, y);
}

static lln_status backward(const void *context, const double *x, size_t columns,
                           double *y)
{
    return walk_columns(context, true, x, columns, y);
}

static lln_status product_hook(const lln_attention *attention, lln_matrix x,
                               void *y)
{
    return lln_product_in_f64(forward, attention->state, x, attention->n, y);
}

static lln_status transposed_hook(const lln_attention *attention, lln_matrix x,
                                  void *y)
{
    return lln_product_in_f64(backward, attention->state, x, attention->n, y);
}

static lln_status diagonal_hook(const lln_attention *attention, double *out)
{
    const deltanet *state = attention->state;
    size_t d = state->d;
    for (size_t t = 0; t < state->n; t++)
        out[t] =
            state->beta[t] * lln_row_dot(state->q + t * d, state->k + t * d, d);
    return LLN_OK;
}

static void close_hook(lln_attention *attention)
{
    deltanet_free(attention->state);
}

static lln_status allocate(const lln_head *head, deltanet **out)
{
    size_t n = head->q.rows, d = head->q.columns;
    deltanet *state = calloc(1, sizeof *state);
    double *memory = lln_array_alloc_raw(2 * n * d + n, sizeof *memory);
    if (!state || !memory) {
        free(state);
        free(memory);
        return lln_fail(LLN_ENOMEM, "out of memory");
    }
    *state = (deltanet){n, d, memory, memory + n * d, memory + 2 * n * d};
    *out = state;
    return LLN_OK;
}

static lln_status deltanet_open(const lln_kernel_choice *choice,
                                const lln_head *head, lln_attention *attention)
{
    deltanet *state = NULL;
    size_t map;
    double beta;
    LLN_TRY(lln_gated_check(choice, head));
    LLN_TRY(lln_kernel_word(choice, "map", &map));
    LLN_TRY(lln_kernel_real(choice, "beta", &beta));
    LLN_TRY(allocate(head, &state));
    size_t n = state->n, d = state->d;
    lln_status status = lln_gated_read(choice, "beta", n, 1, beta, state->beta);
    if (status != LLN_OK) {
        deltanet_free(state);
        return status;
    }
    lln_matrix_convert(head->q, LLN_FLOAT64, state->q);
    lln_matrix_convert(head->k, LLN_FLOAT64, state->k);
    normalise(state->q, n, d, map == SILU_L2);
    normalise(state->k, n, d, map == SILU_L2);
    for (size_t i = 0; i < n * d; i++)
        state->q[i] *= head->rule.scale;
    *attention = (lln_attention){
        .n = n,
        .m = n,
        .unnormalised = true,
        .mask = head->rule.mask,
        .precision = LLN_FLOAT64,
        .kind = LLN_ATTENTION_ROWS,
        .rows.make = rows_hook,
        .product = product_hook,
        .transposed = transposed_hook,
        .diagonal = diagonal_hook,
        .state = state,
        .close = close_hook,
    };
    return LLN_OK;
}

const lln_kernel lln_kernel_deltanet = {
    .name = "deltanet",
    .summary =
        "linear attention with the delta rule; q and k are scaled to length 1",
    .reference = "Yang et al. 2024 (DeltaNet)",
    .rank = "full",
    .properties = LLN_KERNEL_SIGNED,
    .honours = LLN_HONOURS_CAUSAL | LLN_HONOURS_SCALE,
    .arrays = {{.name = "beta",
                .shapes = {{"n", "1"}, {"1", "n"}},
                .unit = "logits of beta"}},
    .parameters =
        {{"map", "l2: x/|x|; silu-l2: first x becomes x logistic(x)", "l2",
          .words = MAPS},
         {"beta", "constant beta if no array is given", "0.5", {0, 2}}},
    .open = deltanet_open,
};
