/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums of the scores of LLN over the window of each query and over its other
 * keys, from running sums of the features of keys. Nothing is subtracted. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "kernel/lln/lln_window.h"

/* sum += w, [d] */
LLN_CLONES static void add(const double *w, size_t d, double *sum)
{
#pragma omp simd
    for (size_t l = 0; l < d; l++)
        sum[l] += w[l];
}

/* suffix [m x d]: row j is the sum of the rows of w from j to the end of its
 * block. */
static void fill_suffix(const double *w, size_t m, size_t d, size_t block,
                        double *suffix)
{
#pragma omp parallel for schedule(static) if (m * d > (size_t)1 << 17)
    for (size_t first = 0; first < m; first += block) {
        size_t end = lln_size_smaller(first + block, m);
        for (size_t j = end; j-- > first;) {
            memcpy(suffix + j * d, w + j * d, d * sizeof *w);
            if (j + 1 < end)
                add(suffix + (j + 1) * d, d, suffix + j * d);
        }
    }
}

/* Running sums over keys of the features w [m x d]. */
typedef struct {
    const double *w;
    size_t d, block;
    size_t before_end, prefix_end, after_first;
    double *before;       /* [d]: keys before before_end */
    double *prefix;       /* [d]: the block of key prefix_end - 1, up to it */
    double *after;        /* [d]: keys from after_first on */
    const double *suffix; /* of fill_suffix */
} sums;

/* near [d]: the sum over the window's keys first .. end - 1. A window is as
 * long as a block, unless it is cut at the first or the last key. So it is the
 * end of one block and the beginning of the next (van Herk 1992). */
static void sum_window(sums *s, size_t first, size_t end, double *near)
{
    size_t bytes = s->d * sizeof *near;
    for (; s->prefix_end < end; s->prefix_end++) {
        if (s->prefix_end % s->block == 0)
            memset(s->prefix, 0, bytes);
        add(s->w + s->prefix_end * s->d, s->d, s->prefix);
    }
    bool starts = first % s->block == 0; /* the block begins with it */
    bool same = first / s->block == (end - 1) / s->block;
    memcpy(near, same && starts ? s->prefix : s->suffix + first * s->d, bytes);
    if (!same)
        add(s->prefix, s->d, near);
}

/* Sets weights of query i to the sums of its scores N_i and F_i, except for F_i
 * of later keys; u: its features; near: scratch [d]. */
static void sum_row(const lln_window *state, size_t i, const double *u, sums *s,
                    double *near)
{
    size_t first, end;
    lln_window_run(state, i, &first, &end);
    for (; s->before_end < first; s->before_end++)
        add(s->w + s->before_end * s->d, s->d, s->before);
    sum_window(s, first, end, near);
    state->near_weight[i] = lln_row_dot(u, near, s->d);
    state->far_weight[i] = lln_row_dot(u, s->before, s->d);
}

/* F_i += the scores of later keys; then the sums become weights. */
static void finish_row(const lln_window *state, size_t i, const double *u,
                       sums *s)
{
    size_t first, end, m = state->lln.m;
    lln_window_run(state, i, &first, &end);
    for (; !state->window.causal && s->after_first > end; s->after_first--)
        add(s->w + (s->after_first - 1) * s->d, s->d, s->after);
    double inside = state->factor * state->near_weight[i];
    double outside = state->far_weight[i] +
                     (s->after_first < m ? lln_row_dot(u, s->after, s->d) : 0);
    state->near_weight[i] = inside / (inside + outside);
    state->far_weight[i] = lln_row_sum(u, s->d) / (inside + outside);
}

/* Queries whose features are computed at a time. */
enum { BATCH = 256 };

/* u: scratch [BATCH x d]; near: scratch [d]. */
static void visit_rows(const lln_window *state, sums *s, double *u,
                       double *near)
{
    size_t n = state->lln.n, d = s->d, batches = (n + BATCH - 1) / BATCH;
    size_t queries[BATCH];
    for (size_t step = 0; step < 2 * batches; step++) {
        bool forward = step < batches;
        size_t at = forward ? step : 2 * batches - 1 - step, first = at * BATCH;
        size_t count = lln_size_smaller(BATCH, n - first);
        for (size_t i = 0; i < count; i++)
            queries[i] = first + i;
        lln_attention_pack(&state->lln, queries, count, u);
        for (size_t i = 0; i < count && forward; i++)
            sum_row(state, first + i, u + i * d, s, near);
        for (size_t i = count; i-- > 0 && !forward;)
            finish_row(state, first + i, u + i * d, s);
    }
}

lln_status lln_window_find_weights(lln_window *state)
{
    size_t n = state->lln.n, m = state->lln.m, d = state->lln.rank;
    if (state->near_weight)
        return LLN_OK;
    LLN_TRY(lln_attention_prepare(&state->lln));
    double *weights = lln_array_alloc_raw(2 * n, sizeof *weights);
    double *scratch = lln_array_alloc((m + BATCH + 4) * d, sizeof *scratch);
    if (!weights || !scratch) {
        free(weights);
        free(scratch);
        return LLN_ENOMEM;
    }
    double *suffix = scratch + (BATCH + 4) * d;
    sums s = {.w = state->lln.tiles.right.data,
              .d = d,
              .block = state->reach * (state->window.causal ? 1 : 2) + 1,
              .after_first = m,
              .before = scratch,
              .prefix = scratch + d,
              .after = scratch + 2 * d,
              .suffix = suffix};
    fill_suffix(s.w, m, d, s.block, suffix);
    state->near_weight = weights;
    state->far_weight = weights + n;
    visit_rows(state, &s, scratch + 4 * d, scratch + 3 * d);
    free(scratch);
    return LLN_OK;
}
