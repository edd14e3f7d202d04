/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LAPACK reads the transpose of the scaled block: its left eigenvectors are the
 * right ones of the block, except for the sign of the imaginary part. */
#include "measure/spectrum_irreducible.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "measure/spectrum_internal.h"
#include "measure/spectrum_scaling.h"

/* This many eigenvalues beyond the wanted ones are judged too: they may be
 * larger. */
enum { SPARE = 3 };

/* If a stochastic block minus 1 p' has a norm below this, it is decomposed in
 * this form, so that small eigenvalues are accurate. Above it, zeros and
 * scaling matter more. */
static const double NEARLY_CONSTANT = 0.5;

/* If the doubt about the first eigenvalue is smaller, no other scaling is
 * tried. */
static const double SURE = 1e-9;

/* Copies of a multiple eigenvalue are found at most this far apart, relative to
 * the norm. */
static const double COPY = 1e-4;

typedef enum { STATIONARY, TROPICAL } scaling;

typedef struct {
    const lln_block *block;
    size_t n;
    double *scaled, *other;     /* [n x n] each */
    double *exponent, *p, *tau; /* [n] each */
    double *re, *im;            /* [n] each */
    double *left, *right, *y;   /* [2 n] each */
    lapack_logical *select;     /* [n] */
    lln_eigenvalue *values;     /* [n] */
    bool constant;              /* 1 p' has been subtracted */
    double norm;                /* of the scaled block */
    double size;                /* upper bound of the eigenvalues except 1 */
} problem;

static void problem_free(problem *s)
{
    free(s->exponent);
    free(s->select);
    free(s->values);
}

static lln_status problem_alloc(const lln_block *block, double *work,
                                problem *s)
{
    size_t n = block->order;
    *s = (problem){.block = block,
                   .n = n,
                   .scaled = work,
                   .other = work + n * n,
                   .exponent = lln_array_alloc(11 * n, sizeof(double)),
                   .select = lln_array_alloc(n, sizeof *s->select),
                   .values = lln_array_alloc(n, sizeof *s->values)};
    if (!s->exponent || !s->select || !s->values) {
        problem_free(s);
        return LLN_ENOMEM;
    }
    double **arrays[] = {&s->p, &s->tau, &s->re, &s->im};
    for (size_t i = 0; i < 4; i++)
        *arrays[i] = s->exponent + (i + 1) * n;
    s->left = s->exponent + 5 * n;
    s->right = s->left + 2 * n;
    s->y = s->right + 2 * n;
    return LLN_OK;
}

/* The block scaled by `exponent`, minus 1 p' if `constant`. */
static void fill(const problem *s, bool constant, double *out)
{
    size_t n = s->n;
    const lln_block *block = s->block;
    for (size_t i = 0; i < n; i++) {
        const double *row = block->matrix + block->members[i] * block->columns;
        for (size_t j = 0; j < n; j++)
            out[i * n + j] = row[block->members[j]] - (constant ? s->p[j] : 0);
    }
    lln_scaling_apply(out, n, s->exponent);
}

/* sqrt(|B|_1 |B|_inf) >= |B|_2; sums: scratch [n]. */
static double norm_of(const double *b, size_t n, double *sums)
{
    double rows = 0, columns = 0;
    memset(sums, 0, n * sizeof *sums);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++) {
            sum += fabs(b[i * n + j]);
            sums[j] += fabs(b[i * n + j]);
        }
        rows = fmax(rows, sum);
    }
    for (size_t j = 0; j < n; j++)
        columns = fmax(columns, sums[j]);
    return sqrt(rows * columns);
}

/* Scales by the stationary distribution. Returns false if that is not found. */
static bool scale_stationary(problem *s)
{
    fill(s, false, s->scaled);
    if (!lln_scaling_stationary(s->scaled, s->n, s->p, s->exponent))
        return false;
    if (s->block->stochastic) {
        fill(s, true, s->scaled);
        s->size = cblas_dnrm2((int)(s->n * s->n), s->scaled, 1);
        s->constant = s->size < NEARLY_CONSTANT;
    }
    if (!s->constant)
        fill(s, false, s->scaled);
    return true;
}

static lln_status scale_tropical(problem *s)
{
    memset(s->exponent, 0, s->n * sizeof *s->exponent);
    fill(s, false, s->scaled);
    LLN_TRY(lln_scaling_tropical(s->scaled, s->n, s->other, s->exponent));
    lln_scaling_apply(s->scaled, s->n, s->exponent);
    return LLN_OK;
}

/* Computes s->scaled. LLN_ENOCONV: this scaling is not found. */
static lln_status scale_block(problem *s, scaling how)
{
    s->constant = false;
    memset(s->exponent, 0, s->n * sizeof *s->exponent);
    if (how == TROPICAL)
        LLN_TRY(scale_tropical(s));
    else if (!scale_stationary(s))
        return LLN_ENOCONV;
    s->norm = 1;
    if (s->constant)
        return LLN_OK;
    lln_scaling_balance(s->scaled, s->n, s->exponent);
    s->norm = norm_of(s->scaled, s->n, s->tau);
    return LLN_OK;
}

