/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/effective.h"

#include <cblas.h>
#include <gsl/gsl_fft_halfcomplex.h>
#include <gsl/gsl_fft_real.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "core/vector_math.h"
#include "measure/feature.h"

/* A sum of two autocorrelations that is smaller is rounding of the transform,
 * not a positive pair. */
static const double ROUNDING = 1e-13;

/* Entries that are worth several threads. */
enum { LARGE = 1 << 16 };

/* The smallest power of two at which lags 0 .. n/2 do not wrap around. */
static size_t transform_size(size_t n)
{
    size_t size = 2;
    while (size < n + n / 2 + 1)
        size *= 2;
    return size;
}

/* Autocovariances of the centred x [n] times n: c[t] = sum_i x_i x_(i+t), t = 0
 * .. n/2, by the transform of its power spectrum. c [size]. */
static void correlate(const double *x, size_t n, size_t size, double *c)
{
    memcpy(c, x, n * sizeof *c);
    memset(c + n, 0, (size - n) * sizeof *c);
    gsl_fft_real_radix2_transform(c, 1, size);
    c[0] *= c[0];
    c[size / 2] *= c[size / 2];
    for (size_t k = 1; k < size / 2; k++) {
        c[k] = c[k] * c[k] + c[size - k] * c[size - k];
        c[size - k] = 0;
    }
    gsl_fft_halfcomplex_radix2_inverse(c, 1, size);
}

/* n_mean and n_var from the autocovariances c[0 .. n/2]. */
static lln_effective count_tokens(const double *c, size_t n)
{
    double sum = 0, squares = 0, total = (double)n;
    if (!(c[0] > 0 && c[0] < INFINITY))
        return (lln_effective){NAN, NAN, NAN, NAN};
    for (size_t t = 1; t + 1 <= n / 2; t += 2) {
        double first = c[t] / c[0], second = c[t + 1] / c[0];
        if (!(first + second > ROUNDING))
            break;
        sum += first + second;
        squares += (1 - (double)t / total) * first * first +
                   (1 - (double)(t + 1) / total) * second * second;
    }
    double n_var = total / (1 + 2 * squares);
    return (lln_effective){total / (1 + 2 * sum), n_var, 1, n_var};
}

/* Sums the autocovariances of the columns x [d x n] in their order; c [size],
 * zeroed. */
static lln_status sum_columns(const double *x, size_t n, size_t d, double *c,
                              lln_effective *features)
{
    size_t size = transform_size(n), threads = (size_t)lln_threads_count();
    double *work = lln_array_alloc(threads * size, sizeof *work);
    if (!work)
        return LLN_ENOMEM;
#pragma omp parallel for ordered schedule(static, 1) if (n * d >= LARGE)
    for (size_t j = 0; j < d; j++) {
        double *own = work + (size_t)omp_get_thread_num() * size;
        correlate(x + j * n, n, size, own);
        if (features)
            features[j] = count_tokens(own, n);
#pragma omp ordered
        for (size_t t = 0; t <= n / 2; t++)
            c[t] += own[t];
    }
    free(work);
    return LLN_OK;
}

/* tr(C)^2 / tr(C^2) of the centred columns x [d x n]: from X X' or from X' X,
 * which have the same eigenvalues, whichever is smaller. */
static lln_status count_features(const double *x, size_t n, size_t d,
                                 double *features)
{
    size_t order = lln_size_smaller(n, d);
    double trace = 0, squares = 0;
    double *gram = lln_array_alloc(order * order, sizeof *gram);
    if (!gram)
        return LLN_ENOMEM;
    cblas_dsyrk(CblasRowMajor, CblasLower, d <= n ? CblasNoTrans : CblasTrans,
                (int)order, (int)(d <= n ? n : d), 1, x, (int)n, 0, gram,
                (int)order);
    for (size_t i = 0; i < order; i++) {
        const double *row = gram + i * order;
        trace += row[i];
        squares += row[i] * row[i];
        for (size_t j = 0; j < i; j++)
            squares += 2 * row[j] * row[j];
    }
    /* At least 1 but for rounding. */
    *features = trace > 0 ? fmax(1, trace / squares * trace) : NAN;
    free(gram);
    return LLN_OK;
}

/* Both counts for the columns of a; x [d x n] and c are scratch. */
static lln_status count_both(lln_matrix a, double *x, double *c,
                             lln_effective *all, lln_effective *features)
{
    double count;
    for (size_t j = 0; j < a.columns; j++) {
        lln_feature_read(a, j, 1, x + j * a.rows);
        lln_feature_centre(x + j * a.rows, a.rows);
    }
    LLN_TRY(sum_columns(x, a.rows, a.columns, c, features));
    LLN_TRY(count_features(x, a.rows, a.columns, &count));
    *all = count_tokens(c, a.rows);
    all->features = count;
    all->values = all->n_var * count;
    return isnan(all->n_var)
               ? lln_fail(LLN_EUNDEFINED, "every feature is constant")
               : LLN_OK;
}

