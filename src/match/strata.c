/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/strata.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/random.h"
#include "core/sorting.h"
#include "core/vector_math.h"

typedef struct {
    double variance;
    size_t row;
} candidate;

/* The middle of stratum i of `count` strata of n rows. */
static size_t middle_of(size_t i, size_t count, size_t n)
{
    return (2 * i + 1) * n / (2 * count);
}

/* Mean and variance of each column of factor a; row [d] is scratch. */
static void describe_columns(lln_matrix a, double factor, double *row,
                             double *mean, double *variance)
{
    for (size_t i = 0; i < a.rows; i++) {
        lln_matrix x = lln_matrix_rows(a, i, 1);
        double share = 1 / (double)(i + 1);
        lln_matrix_convert(x, LLN_FLOAT64, row);
        for (size_t l = 0; l < a.columns; l++) {
            double delta = factor * row[l] - mean[l];
            mean[l] += delta * share;
            variance[l] += delta * (factor * row[l] - mean[l]);
        }
    }
    for (size_t l = 0; l < a.columns; l++)
        variance[l] /= (double)a.rows;
}

/* sum_l w_l^2 variance_l, w = softmax of factor x_l + offset_l. */
LLN_CLONES static double predict_variance(const double *x, double factor,
                                          const double *offset,
                                          const double *variance, size_t d)
{
    double largest = -INFINITY, sum = 0, squares = 0;
#pragma omp simd reduction(max : largest)
    for (size_t l = 0; l < d; l++) {
        double y = factor * x[l] + offset[l];
        largest = y > largest ? y : largest;
    }
#pragma omp simd reduction(+ : sum, squares)
    for (size_t l = 0; l < d; l++) {
        double w = lln_exp_f64(factor * x[l] + offset[l] - largest);
        sum += w;
        squares += w * w * variance[l];
    }
    return squares / (sum * sum);
}

/* Rows with equal variance are put in random order, since their own order may
 * have a period. */
static int compare_candidates(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->variance != y->variance)
        return x->variance < y->variance ? -1 : 1;
    uint64_t first = lln_random_number(0, x->row);
    uint64_t second = lln_random_number(0, y->row);
    return (first > second) - (first < second);
}

/* work: [3 d], zeroed. */
static void rank_rows(const lln_head *head, double alpha, double beta,
                      double *work, candidate *candidates)
{
    size_t d = head->q.columns, count = head->q.rows;
    double *mean = work, *variance = work + d, *row = work + 2 * d;
    describe_columns(head->k, beta, row, mean, variance);
    for (size_t i = 0; i < count; i++) {
        lln_matrix_convert(lln_matrix_rows(head->q, i, 1), LLN_FLOAT64, row);
        candidates[i] =
            (candidate){predict_variance(row, alpha, mean, variance, d), i};
    }
    qsort(candidates, count, sizeof *candidates, compare_candidates);
}

lln_status lln_strata_choose(const lln_head *head, double alpha, double beta,
                             size_t count, size_t *queries)
{
    size_t candidate_count = head->q.rows;
    double *work = lln_array_alloc(3 * head->q.columns, sizeof *work);
    candidate *candidates =
        lln_array_alloc(candidate_count, sizeof *candidates);
    lln_status status = work && candidates ? LLN_OK : LLN_ENOMEM;
    if (status == LLN_OK) {
        rank_rows(head, alpha, beta, work, candidates);
        for (size_t i = 0; i < count; i++)
            queries[i] = candidates[middle_of(i, count, candidate_count)].row;
        qsort(queries, count, sizeof *queries, lln_compare_sizes);
    }
    free(work);
    free(candidates);
    return status;
}