/* Computes the Hessenberg form, with its reflectors, in s->scaled, and the
 * eigenvalues in s->re and s->im. */
static lln_status find_values(problem *s)
{
    lapack_int n = (lapack_int)s->n;
    lapack_int info =
        LAPACKE_dgehrd(LAPACK_COL_MAJOR, n, 1, n, s->scaled, n, s->tau);
    LLN_TRY(lln_spectrum_lapack("dgehrd", (int)info));
    memcpy(s->other, s->scaled, s->n * s->n * sizeof *s->other);
    info = LAPACKE_dhseqr(LAPACK_COL_MAJOR, 'E', 'N', n, 1, n, s->other, n,
                          s->re, s->im, NULL, 1);
    return lln_spectrum_lapack("dhseqr", (int)info);
}

/* The index of the eigenvalue of a stochastic block that is left out: 1 or, if
 * 1 p' has been subtracted, 0. If it is multiple, rounding can make pairs of
 * its copies; of a pair, the member with im < 0 is left out. */
static size_t index_of_known(const problem *s)
{
    size_t best = 0;
    double known = s->constant ? 0 : 1, least = INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        double distance = hypot(s->re[i] - known, s->im[i]);
        if (distance <= least) {
            least = distance;
            best = i;
        }
    }
    return best;
}

/* Left and right eigenvectors of the Hessenberg form for eigenvalue `index`,
 * which is the first of a pair: [n] each, for a pair [2 n]. Returns false if
 * not found. */
static bool find_vectors(problem *s, size_t index)
{
    lapack_int n = (lapack_int)s->n, found, failed[4] = {0};
    bool pair = s->im[index] != 0;
    memset(s->select, 0, s->n * sizeof *s->select);
    s->select[index] = 1;
    lapack_int info =
        LAPACKE_dhsein(LAPACK_COL_MAJOR, 'B', 'N', 'N', s->select, n, s->scaled,
                       n, s->re, s->im, s->left, n, s->right, n, pair ? 2 : 1,
                       &found, failed, failed + 2);
    return info == 0;
}

/* The residual of the right eigenvector of the block, by a product with it. */
static double residual(problem *s, size_t index, bool pair)
{
    lapack_int n = (lapack_int)s->n;
    double *x = s->left, *y = s->y;
    LAPACKE_dormhr(LAPACK_COL_MAJOR, 'L', 'N', n, pair ? 2 : 1, 1, n, s->scaled,
                   n, s->tau, x, n);
    for (int part = 0; part < 1 + pair; part++)
        cblas_dgemv(CblasRowMajor, CblasNoTrans, n, n, 1, s->other, n,
                    x + part * n, 1, 0, y + part * n, 1);
    /* x[0 .. n-1] - i x[n .. 2n-1] belongs to the member with im > 0. */
    lln_eigenvalue lambda = {.re = s->re[index], .im = -fabs(s->im[index])};
    return lln_spectrum_residual(lambda, s->n, x, pair ? x + n : NULL, y,
                                 pair ? y + n : NULL);
}

/* Residual, condition and bound of eigenvalue `index`; s->other is the scaled
 * block. */
static void judge(problem *s, size_t index, lln_eigenvalue *value)
{
    bool pair = s->im[index] != 0;
    value->condition = value->bound = INFINITY;
    value->residual = NAN;
    if (find_vectors(s, s->im[index] < 0 ? index - 1 : index)) {
        value->condition =
            lln_spectrum_condition(s->n, pair, s->left, s->right);
        value->residual = residual(s, index, pair);
        value->bound =
            value->condition * (s->block->rounding * s->norm + value->residual);
    }
    if (s->constant)
        value->bound = fmin(value->bound, s->size);
}

/* The index of the nearest eigenvalue in s->re and s->im. */
static size_t nearest(const problem *s, const lln_eigenvalue *value)
{
    size_t best = 0;
    double least = INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        double distance = hypot(s->re[i] - value->re, s->im[i] - value->im);
        if (distance < least) {
            least = distance;
            best = i;
        }
    }
    return best;
}

/* Computes the condition from the Schur form in s->other. */
static lln_status judge_in_schur_form(problem *s, lln_eigenvalue *value)
{
    lapack_int n = (lapack_int)s->n, found;
    size_t index = nearest(s, value);
    bool pair = s->im[index] != 0;
    memset(s->select, 0, s->n * sizeof *s->select);
    s->select[s->im[index] < 0 ? index - 1 : index] = 1;
    lapack_int info =
        LAPACKE_dtrevc(LAPACK_COL_MAJOR, 'B', 'S', s->select, n, s->other, n,
                       s->left, n, s->right, n, pair ? 2 : 1, &found);
    LLN_TRY(lln_spectrum_lapack("dtrevc", (int)info));
    double condition = lln_spectrum_condition(s->n, pair, s->left, s->right);
    if (condition < value->condition) {
        value->condition = condition;
        value->bound =
            condition * (s->block->rounding * s->norm + value->residual);
    }
    return LLN_OK;
}

