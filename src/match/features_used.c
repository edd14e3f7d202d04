/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/features_used.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector_math.h"

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
        lln_mask_keys(head->rule.mask, n, m, i, &first, &end);
        if (i == 0)
            compute_anew(&r, first, end);
        move_keys(&r, first, end);
        out[i * d + l] =
            alpha * lln_matrix_get(head->q, i, l) + r.top + log(r.sum);
    }
}

/* exp(entropy of the softmax of x); NaN if no number is finite. */
LLN_CLONES static double count_features(const double *x, size_t d)
{
    double top = -INFINITY, sum = 0, slope = 0;
#pragma omp simd reduction(max : top)
    for (size_t l = 0; l < d; l++)
        top = x[l] > top ? x[l] : top;
    if (isinf(top))
        return NAN;
#pragma omp simd reduction(+ : sum, slope)
    for (size_t l = 0; l < d; l++) {
        double below = x[l] - top, weight = lln_exp_f64(below);
        sum += weight;
        slope -= weight > 0 ? weight * below : 0;
    }
    return sum * exp(slope / sum);
}

/* The largest beta k_jl of each feature. */
LLN_CLONES static void raise_tops(const double *row, double beta, size_t d,
                                  double *top)
{
#pragma omp simd
    for (size_t l = 0; l < d; l++)
        top[l] = beta * row[l] > top[l] ? beta * row[l] : top[l];
}

LLN_CLONES static void add_weights(const double *row, double beta, size_t d,
                                   const double *top, double *sum)
{
#pragma omp simd
    for (size_t l = 0; l < d; l++)
        sum[l] += lln_exp_f64(beta * row[l] - top[l]);
}

static void read_row(lln_matrix a, size_t i, double *row)
{
    lln_matrix_convert(lln_matrix_rows(a, i, 1), LLN_FLOAT64, row);
}

/* Without a mask, ln w_il = alpha q_il + ln sum_j exp(beta k_jl), and the last
 * term is the same for all rows. work: [3 d]. It is quick beside a pass over
 * the head, and not shared by threads. */
static double count_without_mask(const lln_head *head, double alpha,
                                 double beta, double *work)
{
    size_t n = head->q.rows, m = head->k.rows, d = head->q.columns;
    double *row = work, *top = work + d, *sum = work + 2 * d, used = 0;
    for (size_t l = 0; l < d; l++) {
        top[l] = -INFINITY;
        sum[l] = 0;
    }
    for (size_t j = 0; j < m; j++) {
        read_row(head->k, j, row);
        raise_tops(row, beta, d, top);
    }
    for (size_t j = 0; j < m; j++) {
        read_row(head->k, j, row);
        add_weights(row, beta, d, top, sum);
    }
    for (size_t l = 0; l < d; l++)
        top[l] += log(sum[l]);
    for (size_t i = 0; i < n; i++) {
        read_row(head->q, i, row);
        for (size_t l = 0; l < d; l++)
            row[l] = alpha * row[l] + top[l];
        used += count_features(row, d);
    }
    return used / (double)n;
}

/* weights: scratch [n d]. */
static double count_with_mask(const lln_head *head, double alpha, double beta,
                              double *weights)
{
    size_t n = head->q.rows, d = head->q.columns;
    double used = 0;
#pragma omp parallel for schedule(static)
    for (size_t l = 0; l < d; l++)
        weigh_feature(head, l, alpha, beta, weights);
    for (size_t i = 0; i < n; i++)
        used += count_features(weights + i * d, d);
    return used / (double)n;
}

lln_status lln_features_used(const lln_head *head, double alpha, double beta,
                             double *used)
{
    size_t n = head->q.rows, d = head->q.columns;
    bool hides = lln_mask_hides(head->rule.mask);
    if (!isfinite(alpha) || !isfinite(beta))
        return lln_fail(LLN_EINVAL,
                        "alpha %g, beta %g: expected finite numbers", alpha,
                        beta);
    double *work = lln_array_alloc_raw((hides ? n : 3) * d, sizeof *work);
    if (!work)
        return LLN_ENOMEM;
    *used = hides ? count_with_mask(head, alpha, beta, work)
                  : count_without_mask(head, alpha, beta, work);
    free(work);
    return LLN_OK;
}
