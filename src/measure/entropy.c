/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/entropy.h"

#include <math.h>
#include <stdlib.h>

static double entropy(const lln_row *row)
{
    return row->entropy;
}

static double normalized(const lln_row *row)
{
    return row->keys > 1 ? row->entropy / log((double)row->keys) : NAN;
}

/* ln(keys of the row); a row that has none is no distribution. */
static double ceiling(const lln_row *row)
{
    return row->keys > 0 ? log((double)row->keys) : 0;
}

static double floor_of(const lln_row *row)
{
    double squares = row->scores.m2 < 0 ? 0 : row->scores.m2; /* rounding */
    if (row->keys == 0 || isnan(squares))
        return NAN;
    return lln_entropy_floor(row->keys, sqrt(squares));
}

static double effective_keys(const lln_row *row)
{
    return row->sum_squares > 0 ? 1 / row->sum_squares : NAN;
}

static double top(const lln_row *row)
{
    return row->top;
}

static double negative(const lln_row *row)
{
    return row->negative;
}

double lln_entropy_floor(size_t keys, double spread)
{
    double t = (double)keys;
    if (keys <= 1)
        return 0;
    double b = exp(-spread * sqrt(t / (t - 1))), others = (t - 1) * b;
    if (b == 0)
        return 0;
    return log1p(others) + spread * sqrt(t * (t - 1)) * b / (1 + others);
}

/* Standard error of the ratio of the means of H_i and ln m_i, `mean`: that of
 * the mean of H_i - ratio ln m_i, divided by `mean`. */
static double ratio_error(const lln_row *rows, size_t count, size_t n,
                          double ratio, double mean)
{
    double squares = 0, kept = 1 - (double)count / (double)n;
    for (size_t i = 0; i < count; i++) {
        double x = rows[i].entropy - ratio * ceiling(&rows[i]);
        squares += x * x;
    }
    if (isnan(ratio) || count == n)
        return isnan(ratio) ? NAN : 0;
    return sqrt(kept * squares / (double)(count - 1) / (double)count) / mean;
}

/* The entropy beside what it could be. */
static void divide_by_ceiling(const lln_attention *attention,
                              const lln_row *rows, size_t count,
                              lln_entropy *out, lln_entropy *error)
{
    double mean, unused, all = log((double)attention->m);
    lln_rows_mean(rows, count, attention->n, ceiling, &mean, &unused);
    out->over_log_n = all > 0 ? out->entropy / all : NAN;
    error->over_log_n = all > 0 ? error->entropy / all : NAN;
    out->over_ceiling = mean > 0 ? out->entropy / mean : NAN;
    error->over_ceiling =
        ratio_error(rows, count, attention->n, out->over_ceiling, mean);
}

void lln_entropy_summarise(const lln_attention *attention, const lln_row *rows,
                           size_t count, lln_entropy *out, lln_entropy *error)
{
    size_t n = attention->n;
    lln_entropy unused = {0};
    error = error ? error : &unused;
    *error = (lln_entropy){NAN, NAN, NAN, NAN, NAN, NAN,
                           NAN, NAN, NAN, NAN, NAN, NAN};
    *out = (lln_entropy){.min = INFINITY,
                         .max = -INFINITY,
                         .max_logit = -INFINITY,
                         .row_sum_min = INFINITY};
    lln_rows_mean(rows, count, n, entropy, &out->entropy, &error->entropy);
    lln_rows_mean(rows, count, n, normalized, &out->normalized,
                  &error->normalized);
    lln_rows_mean(rows, count, n, effective_keys, &out->effective_keys,
                  &error->effective_keys);
    lln_rows_mean(rows, count, n, top, &out->top1_mass, &error->top1_mass);
    lln_rows_mean(rows, count, n, negative, &out->negative_mass,
                  &error->negative_mass);
    lln_rows_mean(rows, count, n, floor_of, &out->floor, &error->floor);
    bool distributions = true;
    for (size_t i = 0; i < count; i++) {
        out->min = rows[i].entropy < out->min ? rows[i].entropy : out->min;
        out->max = rows[i].entropy > out->max ? rows[i].entropy : out->max;
        out->max_logit = fmax(out->max_logit, rows[i].max);
        out->row_sum_min = fmin(out->row_sum_min, rows[i].sum);
        distributions = distributions && !isnan(rows[i].entropy);
    }
    if (!distributions) {
        out->entropy = out->normalized = out->min = out->max = NAN;
        error->entropy = error->normalized = out->floor = error->floor = NAN;
    }
    divide_by_ceiling(attention, rows, count, out, error);
    if (!attention->tiles.scaled_scores)
        out->max_logit = NAN;
}

lln_status lln_entropy_measure(lln_attention *attention, const size_t *queries,
                               size_t count, lln_entropy *out,
                               lln_entropy *error)
{
    lln_row *measured;
    LLN_TRY(lln_rows_alloc(attention, queries, &count, &measured));
    lln_status status =
        lln_rows_measure(attention, queries, count, LLN_ROW_ENTROPY, measured);
    if (status == LLN_OK)
        lln_entropy_summarise(attention, measured, count, out, error);
    free(measured);
    return status;
}
