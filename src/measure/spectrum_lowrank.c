/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * P = B A' with features, and rows of P sum to 1. Ac and Bc are A and B minus
 * their column means. P~ = Bc A' = Bc Ac', because A differs from Ac by 1 a', a
 * = A'1/n, and B a = P 1/n is the same for all rows, so that Bc a = 0. So the
 * nonzero spectrum of P~ is that of Ac' Bc [r x r], and
 *     ||P~||_F^2 = tr[(Bc'Bc)(Ac'Ac)],
 * computed from differences, without cancellation when attention is nearly
 * uniform. Rows of unnormalised attention do not sum to 1: its spectrum is that
 * of A'B, and its norms have A in place of Ac. */
#include "measure/spectrum_lowrank.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/progress.h"
#include "core/threads.h"
#include "kernel/feature_sums.h"
#include "measure/spectrum_dense.h"

enum { CHUNK = LLN_FEATURE_SUMS_CHUNK };

/* Sums over tokens, [r x r] each and [r], of A and B minus a fixed `shift` near
 * their means. */
typedef struct {
    double *aa, *bb, *ab; /* upper triangles of aa and bb */
    double *a, *b;
} sums;

static size_t sums_size(size_t r)
{
    return 3 * r * r + 2 * r;
}

static sums sums_at(double *memory, size_t r)
{
    return (sums){memory, memory + r * r, memory + 2 * r * r,
                  memory + 3 * r * r, memory + 3 * r * r + r};
}

/* Adds tokens first .. first + rows - 1; a, b: scratch [CHUNK x r]. */
static void add_chunk(const lln_attention *attention, size_t first, size_t rows,
                      const double *shift_a, const double *shift_b, double *a,
                      double *b, sums to)
{
    size_t rank = attention->rank;
    int r = (int)rank, count = (int)rows;
    attention->features(attention, first, rows, b, a);
    lln_feature_sums_subtract(a, shift_a, rows, rank);
    lln_feature_sums_subtract(b, shift_b, rows, rank);
    lln_feature_sums_add(a, rows, rank, to.a);
    lln_feature_sums_add(b, rows, rank, to.b);
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, r, count, 1, a, r, 1,
                to.aa, r);
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, r, count, 1, b, r, 1,
                to.bb, r);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, r, r, count, 1, a, r,
                b, r, 1, to.ab, r);
}

/* Mean rows of A and B over the first tokens: mean [2r]; scratch: a, b [CHUNK x
 * r]. */
static void guess_means(const lln_attention *attention, double *a, double *b,
                        double *mean)
{
    size_t r = attention->rank;
    size_t rows = attention->n < CHUNK ? attention->n : CHUNK;
    attention->features(attention, 0, rows, b, a);
    lln_feature_sums_add(a, rows, r, mean);
    lln_feature_sums_add(b, rows, r, mean + r);
    for (size_t l = 0; l < 2 * r; l++)
        mean[l] /= (double)rows;
}

/* Adds chunks group, group + groups, ... */
static void add_group(const lln_attention *attention, size_t group,
                      size_t groups, const double *shift_a,
                      const double *shift_b, double *scratch, sums to)
{
    size_t n = attention->n, r = attention->rank;
    for (size_t first = group * CHUNK; first < n && !lln_stop_requested;
         first += groups * CHUNK) {
        size_t rows = n - first < CHUNK ? n - first : CHUNK;
        add_chunk(attention, first, rows, shift_a, shift_b, scratch,
                  scratch + CHUNK * r, to);
        lln_rows_done += rows;
    }
}

/* Adds the sums of all groups to those of group 0. memory: sums of all groups;
 * shift: [2r]; scratch: [threads x 2 CHUNK r]. */
static void add_groups(const lln_attention *attention, size_t groups,
                       double *memory, double *shift, double *scratch,
                       int threads)
{
    size_t r = attention->rank, size = sums_size(r);
    lln_rows_begun += attention->n;
    if (!attention->unnormalised)
        guess_means(attention, scratch, scratch + CHUNK * r, shift);
#pragma omp parallel num_threads(threads)
    {
        double *mine = scratch + (size_t)omp_get_thread_num() * 2 * CHUNK * r;
#pragma omp for schedule(dynamic, 1)
        for (size_t g = 0; g < groups; g++)
            add_group(attention, g, groups, shift, shift + r, mine,
                      sums_at(memory + g * size, r));
    }
    for (size_t g = 1; g < groups; g++)
        for (size_t l = 0; l < size; l++)
            memory[l] += memory[g * size + l];
}

