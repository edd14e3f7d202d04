/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/singular_dense.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "measure/spectrum_internal.h"

/* LAPACK counts elements in 32 bits. */
static const double LAPACK_MOST = 0x1p31;

/* || (to row k) - sigma x || for k < count: x, to [count x size] */
static void note_residuals(const double *to, const double *x, size_t count,
                           size_t size, lln_singular_value *values)
{
    for (size_t k = 0; k < count; k++) {
        double square = 0;
        for (size_t i = 0; i < size; i++) {
            double e = to[k * size + i] - values[k].sigma * x[k * size + i];
            square += e * e;
        }
        values[k].residual = fmax(values[k].residual, sqrt(square));
    }
}

/* In LAPACK's order of columns a is its transpose [m x n] with left vectors v
 * and right vectors u. work: scratch [least + m least + least n + n m + count
 * (n + m)]. */
static lln_status decompose(const double *a, size_t n, size_t m, size_t count,
                            double *work, lln_singular_value *values)
{
    size_t least = lln_size_smaller(n, m);
    int in = (int)n, im = (int)m, il = (int)least, some = (int)count;
    double *s = work, *v = s + least, *u = v + m * least;
    double *copy = u + least * n, *av = copy + n * m, *rows = av + count * n;
    memcpy(copy, a, n * m * sizeof *a);
    lapack_int info = LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'S', im, in, copy, im, s,
                                     v, im, u, il);
    LLN_TRY(lln_spectrum_lapack("dgesdd", (int)info));
    for (size_t k = 0; k < count; k++)
        values[k] = (lln_singular_value){s[k], 0};
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, some, in, im, 1, v, im,
                a, im, 0, av, in);
    /* u is [n x least] by rows; its columns, as rows. */
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < n; i++)
            copy[k * n + i] = u[i * least + k];
    note_residuals(av, copy, count, n, values);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, some, im, in, 1,
                copy, in, a, im, 0, rows, im);
    note_residuals(rows, v, count, m, values);
    return LLN_OK;
}

/* Doubles of scratch for decompose. */
static size_t work_size(size_t n, size_t m, size_t count)
{
    size_t least = lln_size_smaller(n, m);
    return least * (1 + n + m) + n * m + count * (n + m);
}

lln_status lln_singular_matrix(const double *a, size_t n, size_t m,
                               size_t count, lln_singular_value *values)
{
    double *work = lln_array_alloc_raw(work_size(n, m, count), sizeof *work);
    lln_status status =
        work ? decompose(a, n, m, count, work, values) : LLN_ENOMEM;
    free(work);
    return status == LLN_OK ? lln_threads_check_stop() : status;
}

lln_status lln_singular_matrix_all(double *a, size_t n, size_t m, double *sigma)
{
    double unused;
    lapack_int info =
        LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'N', (lapack_int)m, (lapack_int)n, a,
                       (lapack_int)m, sigma, &unused, 1, &unused, 1);
    LLN_TRY(lln_spectrum_lapack("dgesdd", (int)info));
    return lln_threads_check_stop();
}

lln_status lln_singular_dense_all(lln_attention *attention, size_t memory,
                                  double *sigma)
{
    size_t n = attention->n, m = attention->m, size = n * m;
    double side = (double)n * (double)m;
    if (side >= LAPACK_MOST || side * sizeof(double) > (double)memory)
        return lln_fail(LLN_ETOOBIG, "%zu x %zu: P is too large", n, m);
    LLN_TRY(lln_attention_prepare(attention));
    double *p = lln_array_alloc_raw(size, sizeof *p);
    lln_status status = p ? lln_attention_rows(attention, 0, n, p) : LLN_ENOMEM;
    if (status == LLN_OK)
        status = lln_threads_check_stop();
    if (status == LLN_OK)
        status = lln_singular_matrix_all(p, n, m, sigma);
    free(p);
    return status;
}

static lln_status check_memory(size_t n, size_t m,
                               const lln_singular_options *options)
{
    lln_spectrum_options as = {.memory = options->memory};
    double side = (double)n * (double)m, mebibyte = 1048576;
    double all = (side + (double)work_size(n, m, options->count)) * 8;
    double allowed = (double)lln_spectrum_memory(&as, 2);
    if (side < LAPACK_MOST && all <= allowed)
        return LLN_OK;
    return lln_fail(LLN_ETOOBIG,
                    "%zu singular values of %zu x %zu need %.1f MiB, %.1f MiB "
                    "are allowed; try at most %zu",
                    options->count, n, m, all / mebibyte, allowed / mebibyte,
                    lln_size_smaller(n, m) / 8);
}

/* Subtracts the column means: p [n x m] becomes P~. */
static void deflate(double *p, size_t n, size_t m, double *mean)
{
    for (size_t i = 0; i < n; i++)
        cblas_daxpy((int)m, 1 / (double)n, p + i * m, 1, mean, 1);
    for (size_t i = 0; i < n; i++)
        cblas_daxpy((int)m, -1, mean, 1, p + i * m, 1);
}

lln_status lln_singular_dense(lln_attention *attention,
                              const lln_singular_options *options,
                              lln_singular *out)
{
    size_t n = attention->n, m = attention->m, size;
    LLN_TRY(check_memory(n, m, options));
    LLN_TRY(lln_attention_prepare(attention));
    LLN_TRY(lln_size_multiply(n, m, &size));
    double *p = lln_array_alloc(size, sizeof *p);
    double *mean = lln_array_alloc(m, sizeof *mean);
    lln_status status =
        p && mean ? lln_attention_rows(attention, 0, n, p) : LLN_ENOMEM;
    if (status == LLN_OK)
        status = lln_threads_check_stop();
    if (status == LLN_OK)
        status = lln_singular_matrix(p, n, m, out->count, out->plain);
    if (status == LLN_OK) {
        deflate(p, n, m, mean);
        status = lln_singular_matrix(p, n, m, out->count, out->centred);
    }
    free(p);
    free(mean);
    return status;
}