lln_status lln_effective_measure(lln_matrix a, lln_effective *all,
                                 lln_effective *features)
{
    size_t entries = a.rows * a.columns;
    *all = (lln_effective){NAN, NAN, NAN, NAN};
    for (size_t j = 0; features && j < a.columns; j++)
        features[j] = *all;
    if (a.rows < 2 || a.columns == 0)
        return lln_fail(LLN_EUNDEFINED, "%zu tokens; expected at least 2",
                        a.rows);
    double *x = lln_array_alloc_raw(entries, sizeof *x);
    double *c = lln_array_alloc(a.rows / 2 + 1, sizeof *c);
    lln_status status =
        x && c ? count_both(a, x, c, all, features) : LLN_ENOMEM;
    free(x);
    free(c);
    return status;
}

enum { LAGS = 64 };

LLN_CLONES static double multiply(const double *x, const double *y,
                                  size_t count)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++)
        sum += x[i] * y[i];
    return sum;
}

/* n_var of the centred x [n x d], lag by lag. Returns false if LAGS lags are
 * not enough. */
static bool count_lags(const double *x, size_t n, size_t d, double *n_var)
{
    double c[LAGS + 1] = {multiply(x, x, n * d)};
    for (size_t t = 1; t + 1 <= n / 2; t += 2) {
        if (t + 1 > LAGS)
            return false;
        for (size_t lag = t; lag < t + 2; lag++)
            c[lag] = multiply(x, x + lag * d, (n - lag) * d);
        if (!((c[t] + c[t + 1]) / c[0] > ROUNDING))
            break;
    }
    *n_var = count_tokens(c, n).n_var;
    return true;
}

/* Subtracts the means of the columns of x [n x d]; mean [d] receives them. */
LLN_CLONES static void subtract_means(double *x, size_t n, size_t d,
                                      double *mean)
{
    for (size_t j = 0; j < d; j++)
        mean[j] = 0;
    for (size_t i = 1; i < n; i++)
#pragma omp simd
        for (size_t j = 0; j < d; j++)
            mean[j] += x[i * d + j] - x[j];
    for (size_t j = 0; j < d; j++)
        mean[j] = x[j] + mean[j] / (double)n;
    for (size_t i = 0; i < n; i++)
#pragma omp simd
        for (size_t j = 0; j < d; j++)
            x[i * d + j] -= mean[j];
}

/* The largest size of an entry of each column: out [d]. */
LLN_CLONES static void find_largest(const double *x, size_t n, size_t d,
                                    double *out)
{
    for (size_t j = 0; j < d; j++)
        out[j] = 0;
    for (size_t i = 0; i < n; i++)
#pragma omp simd
        for (size_t j = 0; j < d; j++) {
            double size = fabs(x[i * d + j]);
            out[j] = size > out[j] ? size : out[j];
        }
}

/* The centred columns of a as x [n x d], as lln_feature_centre does for one
 * column; column [n] and means [2 x d] are scratch. */
static void centre_columns(lln_matrix a, double *column, double *means,
                           double *x)
{
    size_t n = a.rows, d = a.columns;
    double *rest = means + d;
    lln_matrix_convert(a, LLN_FLOAT64, x);
    subtract_means(x, n, d, means);
    subtract_means(x, n, d, rest);
    find_largest(x, n, d, rest);
    for (size_t j = 0; j < d; j++) {
        double rounding = lln_precision_rounding(LLN_FLOAT64, fabs(means[j]));
        if (rest[j] > rounding * sqrt((double)n))
            continue; /* so is the standard deviation */
        lln_feature_read(a, j, 1, column);
        lln_feature_centre(column, n);
        for (size_t i = 0; i < n; i++)
            x[i * d + j] = column[i];
    }
}

lln_status lln_effective_tokens(lln_matrix a, double *n_var)
{
    lln_effective all;
    *n_var = NAN;
    if (a.rows < 2 || a.columns == 0)
        return lln_fail(LLN_EUNDEFINED, "%zu tokens; expected at least 2",
                        a.rows);
    double *x = lln_array_alloc_raw(a.rows * a.columns, sizeof *x);
    double *column =
        lln_array_alloc_raw(a.rows + 2 * a.columns, sizeof *column);
    lln_status status = x && column ? LLN_OK : LLN_ENOMEM;
    if (status == LLN_OK)
        centre_columns(a, column, column + a.rows, x);
    if (status == LLN_OK && !count_lags(x, a.rows, a.columns, n_var)) {
        status = lln_effective_measure(a, &all, NULL);
        *n_var = all.n_var;
    } else if (status == LLN_OK && isnan(*n_var))
        status = lln_fail(LLN_EUNDEFINED, "every feature is constant");
    free(x);
    free(column);
    return status;
}
