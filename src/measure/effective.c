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
#include "measure/feature.h"

/* A sum of two autocorrelations that is smaller is rounding of the transform,
 * not a positive pair. */
static const double ROUNDING = 1e-13;

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
#pragma omp parallel for ordered schedule(static, 1)
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
    *features = trace > 0 ? trace / squares * trace : NAN;
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