/* Whether another eigenvalue is so near that both may be one in P. */
static bool has_copy(const problem *s, size_t index)
{
    for (size_t i = 0; i < s->n; i++) {
        bool conjugate = s->re[i] == s->re[index] && s->im[i] == -s->im[index];
        double distance =
            hypot(s->re[i] - s->re[index], s->im[i] - s->im[index]);
        if (i != index && !(conjugate && s->im[i] != 0) &&
            distance <= COPY * s->norm)
            return true;
    }
    return false;
}

/* Whether a doubtful one of the judged eigenvalues may be multiple. */
static bool has_copies(const problem *s, size_t judged, const size_t *which)
{
    for (size_t i = 0; i < judged; i++)
        if (s->values[i].bound > SURE && has_copy(s, which[i]))
            return true;
    return false;
}

/* For a multiple eigenvalue, inverse iteration may find a left vector of one
 * copy and a right vector of another, from which the condition cannot be
 * computed. The vectors of a Schur form belong together. Overwrites
 * s->other. */
static lln_status judge_multiple(problem *s, size_t judged)
{
    lapack_int n = (lapack_int)s->n;
    memcpy(s->other, s->scaled, s->n * s->n * sizeof *s->other);
    lapack_int info = LAPACKE_dhseqr(LAPACK_COL_MAJOR, 'S', 'N', n, 1, n,
                                     s->other, n, s->re, s->im, NULL, 1);
    LLN_TRY(lln_spectrum_lapack("dhseqr", (int)info));
    for (size_t i = 0; i < s->n; i++) /* the reflectors are below */
        for (size_t j = i + 2; j < s->n; j++)
            s->other[i * s->n + j] = 0;
    for (size_t i = 0; i < judged; i++)
        if (isfinite(s->values[i].bound) && s->values[i].bound > SURE)
            LLN_TRY(judge_in_schur_form(s, &s->values[i]));
    return LLN_OK;
}

/* The larger modulus comes first, ties by larger real, then imaginary part. */
static void sort_values(problem *s, size_t *which)
{
    size_t known = s->block->stochastic ? index_of_known(s) : s->n, count = 0;
    for (size_t i = 0; i < s->n; i++)
        if (i != known)
            s->values[count++] =
                (lln_eigenvalue){.modulus = hypot(s->re[i], s->im[i]),
                                 .re = s->re[i],
                                 .im = s->im[i],
                                 .residual = (double)i,
                                 .condition = INFINITY,
                                 .bound = INFINITY};
    lln_eigenvalues_sort(s->values, count);
    for (size_t i = 0; i < count; i++) {
        which[i] = (size_t)s->values[i].residual;
        s->values[i].residual = NAN;
    }
}

/* Computes s->values with one scaling. */
static lln_status solve(problem *s, scaling how, size_t wanted, size_t *which,
                        double *left)
{
    size_t count = s->n - s->block->stochastic;
    size_t judged = lln_size_smaller(count, wanted + SPARE);
    LLN_TRY(scale_block(s, how));
    LLN_TRY(find_values(s));
    sort_values(s, which);
    fill(s, s->constant, s->other);
    for (size_t i = 0; i < judged; i++)
        judge(s, which[i], &s->values[i]);
    if (has_copies(s, judged, which))
        LLN_TRY(judge_multiple(s, judged));
    *left = lln_eigenvalues_doubt(s->values, judged);
    return LLN_OK;
}

/* Tries the second scaling if the first leaves doubt. */
static lln_status try_scalings(problem *s, size_t wanted, size_t *which,
                               lln_eigenvalue *values)
{
    size_t size = (s->n - s->block->stochastic) * sizeof *values;
    double first = INFINITY, second;
    lln_status status = solve(s, STATIONARY, wanted, which, &first);
    if (status == LLN_OK)
        memcpy(values, s->values, size);
    if (status != LLN_OK && status != LLN_ENOCONV)
        return status;
    if (first <= SURE)
        return LLN_OK;
    bool found = status == LLN_OK;
    status = solve(s, TROPICAL, wanted, which, &second);
    if (status == LLN_OK && (!found || second < first))
        memcpy(values, s->values, size);
    return found && status == LLN_ENOCONV ? LLN_OK : status;
}

lln_status lln_block_eigenvalues(const lln_block *block, size_t wanted,
                                 double *work, lln_eigenvalue *values)
{
    problem s;
    double only = block->matrix[block->members[0] * (block->columns + 1)];
    if (block->order == 1) {
        if (!block->stochastic)
            values[0] = (lln_eigenvalue){
                fabs(only), only, 0, 0, 1, block->rounding * fabs(only)};
        return LLN_OK;
    }
    size_t *which = lln_array_alloc(block->order, sizeof *which);
    if (!which)
        return LLN_ENOMEM;
    lln_status status = problem_alloc(block, work, &s);
    if (status == LLN_OK) {
        status = try_scalings(&s, wanted, which, values);
        problem_free(&s);
    }
    free(which);
    return status;
}