/* Converts sums about the guessed means s, t to sums about the means, sum (a -
 * s)(b - t)' - n (mean a - s)(mean b - t)'; for unnormalised attention only in
 * B. Completes the triangles. */
static void centre_sums(size_t n, size_t r, bool unnormalised, sums s)
{
    for (size_t l = 0; l < r && unnormalised; l++)
        s.a[l] = 0;
    for (size_t k = 0; k < r; k++)
        for (size_t l = 0; l < r; l++) {
            s.ab[k * r + l] -= s.a[k] * s.b[l] / (double)n;
            if (l < k)
                continue;
            s.aa[k * r + l] -= s.a[k] * s.a[l] / (double)n;
            s.bb[k * r + l] -= s.b[k] * s.b[l] / (double)n;
            s.aa[l * r + k] = s.aa[k * r + l];
            s.bb[l * r + k] = s.bb[k * r + l];
        }
}

/* With aa = V diag(w) V': centered_sigma1^2 is the largest eigenvalue of
 * diag(w)^1/2 V' bb V diag(w)^1/2. Overwrites aa and bb. Scratch: w [r],
 * product [r x r]. */
static lln_status largest_singular(size_t rank, sums s, double *w,
                                   double *product, double *centered_sigma1)
{
    lapack_int r = (lapack_int)rank;
    LLN_TRY(
        lln_spectrum_lapack("dsyev", (int)LAPACKE_dsyev(LAPACK_COL_MAJOR, 'V',
                                                        'U', r, s.aa, r, w)));
    for (size_t k = 0; k < rank; k++) /* row k of aa is eigenvector k */
        cblas_dscal(r, sqrt(fmax(w[k], 0)), s.aa + k * rank, 1);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, r, r, r, 1, s.aa, r,
                s.bb, r, 0, product, r);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, r, r, r, 1, product, r,
                s.aa, r, 0, s.bb, r);
    LLN_TRY(
        lln_spectrum_lapack("dsyev", (int)LAPACKE_dsyev(LAPACK_COL_MAJOR, 'N',
                                                        'U', r, s.bb, r, w)));
    *centered_sigma1 = sqrt(fmax(w[rank - 1], 0));
    return LLN_OK;
}

static lln_status conclude_spectrum(const lln_attention *attention,
                                    bool want_norms, sums s, double *scratch,
                                    lln_spectrum *out)
{
    size_t r = attention->rank;
    centre_sums(attention->n, r, attention->unnormalised, s);
    /* Features are computed in float64 whatever the precision. */
    lln_attention full = *attention;
    full.precision = LLN_FLOAT64;
    lln_square square = {s.ab, r, false,
                         lln_spectrum_rounding(&full, LLN_FLOAT64)};
    LLN_TRY(lln_spectrum_matrix(&square, out));
    if (!want_norms)
        return LLN_OK;
    double norm = cblas_ddot((int)(r * r), s.aa, 1, s.bb, 1);
    out->unbiased_norm = sqrt(fmax(norm, 0));
    return largest_singular(r, s, scratch, s.ab, &out->centered_sigma1);
}

lln_status lln_spectrum_lowrank(lln_attention *attention,
                                const lln_spectrum_options *options,
                                lln_spectrum *out)
{
    size_t r = attention->rank,
           groups = lln_feature_sums_groups(attention->n, r), size;
    int threads = lln_threads_count();
    LLN_TRY(lln_size_multiply(groups, sums_size(r), &size));
    double *memory = lln_array_alloc(size, sizeof *memory);
    double *shift = lln_array_alloc(2 * r, sizeof *shift);
    double *scratch =
        lln_array_alloc((size_t)threads * 2 * CHUNK * r, sizeof *scratch);
    lln_status status = LLN_ENOMEM;
    if (memory && shift && scratch) {
        add_groups(attention, groups, memory, shift, scratch, threads);
        status = lln_threads_check_stop();
    }
    if (status == LLN_OK)
        status = conclude_spectrum(attention, options->norms,
                                   sums_at(memory, r), scratch, out);
    free(memory);
    free(shift);
    free(scratch);
    return status;
}
