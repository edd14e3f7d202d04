/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Nystrom attention. The landmarks q~, k~ are the means of consecutive segments
 * of queries and keys:
 *     P = softmax(scale Q k~') Z softmax(scale q~ K').
 * Z is the pseudo-inverse of softmax(scale q~ k~'), or the result of a few
 * steps of an iteration towards it, which is not the same. Only without a
 * mask. */
#include <cblas.h>
#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "kernel/features/features.h"
#include "kernel/logits.h"
#include "kernel/row_math.h"

enum { MOST_LANDMARKS = 1024, MOST_STEPS = 1000, CHUNK = 512 };

enum { ITERATE, PINV };
static const char *const INVERSES[] = {"iterate", "pinv", NULL};

typedef struct {
    double *q, *k; /* landmarks [r x d] */
    double *norm;  /* [r] ln sum_j exp(scale q~.k_j) */
    double *z;     /* [r x r] */
    double *memory;
} nystrom;

static void nystrom_release(void *state)
{
    free(((nystrom *)state)->memory);
}

/* Queries: softmax(scale q k~') Z. Keys: columns of softmax(scale q~ K'). */
static void fill_nystrom_features(const lln_features *f, lln_role side,
                                  size_t first, size_t count, double *out)
{
    const nystrom *state = f->state;
    size_t r = f->rank;
    double row[MOST_LANDMARKS];
    const double *x = lln_features_tokens(f, side, first);
    lln_logits_rows(&f->rule, NULL, x, count,
                    side == LLN_QUERIES ? state->k : state->q, r, f->d, r, out);
    for (size_t i = 0; i < count; i++, out += r) {
        if (side == LLN_KEYS) {
            for (size_t l = 0; l < r; l++)
                out[l] = exp(out[l] - state->norm[l]);
            continue;
        }
        lln_row_softmax(out, r);
        memcpy(row, out, r * sizeof *row);
        cblas_dgemv(CblasRowMajor, CblasTrans, (int)r, (int)r, 1, state->z,
                    (int)r, row, 1, 0, out, 1);
    }
}

/* Means [r x d] of r segments of rows. */
static void average(const double *x, size_t rows, size_t d, size_t r,
                    double *means)
{
    size_t segment = rows / r;
    for (size_t l = 0; l < r; l++)
        for (size_t i = 0; i < segment; i++)
            for (size_t c = 0; c < d; c++)
                means[l * d + c] +=
                    x[(l * segment + i) * d + c] / (double)segment;
}

/* ln sum_j exp(scale q~.k_j) of one landmark. The sum is not taken by BLAS,
 * whose result would depend on the alignment of the scores. */
static double log_norm(const lln_features *f, const double *landmark)
{
    double scores[CHUNK], sum = -INFINITY;
    for (size_t j = 0; j < f->m; j += CHUNK) {
        size_t count = f->m - j < CHUNK ? f->m - j : CHUNK;
        lln_logits_rows(&f->rule, NULL, landmark, 1, f->k + j * f->d, count,
                        f->d, count, scores);
        double top = lln_row_max(scores, count);
        lln_row_exp(scores, count, top, 0);
        double part = lln_row_sum(scores, count);
        sum = lln_log_add(sum, top + log(part));
    }
    return sum;
}

/* out = diagonal I - a b, all [r x r]. */
static void step_product(size_t r, double diagonal, const double *a,
                         const double *b, double *out)
{
    int n = (int)r;
    memset(out, 0, r * r * sizeof *out);
    for (size_t l = 0; l < r; l++)
        out[l * r + l] = diagonal;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, -1, a, n, b,
                n, 1, out, n);
}

/* Iterates Z = Z (13 I - AZ (15 I - AZ (7 I - AZ)))/4. It starts from A'
 * divided by the largest sum of a column of A. a: [r x r], scratch: [3 r x r].
 * LLN_EINTERRUPTED. */
static lln_status iterate(size_t r, size_t steps, const double *a,
                          double *scratch, double *z)
{
    int n = (int)r;
    double *az = scratch, *inner = az + r * r, *outer = inner + r * r, top = 0;
    for (size_t c = 0; c < r; c++)
        top = fmax(top, cblas_dasum(n, a + c, n));
    for (size_t l = 0; l < r * r; l++)
        z[l] = a[l % r * r + l / r] / top;
    for (size_t s = 0; s < steps; s++) {
        LLN_TRY(lln_threads_check_stop());
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a, n,
                    z, n, 0, az, n);
        memcpy(outer, az, r * r * sizeof *az);
        cblas_dscal(n * n, -1, outer, 1);
        for (size_t l = 0; l < r; l++)
            outer[l * r + l] += 7;
        step_product(r, 15, az, outer, inner);
        step_product(r, 13, az, inner, outer);
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 0.25, z,
                    n, outer, n, 0, inner, n);
        memcpy(z, inner, r * r * sizeof *z);
    }
    return LLN_OK;
}

