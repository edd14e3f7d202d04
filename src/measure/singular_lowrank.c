/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * P = B A' with features B [n x r] and A [m x r]. With B = Q R and A = S T, P
 * has the singular values of R T' [r x r]. Those of P~ follow from Bc = B minus
 * its column means in place of B and, if rows of P sum to 1, Ac in place of A:
 * A differs from Ac by 1 a', and then Bc a = 0 (spectrum_lowrank.c). Triangular
 * factors, unlike the r x r sums A'A, keep all digits of small values. */
#include "measure/singular_lowrank.h"

#include <cblas.h>
#include <lapacke.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/progress.h"
#include "core/threads.h"
#include "kernel/feature_sums.h"
#include "measure/singular_dense.h"
#include "measure/triangular.h"

enum { CHUNK = LLN_FEATURE_SUMS_CHUNK, SMALL_RANK = 256 };

/* One factor of P: B if `left`, else A. */
typedef struct {
    const lln_attention *attention;
    bool left;
    size_t rows, r;
} factor;

static void load(const factor *f, size_t first, size_t rows, double *out)
{
    f->attention->features(f->attention, first, rows, f->left ? out : NULL,
                           f->left ? NULL : out);
}

/* Column means of the factor; x: scratch [CHUNK x r]. */
static lln_status find_mean(const factor *f, double *x, double *mean)
{
    memset(mean, 0, f->r * sizeof *mean);
    lln_rows_begun += f->rows;
    for (size_t first = 0; first < f->rows; first += CHUNK) {
        size_t rows = lln_size_smaller(CHUNK, f->rows - first);
        LLN_TRY(lln_threads_check_stop());
        load(f, first, rows, x);
        lln_feature_sums_add(x, rows, f->r, mean);
        lln_rows_done += rows;
    }
    cblas_dscal((int)f->r, 1 / (double)f->rows, mean, 1);
    return LLN_OK;
}

/* Doubles of scratch of a thread. */
static size_t work_size(size_t r)
{
    return CHUNK * r + lln_triangular_work(r > CHUNK ? r : CHUNK, r);
}

/* Chunks group, group + groups, ... of the factor minus `mean`. */
static lln_status reduce_group(const factor *f, const double *mean,
                               size_t group, size_t groups, double *work,
                               double *triangle)
{
    size_t r = f->r;
    for (size_t first = group * CHUNK; first < f->rows;
         first += groups * CHUNK) {
        size_t rows = lln_size_smaller(CHUNK, f->rows - first);
        LLN_TRY(lln_threads_check_stop());
        load(f, first, rows, work);
        if (mean)
            lln_feature_sums_subtract(work, mean, rows, r);
        LLN_TRY(
            lln_triangular_append(triangle, work, rows, r, work + CHUNK * r));
        lln_rows_done += rows;
    }
    return LLN_OK;
}

/* triangle [groups x r x r], zeroed; the first becomes the triangular factor of
 * the factor minus `mean`, or of the factor itself if that is NULL. work:
 * scratch of all threads. */
static lln_status reduce(const factor *f, const double *mean, size_t groups,
                         double *work, double *triangle)
{
    size_t r = f->r, size = r * r;
    lln_failure failure = LLN_NO_FAILURE;
    lln_rows_begun += f->rows;
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t g = 0; g < groups; g++) {
        double *mine = work + (size_t)omp_get_thread_num() * work_size(r);
        lln_failure_note(
            &failure, g,
            reduce_group(f, mean, g, groups, mine, triangle + g * size));
    }
    LLN_TRY(lln_failure_report(&failure));
    for (size_t g = 1; g < groups; g++)
        LLN_TRY(
            lln_triangular_append(triangle, triangle + g * size, r, r, work));
    return LLN_OK;
}

/* Zeroed arrays of one computation. */
typedef struct {
    size_t groups; /* of the factor with more rows */
    double *work, *left, *right, *product;
    double *mean; /* [r] */
} arrays;

