/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Spectra of stored matrices, by LAPACK. */
#include "measure/spectrum_dense.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"

/* Residual of the eigenvector at v, found as a left eigenvector of the
 * transpose: its conjugate is the right eigenvector of the matrix.
 * y: scratch [2n]. */
static double residual_of(const double *matrix, size_t n, lln_eigenvalue lambda,
                          const double *v, double *y)
{
    int order = (int)n;
    bool pair = lambda.im != 0;
    cblas_dgemv(CblasRowMajor, CblasNoTrans, order, order, 1, matrix, order, v,
                1, 0, y, 1);
    if (pair)
        cblas_dgemv(CblasRowMajor, CblasNoTrans, order, order, 1, matrix, order,
                    v + n, 1, 0, y + n, 1);
    /* v[0 .. n-1] - i v[n .. 2n-1] belongs to the member with im > 0. */
    lambda.im = -fabs(lambda.im);
    return lln_spectrum_residual(lambda, n, v, pair ? v + n : NULL, y,
                                 pair ? y + n : NULL);
}

static void fill_residuals(const double *matrix, size_t n,
                           const double *vectors, const double *im,
                           const size_t *which, double *y, lln_spectrum *out)
{
    for (size_t i = out->known; i < out->count; i++) {
        if (which[i] == n)
            continue;
        size_t first = im[which[i]] < 0 ? which[i] - 1 : which[i];
        out->eigenvalues[i].residual =
            residual_of(matrix, n, out->eigenvalues[i], vectors + first * n, y);
    }
}

/* copy, vectors: [n x n]; values: [4n]. */
static lln_status solve_matrix(const double *matrix, size_t n, double *copy,
                               double *vectors, double *values, size_t *which,
                               lln_spectrum *out)
{
    double *re = values, *im = values + n, *y = values + 2 * n;
    lapack_int order = (lapack_int)n;
    memcpy(copy, matrix, n * n * sizeof *copy);
    /* Not balanced: with entries down to 1e-300 the scaling of dgeev leaves
     * eigenvectors that are none. */
    lapack_int low, high;
    double norm, *scale = y;
    lapack_int info = LAPACKE_dgeevx(
        LAPACK_COL_MAJOR, 'N', 'V', 'N', 'N', order, copy, order, re, im,
        vectors, order, NULL, 1, &low, &high, scale, &norm, NULL, NULL);
    LLN_TRY(lln_spectrum_lapack("dgeevx", (int)info));
    LLN_TRY(lln_spectrum_collect(re, im, n, out, which));
    fill_residuals(matrix, n, vectors, im, which, y, out);
    return LLN_OK;
}

lln_status lln_spectrum_matrix(const double *matrix, size_t n,
                               lln_spectrum *out)
{
    size_t elements;
    LLN_TRY(lln_size_multiply(n, n, &elements));
    double *copy = lln_array_alloc(elements, sizeof *copy);
    double *vectors = lln_array_alloc(elements, sizeof *vectors);
    double *values = lln_array_alloc(4 * n, sizeof *values);
    size_t *which = lln_array_alloc(out->count, sizeof *which);
    lln_status status =
        copy && vectors && values && which
            ? solve_matrix(matrix, n, copy, vectors, values, which, out)
            : LLN_ENOMEM;
    free(copy);
    free(vectors);
    free(values);
    free(which);
    return status;
}

/* Subtracts the column means: p [n x n] becomes P~. */
static void deflate(double *p, size_t n, double *mean)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            mean[j] += p[i * n + j] / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            p[i * n + j] -= mean[j];
}

/* Destroys p. */
static lln_status measure_norms(double *p, size_t n, double *singular,
                                lln_spectrum *out)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double row = 0;
        for (size_t j = 0; j < n; j++)
            row += p[i * n + j] * p[i * n + j];
        sum += row;
    }
    lapack_int order = (lapack_int)n;
    lapack_int info = LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'N', order, order, p,
                                     order, singular, NULL, 1, NULL, 1);
    LLN_TRY(lln_spectrum_lapack("dgesdd", (int)info));
    out->unbiased_norm = sqrt(sum);
    out->centered_sigma1 = singular[0];
    return LLN_OK;
}

lln_status lln_spectrum_dense(lln_attention *attention,
                              const lln_spectrum_options *options,
                              lln_spectrum *out)
{
    size_t n = attention->n;
    LLN_TRY(lln_spectrum_check_memory("dense", n, options));
    LLN_TRY(lln_attention_prepare(attention));
    double *p = lln_array_alloc(n * n, sizeof *p);
    double *column = lln_array_alloc(n, sizeof *column);
    lln_status status =
        p && column ? lln_attention_rows(attention, 0, n, p) : LLN_ENOMEM;
    if (status == LLN_OK)
        status = lln_threads_check_stop();
    if (status == LLN_OK) {
        if (out->known)
            deflate(p, n, column);
        status = lln_spectrum_matrix(p, n, out);
    }
    if (status == LLN_OK)
        status = lln_threads_check_stop();
    if (status == LLN_OK && options->norms) {
        if (!out->known)
            deflate(p, n, column);
        status = measure_norms(p, n, column, out);
    }
    free(p);
    free(column);
    return status;
}
