/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/features_used.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "measure/entropy.h"

/* The keys of a row, and the sum of exp(y - top) over them for one feature y =
 * beta k_jl. */
typedef struct {
    lln_matrix k;
    size_t feature, first, end;
    double beta, top, sum;
    double peak; /* the largest sum since it was computed anew */
} running;

/* A sum that has decreased to this part of its peak has lost digits. */
static const double WORN = 1e-6;

static double key_at(const running *r, size_t j)
{
    return r->beta * lln_matrix_get(r->k, j, r->feature);
}

static void compute_anew(running *r, size_t first, size_t end)
{
    r->first = first;
    r->end = end;
    r->top = -INFINITY;
    r->sum = 0;
    for (size_t j = first; j < end; j++)
        r->top = fmax(r->top, key_at(r, j));
    for (size_t j = first; j < end; j++)
        r->sum += exp(key_at(r, j) - r->top);
    r->peak = r->sum;
}

static void add_key(running *r)
{
    double y = key_at(r, r->end++);
    if (y > r->top) {
        r->sum *= exp(r->top - y);
        r->peak *= exp(r->top - y);
        r->top = y;
    }
    r->sum += exp(y - r->top);
    r->peak = fmax(r->peak, r->sum);
}

static void drop_key(running *r)
{
    r->sum -= exp(key_at(r, r->first++) - r->top);
}

/* Changes the keys; masks usually move both ends forward. */
static void move_keys(running *r, size_t first, size_t end)
{
    if (first < r->first || end < r->end || first >= r->end) {
        compute_anew(r, first, end);
        return;
    }
    while (r->end < end)
        add_key(r);
    while (r->first < first)
        drop_key(r);
    if (!(r->sum > WORN * r->peak))
        compute_anew(r, first, end);
}

/* ln w_il, without the norm of the row, for feature l of all rows; out [n x
 * d]. */
static void weigh_feature(const lln_head *head, size_t l, double alpha,
                          double beta, double *out)
{
    size_t n = head->q.rows, m = head->k.rows, d = head->q.columns;
    running r = {.k = head->k, .feature = l, .beta = beta};
    for (size_t i = 0; i < n; i++) {
        size_t first = 0, end = m;
        if (lln_mask_hides(head->rule.mask))
            lln_mask_keys(head->rule.mask, n, m, i, &first, &end);
        if (i == 0)
            compute_anew(&r, first, end);
        move_keys(&r, first, end);
        out[i * d + l] =
            alpha * lln_matrix_get(head->q, i, l) + r.top + log(r.sum);
    }
}

lln_status lln_features_used(const lln_head *head, double alpha, double beta,
                             double *used)
{
    size_t n = head->q.rows, d = head->q.columns;
    if (!isfinite(alpha) || !isfinite(beta))
        return lln_fail(LLN_EINVAL,
                        "alpha %g, beta %g: expected finite numbers", alpha,
                        beta);
    double *weights = lln_array_alloc_raw(n * d, sizeof *weights);
    if (!weights)
        return LLN_ENOMEM;
#pragma omp parallel for schedule(static)
    for (size_t l = 0; l < d; l++)
        weigh_feature(head, l, alpha, beta, weights);
    *used = 0;
    for (size_t i = 0; i < n; i++)
        *used += exp(lln_entropy_of_logits(weights + i * d, d)) / (double)n;
    free(weights);
    return LLN_OK;
}