/* The singular values of B A', or of Bc Ac'. */
static lln_status find(const lln_attention *attention, bool centred,
                       const arrays *a, size_t count,
                       lln_singular_value *values)
{
    int r = (int)attention->rank;
    size_t size = a->groups * attention->rank * attention->rank;
    bool both = !attention->unnormalised;
    factor b = {attention, true, attention->n, attention->rank};
    factor k = {attention, false, attention->m, attention->rank};
    memset(a->left, 0, size * sizeof(double));
    memset(a->right, 0, size * sizeof(double));
    if (centred)
        LLN_TRY(find_mean(&b, a->work, a->mean));
    LLN_TRY(reduce(&b, centred ? a->mean : NULL, a->groups, a->work, a->left));
    if (centred && both)
        LLN_TRY(find_mean(&k, a->work, a->mean));
    LLN_TRY(reduce(&k, centred && both ? a->mean : NULL, a->groups, a->work,
                   a->right));
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, r, r, r, 1, a->left, r,
                a->right, r, 0, a->product, r);
    return lln_singular_matrix(a->product, attention->rank, attention->rank,
                               count, values);
}

static lln_status arrays_alloc(const lln_attention *attention, arrays *a)
{
    size_t n = attention->n, m = attention->m, r = attention->rank;
    *a = (arrays){.groups = lln_feature_sums_groups(n > m ? n : m, r)};
    a->work = lln_array_alloc((size_t)lln_threads_count() * work_size(r),
                              sizeof(double));
    a->left = lln_array_alloc(a->groups * r * r, sizeof(double));
    a->right = lln_array_alloc(a->groups * r * r, sizeof(double));
    a->product = lln_array_alloc(r * r, sizeof(double));
    a->mean = lln_array_alloc(r, sizeof(double));
    return a->work && a->left && a->right && a->product && a->mean ? LLN_OK
                                                                   : LLN_ENOMEM;
}

static void arrays_free(arrays *a)
{
    free(a->work);
    free(a->left);
    free(a->right);
    free(a->product);
    free(a->mean);
}

bool lln_singular_lowrank_applies(const lln_attention *attention)
{
    size_t least = lln_size_smaller(attention->n, attention->m);
    return attention->features && attention->rank <= SMALL_RANK &&
           4 * attention->rank <= least;
}

lln_status lln_singular_lowrank(lln_attention *attention, lln_singular *out)
{
    size_t count = lln_size_smaller(out->count, attention->rank);
    arrays a;
    lln_status status = arrays_alloc(attention, &a);
    if (status == LLN_OK)
        status = find(attention, false, &a, count, out->plain);
    if (status == LLN_OK)
        status = find(attention, true, &a, count, out->centred);
    arrays_free(&a);
    return status;
}

lln_status lln_singular_lowrank_plain(lln_attention *attention,
                                      lln_singular_value *values)
{
    arrays a;
    lln_status status = arrays_alloc(attention, &a);
    if (status == LLN_OK)
        status = find(attention, false, &a, attention->rank, values);
    arrays_free(&a);
    return status;
}

/* squares_j = |R a_j|^2 for the rows a_j of A, with the triangular factor R of
 * B; x: scratch [2 x CHUNK x r]. */
static lln_status sum_squares(const factor *f, const double *triangle,
                              double *x, double *squares)
{
    int r = (int)f->r;
    double *y = x + CHUNK * f->r;
    lln_rows_begun += f->rows;
    for (size_t first = 0; first < f->rows; first += CHUNK) {
        size_t rows = lln_size_smaller(CHUNK, f->rows - first);
        LLN_TRY(lln_threads_check_stop());
        load(f, first, rows, x);
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, r, r, 1,
                    x, r, triangle, r, 0, y, r);
        for (size_t j = 0; j < rows; j++)
            squares[first + j] =
                cblas_ddot(r, y + j * f->r, 1, y + j * f->r, 1);
        lln_rows_done += rows;
    }
    return LLN_OK;
}

lln_status lln_singular_lowrank_squares(lln_attention *attention,
                                        double *squares)
{
    factor b = {attention, true, attention->n, attention->rank};
    factor k = {attention, false, attention->m, attention->rank};
    arrays a;
    lln_status status = arrays_alloc(attention, &a);
    if (status == LLN_OK)
        status = reduce(&b, NULL, a.groups, a.work, a.left);
    if (status == LLN_OK)
        status = sum_squares(&k, a.left, a.work, squares);
    arrays_free(&a);
    return status;
}
