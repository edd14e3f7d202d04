/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/joint_limit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/memory.h"
#include "measure/entropy.h"

typedef struct {
    double variance, skewness, entropy; /* NaN: none */
} row_limit;

/* The feature that a row selects. */
static size_t feature_of(lln_matrix q, size_t i)
{
    size_t best = 0;
    for (size_t l = 1; l < q.columns; l++)
        if (lln_matrix_get(q, i, l) > lln_matrix_get(q, i, best))
            best = l;
    return best;
}

/* Copies feature l of keys first .. end - 1. */
static void copy_feature(lln_matrix k, size_t l, size_t first, size_t end,
                         double *out)
{
    for (size_t j = first; j < end; j++)
        out[j - first] = lln_matrix_get(k, j, l);
}

static void describe_feature(const double *x, size_t count, row_limit *out)
{
    lln_moments set = {0};
    lln_moments_add(&set, x, count);
    double n = (double)count, spread = set.m2 / n;
    out->variance = count > 1 ? set.m2 / (n - 1) : NAN;
    out->skewness = spread > 0 ? set.m3 / n / pow(spread, 1.5) : NAN;
}

/* Entropy of the softmax of beta x; changes x. */
static double entropy_of(double *x, size_t count, double beta)
{
    for (size_t j = 0; j < count; j++)
        x[j] *= beta;
    return lln_entropy_of_logits(x, count);
}

/* Fills rows[n]: the entropies for beta, or all else if it is NaN. Without a
 * mask, `known` [d] remembers a row for each feature, n: none. x [m]. */
static void fill_rows(const lln_head *head, double beta, double *x,
                      size_t *known, row_limit *rows)
{
    bool same_keys = !lln_mask_hides(head->rule.mask);
    size_t n = head->q.rows, m = head->k.rows;
    for (size_t l = 0; l < head->q.columns; l++)
        known[l] = n;
    for (size_t i = 0; i < n; i++) {
        size_t l = feature_of(head->q, i), first = 0, end = m;
        if (same_keys && known[l] < n) {
            rows[i] = rows[known[l]];
            continue;
        }
        lln_mask_keys(head->rule.mask, n, m, i, &first, &end);
        copy_feature(head->k, l, first, end, x);
        if (isnan(beta))
            describe_feature(x, end - first, &rows[i]);
        else
            rows[i].entropy = entropy_of(x, end - first, beta);
        known[l] = i;
    }
}

static double mean_of(const double *first, size_t n)
{
    double mean, error;
    lln_values_mean(first, sizeof(row_limit) / sizeof(double), n, n, &mean,
                    &error);
    return mean;
}

static lln_status find_limit(const lln_head *head, double variance, double *x,
                             size_t *known, row_limit *rows,
                             lln_joint_limit *limit)
{
    size_t n = head->q.rows;
    fill_rows(head, NAN, x, known, rows);
    double unit = mean_of(&rows[0].variance, n);
    if (!(unit > 0))
        return lln_fail(LLN_EUNDEFINED,
                        "the features in which queries are largest are the "
                        "same for all keys");
    limit->skewness = mean_of(&rows[0].skewness, n);
    limit->beta = sqrt(variance / unit);
    fill_rows(head, limit->beta, x, known, rows);
    limit->entropy = mean_of(&rows[0].entropy, n);
    return LLN_OK;
}

lln_status lln_joint_limit_find(const lln_head *head, double variance,
                                lln_joint_limit *limit)
{
    double *x = lln_array_alloc(head->k.rows, sizeof *x);
    size_t *known = lln_array_alloc(head->q.columns, sizeof *known);
    row_limit *rows = lln_array_alloc(head->q.rows, sizeof *rows);
    lln_status status = x && known && rows
                            ? find_limit(head, variance, x, known, rows, limit)
                            : LLN_ENOMEM;
    free(x);
    free(known);
    free(rows);
    return status;
}
