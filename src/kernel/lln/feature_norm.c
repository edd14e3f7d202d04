/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two passes over each factor: one for its mean, one for squares about it. */
#include "kernel/lln/feature_norm.h"

#include <cblas.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "kernel/feature_sums.h"

enum { CHUNK = LLN_FEATURE_SUMS_CHUNK };

/* One factor of P. */
typedef struct {
    const lln_attention *attention;
    bool left; /* true: B, false: A */
    size_t rows;
    const double *mean; /* [r] means of the columns; NULL: not yet known */
} factor;

/* sum [r x r] += x'x, lower triangle, for x minus the mean. */
static void add_squares(const factor *f, double *x, size_t rows, double *sum)
{
    int r = (int)f->attention->rank;
    lln_feature_sums_subtract(x, f->mean, rows, f->attention->rank);
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, r, (int)rows, 1, x, r, 1,
                sum, r);
}

/* Adds rows first .. end - 1; x: scratch [CHUNK x r]. */
static void add_group(const factor *f, size_t first, size_t end, double *x,
                      double *sum)
{
    for (size_t at = first; at < end; at += CHUNK) {
        size_t rows = end - at < CHUNK ? end - at : CHUNK;
        f->attention->features(f->attention, at, rows, f->left ? x : NULL,
                               f->left ? NULL : x);
        if (f->mean)
            add_squares(f, x, rows, sum);
        else
            lln_feature_sums_add(x, rows, f->attention->rank, sum);
    }
}

/* out [size] = sums over all rows, of the rows or of squares. */
static lln_status add_up(const factor *f, size_t size, double *out)
{
    size_t groups = lln_feature_sums_groups(f->rows, f->attention->rank);
    size_t scratch = CHUNK * f->attention->rank;
    size_t threads = (size_t)lln_threads_count();
    double *sums =
        lln_array_alloc(groups * size + threads * scratch, sizeof *sums);
    if (!sums)
        return LLN_ENOMEM;
    double *x = sums + groups * size;
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t g = 0; g < groups; g++)
        add_group(f, f->rows * g / groups, f->rows * (g + 1) / groups,
                  x + (size_t)omp_get_thread_num() * scratch, sums + g * size);
    memset(out, 0, size * sizeof *out);
    for (size_t g = 0; g < groups; g++)
        for (size_t l = 0; l < size; l++)
            out[l] += sums[g * size + l];
    free(sums);
    return LLN_OK;
}

/* out [r x r] = x'x, lower triangle, for x minus its column means or, if not
 * centred, for x itself; mean: scratch [r]. */
static lln_status gram(factor f, bool centred, double *mean, double *out)
{
    size_t r = f.attention->rank;
    memset(mean, 0, r * sizeof *mean);
    if (centred)
        LLN_TRY(add_up(&f, r, mean));
    for (size_t l = 0; l < r; l++)
        mean[l] /= (double)f.rows;
    f.mean = mean;
    return add_up(&f, r * r, out);
}

lln_status lln_feature_norm(const lln_attention *attention, double *norm)
{
    size_t r = attention->rank;
    double *bb = lln_array_alloc(2 * r * r + r, sizeof *bb);
    if (!bb)
        return LLN_ENOMEM;
    double *aa = bb + r * r, *mean = aa + r * r, square = 0;
    factor b = {attention, true, attention->n, NULL};
    factor a = {attention, false, attention->m, NULL};
    lln_status status = gram(b, true, mean, bb);
    if (status == LLN_OK)
        status = gram(a, !attention->unnormalised, mean, aa);
    for (size_t k = 0; k < r; k++)
        for (size_t l = 0; l <= k; l++)
            square += (l < k ? 2 : 1) * bb[k * r + l] * aa[k * r + l];
    free(bb);
    *norm = sqrt(fmax(square, 0));
    return status;
}
