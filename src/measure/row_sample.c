/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/row_sample.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>

#include "core/random.h"
#include "core/vector_math.h"

lln_status lln_rows_draw(size_t n, size_t count, uint64_t seed, uint32_t stream,
                         size_t *queries)
{
    if (count == 0 || count > n)
        return lln_fail(LLN_EINVAL, "%zu rows of %zu: expected 1 to %zu", count,
                        n, n);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    if (!rng)
        return lln_fail(LLN_ENOMEM, "out of memory: random numbers");
    gsl_rng_set(rng, lln_random_seed(~seed, stream)); /* not the heads' */
    /* Selection sampling: row i is taken with probability wanted / left. */
    size_t taken = 0;
    for (size_t i = 0; taken < count; i++)
        if (gsl_rng_uniform(rng) * (double)(n - i) < (double)(count - taken))
            queries[taken++] = i;
    gsl_rng_free(rng);
    return LLN_OK;
}

/* Value i of an array; NaN if there is none. */
typedef double value_at(const void *values, size_t i);

LLN_INLINE void mean_at(value_at *at, const void *values, size_t count,
                        size_t n, double *mean, double *error)
{
    double used = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        double x = at(values, i);
        if (!isnan(x)) {
            sum += x;
            used++;
        }
    }
    *mean = used > 0 ? sum / used : NAN;
    *error = 0;
    if (count == n)
        return;
    for (size_t i = 0; i < count; i++) {
        double x = at(values, i);
        if (!isnan(x))
            squares += (x - *mean) * (x - *mean);
    }
    *error = used > 1 ? sqrt(squares / (used - 1) / used *
                             (1 - (double)count / (double)n))
                      : NAN;
}

typedef struct {
    const lln_row *rows;
    lln_row_value *value;
} row_values;

static double row_value(const void *values, size_t i)
{
    const row_values *of = values;
    return of->value(&of->rows[i]);
}

void lln_rows_mean(const lln_row *rows, size_t count, size_t n,
                   lln_row_value *value, double *mean, double *error)
{
    row_values values = {rows, value};
    mean_at(row_value, &values, count, n, mean, error);
}

typedef struct {
    const double *first;
    size_t stride;
} strided;

static double strided_value(const void *values, size_t i)
{
    const strided *of = values;
    return of->first[i * of->stride];
}

void lln_values_mean(const double *first, size_t stride, size_t count, size_t n,
                     double *mean, double *error)
{
    strided values = {first, stride};
    mean_at(strided_value, &values, count, n, mean, error);
}

void lln_values_root_ratio(const double *x, const double *y, size_t stride,
                           size_t count, size_t n, double *ratio, double *error)
{
    double used = 0, sum_x = 0, sum_y = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        bool there = !isnan(x[i * stride]) && !isnan(y[i * stride]);
        sum_x += there ? x[i * stride] : 0;
        sum_y += there ? y[i * stride] : 0;
        used += there;
    }
    *ratio = sum_y > 0 ? sqrt(sum_x / sum_y) : NAN;
    for (size_t i = 0; i < count; i++) {
        double residual = x[i * stride] - *ratio * *ratio * y[i * stride];
        squares += isnan(residual) ? 0 : residual * residual;
    }
    double spread =
        sqrt(squares / (used - 1) / used * (1 - (double)count / (double)n));
    *error = *ratio > 0 ? spread / (2 * *ratio * sum_y / used) : *ratio;
    if (used < 2)
        *error = NAN;
    if (count == n)
        *error = 0;
}

double lln_row_variance(const lln_row *row)
{
    return row->keys > 1 ? row->scores.m2 / (double)(row->keys - 1) : NAN;
}

double lln_row_skewness(const lln_row *row)
{
    const lln_moments *s = &row->scores;
    double spread = row->keys > 1 ? s->m2 / s->count : 0;
    return spread > 0 ? s->m3 / s->count / pow(spread, 1.5) : NAN;
}

double lln_row_kurtosis(const lln_row *row)
{
    const lln_moments *s = &row->scores;
    double spread = row->keys > 1 ? s->m2 / s->count : 0;
    return spread > 0 ? s->m4 / s->count / (spread * spread) - 3 : NAN;
}
