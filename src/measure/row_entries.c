/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/row_entries.h"

#include <math.h>

#include "core/vector_math.h"

/* Sums over one row. */
typedef struct {
    double sum, squares, negative, top;
} entry_sums;

LLN_CLONES static entry_sums add_entries(const double *p, size_t m)
{
    double sum = 0, squares = 0, negative = 0, top = 0;
#pragma omp simd reduction(+ : sum, squares, negative) reduction(max : top)
    for (size_t j = 0; j < m; j++) {
        sum += p[j];
        squares += p[j] * p[j];
        negative += p[j] < 0 ? -p[j] : 0;
        top = p[j] > top ? p[j] : top;
    }
    return (entry_sums){sum, squares, negative, top};
}

LLN_CLONES static void take_logs(double *x, size_t count)
{
#pragma omp simd
    for (size_t j = 0; j < count; j++)
        x[j] = lln_log_f64(x[j]);
}

/* Moments of x [count] about their mean. */
LLN_CLONES static lln_moments central_moments(const double *x, size_t count)
{
    double mean = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0;
    for (size_t j = 0; j < count; j++)
        mean += x[j];
    mean /= (double)count;
#pragma omp simd reduction(+ : m1, m2, m3, m4)
    for (size_t j = 0; j < count; j++) {
        double z = x[j] - mean, z2 = z * z;
        m1 += z;
        m2 += z2;
        m3 += z2 * z;
        m4 += z2 * z2;
    }
    double power[5] = {0, m1, m2, m3, m4};
    return lln_moments_from_sums((double)count, mean, power);
}

/* -sum p ln p over the positive entries of entries [m]; logs: their
 * logarithms. */
static double entropy(const double *entries, size_t m, const double *logs)
{
    double sum = 0;
    for (size_t j = 0; j < m; j++)
        if (entries[j] > 0)
            sum -= entries[j] * *logs++;
    return fmax(sum, 0);
}

/* sum q (ln q - mean)^2 with the positive entries q divided by their sum; logs:
 * their logarithms before that, which has no effect. */
static double varentropy(const double *entries, size_t m, const double *logs,
                         double sum)
{
    double mean = 0, spread = 0;
    for (size_t j = 0, k = 0; j < m; j++)
        if (entries[j] > 0)
            mean += entries[j] / sum * logs[k++];
    for (size_t j = 0, k = 0; j < m; j++)
        if (entries[j] > 0) {
            double y = logs[k++] - mean;
            spread += entries[j] / sum * (y * y);
        }
    return spread;
}

void lln_row_set_outside(lln_row *row, const double *entries, size_t m,
                         unsigned what, const double *logs)
{
    row->outside = fmax(1 - row->sum, 0);
    row->sum_squares /= row->sum * row->sum;
    if (!(what & LLN_ROW_ENTROPY) || row->keys == 0)
        return;
    double within = entropy(entries, m, logs) / row->sum + log(row->sum);
    row->entropy = fmax(within, 0);
}

void lln_row_scale(lln_row *row, double sum)
{
    bool distribution = fabs(sum - 1) <= LLN_ROW_DEFICIT;
    double entropy = sum * (row->entropy - log(sum));
    row->top = row->keys > 0 ? sum * row->top : 0;
    row->sum_squares = row->keys > 0 ? sum * sum * row->sum_squares : 0;
    row->entropy = distribution ? fmax(entropy, 0) : NAN;
    row->max = log(row->top);
    row->log_norm = 0;
    row->sum = sum;
}

lln_row lln_row_from_entries(const double *entries, size_t m, unsigned what,
                             double *logs)
{
    entry_sums sums = add_entries(entries, m);
    size_t keys = 0;
    for (size_t j = 0; j < m; j++) {
        logs[keys] = entries[j];
        keys += entries[j] > 0;
    }
    lln_row row = {
        .keys = keys,
        .max = log(sums.top),
        .logit = NAN,
        .entropy = NAN,
        .sum_squares = sums.squares,
        .top = sums.top,
        .sum = sums.sum,
        .negative = sums.negative,
        .varentropy = NAN,
        .renyi2 = NAN,
        .low = NAN,
        .scores = {NAN, NAN, NAN, NAN, NAN},
    };
    if (what)
        take_logs(logs, keys);
    if (what & (LLN_ROW_MOMENTS | LLN_ROW_SHAPE))
        row.scores = keys > 0 ? central_moments(logs, keys) : (lln_moments){0};
    if ((what & LLN_ROW_SHAPE) && sums.negative == 0 && sums.sum > 0) {
        row.varentropy = varentropy(entries, m, logs, sums.sum);
        row.renyi2 = fmax(2 * log(sums.sum) - log(sums.squares), 0);
    }
    bool distribution =
        sums.negative == 0 && fabs(sums.sum - 1) <= LLN_ROW_DEFICIT;
    if ((what & LLN_ROW_ENTROPY) && distribution)
        row.entropy = entropy(entries, m, logs);
    return row;
}