/* Z = V S^+ U' of A = U S V'. Singular values below r DBL_EPSILON of the
 * largest are treated as 0. Overwrites a; scratch: [2 r x r + r]. */
static lln_status invert(size_t r, double *a, double *scratch, double *z)
{
    lapack_int n = (lapack_int)r;
    double *u = scratch, *vt = u + r * r, *s = vt + r * r;
    if (LAPACKE_dgesdd(LAPACK_ROW_MAJOR, 'A', n, n, a, n, s, u, n, vt, n) != 0)
        return lln_fail(LLN_ENOCONV, "dgesdd: no convergence");
    double least = s[0] * (double)r * DBL_EPSILON;
    for (size_t l = 0; l < r; l++) /* row l of vt becomes v_l / s_l */
        cblas_dscal(n, s[l] > least ? 1 / s[l] : 0, vt + l * r, 1);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasTrans, n, n, n, 1, vt, n, u, n,
                0, z, n);
    return LLN_OK;
}

/* Computes Z; scratch: [4 r x r]. */
static lln_status find_middle(lln_features *f, size_t inverse, size_t steps,
                              double *scratch)
{
    nystrom *state = f->state;
    size_t r = f->rank;
    double *a = scratch;
    lln_logits_rows(&f->rule, NULL, state->q, r, state->k, r, f->d, r, a);
    for (size_t l = 0; l < r; l++)
        lln_row_softmax(a + l * r, r);
    if (inverse == PINV)
        return invert(r, a, scratch + r * r, state->z);
    return iterate(r, steps, a, scratch + r * r, state->z);
}

static lln_status prepare(lln_features *f, size_t inverse, size_t steps)
{
    nystrom *state = f->state;
    size_t r = f->rank, d = f->d;
    /* With one landmark, the singular values need + r. */
    double *scratch = lln_array_alloc_raw(4 * r * r + r, sizeof *scratch);
    state->memory =
        lln_array_alloc(2 * r * d + r + r * r, sizeof *state->memory);
    if (!scratch || !state->memory) {
        free(scratch);
        return LLN_ENOMEM;
    }
    state->q = state->memory;
    state->k = state->q + r * d;
    state->norm = state->k + r * d;
    state->z = state->norm + r;
    average(f->q, f->n, d, r, state->q);
    average(f->k, f->m, d, r, state->k);
#pragma omp parallel for schedule(static)
    for (size_t l = 0; l < r; l++)
        if (!lln_stop_requested)
            state->norm[l] = log_norm(f, state->q + l * d);
    lln_status status = lln_threads_check_stop();
    if (status == LLN_OK)
        status = find_middle(f, inverse, steps, scratch);
    free(scratch);
    return status;
}

static lln_status check_segments(const lln_kernel_choice *choice,
                                 const lln_head *head, size_t landmarks)
{
    size_t n = head->q.rows, m = head->k.rows;
    if (n % landmarks == 0 && m % landmarks == 0)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "kernel '%s': %zu queries and %zu keys; expected multiples "
                    "of landmarks=%zu",
                    choice->text, n, m, landmarks);
}

static lln_status nystrom_open(const lln_kernel_choice *choice,
                               const lln_head *head, lln_attention *attention)
{
    lln_features *f;
    size_t landmarks, steps, inverse;
    LLN_TRY(lln_kernel_count(choice, "landmarks", &landmarks));
    LLN_TRY(lln_kernel_count(choice, "iterations", &steps));
    LLN_TRY(lln_kernel_word(choice, "inverse", &inverse));
    LLN_TRY(check_segments(choice, head, landmarks));
    LLN_TRY(lln_features_new(choice, head, sizeof(nystrom), &f));
    f->rank = landmarks;
    f->fill = fill_nystrom_features;
    f->release = nystrom_release;
    lln_status status = prepare(f, inverse, steps);
    if (status == LLN_OK)
        return lln_features_open(f, attention);
    lln_features_free(f);
    return status;
}

const lln_kernel lln_kernel_nystrom = {
    .name = "nystrom",
    .summary = "softmax approximated with landmarks, the means of segments",
    .reference = "Xiong et al. 2021",
    .rank = "landmarks",
    .properties = LLN_KERNEL_SIGNED,
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_SCALE,
    .parameters = {{"landmarks",
                    "number of landmarks; it must divide the number of tokens",
                    "64",
                    {1, MOST_LANDMARKS, true}},
                   {"inverse", "inverse of the middle matrix: iterate or pinv",
                    "iterate", .words = INVERSES},
                   {"iterations",
                    "steps of inverse=iterate",
                    "6",
                    {0, MOST_STEPS, true}}},
    .open = nystrom_open,
};
