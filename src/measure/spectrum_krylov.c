/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The space is in spectrum_krylov_space.h. T is full in columns that were
 * multiplied, and a Schur form after a restart. */
#include "measure/spectrum_krylov.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "measure/spectrum_internal.h"
#include "measure/spectrum_krylov_space.h"

enum {
    CHUNK = 64,        /* rows of V that are transformed at a time */
    LEAST_RESTARTS = 3 /* before the rate of convergence is judged */
};

static const double GUARD = 1e-3; /* relative residual of guards */

typedef lln_krylov_space krylov;

static void krylov_free(krylov *k)
{
    free(k->memory);
    free(k->sorted);
}

static lln_status krylov_alloc(const lln_krylov *problem, krylov *k)
{
    size_t n = problem->n, b = problem->block, width = problem->basis;
    *k = (krylov){.problem = problem, .n = n, .b = b, .width = width};
    struct {
        double **array;
        size_t size;
    } parts[] = {{&k->v, n * width},
                 {&k->h, width * width},
                 {&k->x, n * b},
                 {&k->y, n * b},
                 {&k->c, width * b},
                 {&k->column, n},
                 {&k->t, width * width},
                 {&k->q, width * width},
                 {&k->left, width * width},
                 {&k->right, width * width},
                 {&k->s, width * b},
                 {&k->re, width},
                 {&k->im, width}};
    size_t total = 0, count = sizeof parts / sizeof parts[0];
    for (size_t i = 0; i < count; i++)
        total += (parts[i].size + 7) / 8 * 8;
    k->memory = lln_array_alloc(total, sizeof *k->memory);
    k->sorted = lln_array_alloc(width, sizeof *k->sorted);
    if (!k->memory || !k->sorted) {
        krylov_free(k);
        return LLN_ENOMEM;
    }
    double *next = k->memory;
    for (size_t i = 0; i < count; i++) {
        *parts[i].array = next;
        next += (parts[i].size + 7) / 8 * 8;
    }
    return LLN_OK;
}

/* s = S q */
static void turn_coupling(krylov *k)
{
    int used = (int)k->used;
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)k->b, used,
                used, 1, k->h + used, (int)k->width, k->q, used, 0, k->s,
                (int)k->b);
}

/* Computes the Schur form, its eigenvalues by modulus, and its eigenvectors. */
static lln_status decompose(krylov *k)
{
    lapack_int used = (lapack_int)k->used, none, found;
    for (size_t j = 0; j < k->used; j++)
        memcpy(k->t + j * k->used, k->h + j * k->width, k->used * sizeof *k->t);
    lapack_int info =
        LAPACKE_dgees(LAPACK_COL_MAJOR, 'V', 'N', NULL, used, k->t, used, &none,
                      k->re, k->im, k->q, used);
    LLN_TRY(lln_spectrum_lapack("dgees", (int)info));
    for (size_t i = 0; i < k->used; i++)
        k->sorted[i] = (lln_eigenvalue){.modulus = hypot(k->re[i], k->im[i]),
                                        .re = k->re[i],
                                        .im = k->im[i],
                                        .residual = (double)i};
    lln_eigenvalues_sort(k->sorted, k->used);
    turn_coupling(k);
    info = LAPACKE_dtrevc(LAPACK_COL_MAJOR, 'B', 'A', NULL, used, k->t, used,
                          k->left, used, k->right, used, used, &found);
    return lln_spectrum_lapack("dtrevc", (int)info);
}

/* The first column of the eigenvectors of the eigenvalue with that rank. */
static size_t column_of(const krylov *k, size_t rank)
{
    size_t index = (size_t)k->sorted[rank].residual;
    return k->im[index] < 0 ? index - 1 : index;
}

/* ||S x|| / ||x|| */
static double estimate(const krylov *k, size_t rank)
{
    size_t used = k->used, first = column_of(k, rank);
    int parts = k->im[first] != 0 ? 2 : 1;
    const double *x = k->right + first * used;
    double sum = 0;
    for (int part = 0; part < parts; part++)
        for (size_t r = 0; r < k->b; r++) {
            double dot = cblas_ddot((int)used, k->s + r, (int)k->b,
                                    x + (size_t)part * used, 1);
            sum += dot * dot;
        }
    return sqrt(sum) / cblas_dnrm2(parts * (int)used, x, 1);
}

static bool converged(const krylov *k)
{
    const lln_krylov *p = k->problem;
    size_t most = lln_size_smaller(p->wanted + p->guard, k->used);
    if (k->used < lln_size_smaller(p->wanted, p->n))
        return false;
    double last = k->sorted[p->wanted - 1].modulus;
    for (size_t i = 0; i < most; i++) {
        double allowed =
            i < p->wanted ? p->tolerance * k->sorted[i].modulus : GUARD * last;
        if (estimate(k, i) > allowed + p->floor)
            return false;
    }
    return true;
}

/* The largest relative residual of a wanted eigenvalue, by estimate. */
static double distance(const krylov *k)
{
    double worst = 0;
    for (size_t i = 0; i < k->problem->wanted; i++)
        worst = fmax(worst, estimate(k, i) / k->sorted[i].modulus);
    return worst;
}

/* Whether the remaining restarts may be enough. Residuals shrink at a steady
 * rate at first, and faster near the end: half of the digits must come at the
 * rate so far. `first`, `now`: distances, `done` restarts apart. */
static bool promising(const lln_krylov *problem, int done, double first,
                      double now)
{
    double left = (double)(problem->restarts - done);
    return done < LEAST_RESTARTS ||
           !(now * pow(now / first, left / done) > sqrt(problem->tolerance));
}

/* Schur vectors to keep: three fifths need fewer products than a half, if they
 * leave room for two blocks and the other vector of a pair. */
static size_t kept(const krylov *k)
{
    size_t keep = 3 * k->used / 5;
    return keep + 1 + 2 * k->b <= k->width ? keep : k->used / 2;
}

/* Restarts with the Schur vectors of the largest eigenvalues. */
static lln_status restart(krylov *k)
{
    size_t used = k->used, keep = kept(k);
    lapack_int count = 0, order = (lapack_int)used;
    double value, separation;
    lapack_logical *select = lln_array_alloc(used, sizeof *select);
    if (!select)
        return LLN_ENOMEM;
    for (size_t i = 0; i < keep; i++) {
        size_t first = column_of(k, i);
        select[first] = 1;
        if (k->im[first] != 0)
            select[first + 1] = 1;
    }
    /* LAPACKE_dtrsen provides too little memory for dtrsen. */
    lapack_int room[1];
    lapack_int info = LAPACKE_dtrsen_work(
        LAPACK_COL_MAJOR, 'N', 'V', select, order, k->t, order, k->q, order,
        k->re, k->im, &count, &value, &separation, k->right, order, room, 1);
    free(select);
    LLN_TRY(lln_spectrum_lapack("dtrsen", (int)info));
    turn_coupling(k);
    size_t chunk = lln_size_smaller(CHUNK, used);
    for (size_t i = 0; i < k->n; i += chunk) {
        size_t rows = lln_size_smaller(chunk, k->n - i);
        double *v = k->v + i * k->width, *turned = k->right;
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows,
                    (int)count, order, 1, v, (int)k->width, k->q, order, 0,
                    turned, (int)count);
        for (size_t r = 0; r < rows; r++) {
            double *row = v + r * k->width;
            memcpy(row, turned + r * (size_t)count,
                   (size_t)count * sizeof *row);
            memmove(row + count, row + used, k->b * sizeof *row);
        }
    }
    k->used = (size_t)count;
    for (size_t j = 0; j < k->used; j++) {
        double *h = k->h + j * k->width;
        memset(h, 0, k->width * sizeof *h);
        memcpy(h, k->t + j * used, k->used * sizeof *h);
        memcpy(h + k->used, k->s + j * k->b, k->b * sizeof *h);
    }
    return LLN_OK;
}

/* from [n]: column `column` of the eigenvectors of T, as vectors of M; to [n]:
 * M times it. */
static lln_status multiply_vector(krylov *k, size_t column, double *from,
                                  double *to)
{
    int n = (int)k->n, used = (int)k->used, b = (int)k->b;
    cblas_dgemv(CblasColMajor, CblasNoTrans, used, used, 1, k->q, used,
                k->right + column * k->used, 1, 0, k->c, 1);
    cblas_dgemv(CblasRowMajor, CblasNoTrans, n, used, 1, k->v, (int)k->width,
                k->c, 1, 0, from, 1);
    memset(k->x, 0, k->n * k->b * sizeof *k->x);
    cblas_dcopy(n, from, 1, k->x, b);
    LLN_TRY(lln_krylov_space_multiply(k));
    cblas_dcopy(n, k->y, b, to, 1);
    return LLN_OK;
}

/* Residual, condition and vector of the eigenvalue with that rank, with the
 * positive imaginary part; x, y: [2n] */
static lln_status judge(krylov *k, size_t rank, double *x, double *y,
                        lln_eigenvalue *value)
{
    size_t first = column_of(k, rank), n = k->n;
    bool pair = k->im[first] != 0;
    *value = k->sorted[rank];
    value->condition = lln_spectrum_condition(
        k->used, pair, k->left + first * k->used, k->right + first * k->used);
    value->bound = INFINITY;
    LLN_TRY(multiply_vector(k, first, x, y));
    if (pair)
        LLN_TRY(multiply_vector(k, first + 1, x + n, y + n));
    lln_eigenvalue lambda = *value;
    lambda.im = fabs(lambda.im);
    value->residual = lln_spectrum_residual(lambda, n, x, pair ? x + n : NULL,
                                            y, pair ? y + n : NULL);
    return LLN_OK;
}

/* Expands until the basis is full or convergence is to be checked. */
static lln_status expand_basis(krylov *k)
{
    size_t first = k->used, look = k->problem->look;
    while (k->used + 2 * k->b <= k->width &&
           (look == 0 || k->used < first + look))
        LLN_TRY(lln_krylov_space_expand(k));
    return decompose(k);
}

static lln_status iterate(krylov *k)
{
    const lln_krylov *p = k->problem;
    double first = 0;
    lln_krylov_space_start(k);
    for (int restarts = 0;; restarts++) {
        do {
            LLN_TRY(expand_basis(k));
            if (converged(k))
                return LLN_OK;
        } while (k->used + 2 * k->b <= k->width);
        first = restarts == 0 ? distance(k) : first;
        if (restarts == p->restarts ||
            (p->hasty && !promising(p, restarts, first, distance(k))))
            return lln_fail(LLN_ENOCONV,
                            "method arnoldi: no convergence after %d restarts",
                            restarts);
        LLN_TRY(restart(k));
    }
}

lln_status lln_krylov_solve(const lln_krylov *problem, lln_eigenvalue *values,
                            double *vectors)
{
    krylov k;
    LLN_TRY(krylov_alloc(problem, &k));
    size_t size = 2 * problem->n;
    double *y = lln_array_alloc(size, sizeof *y);
    lln_status status = y ? iterate(&k) : LLN_ENOMEM;
    for (size_t i = 0; status == LLN_OK && i < problem->wanted; i++)
        status = judge(&k, i, vectors + i * size, y, &values[i]);
    krylov_free(&k);
    free(y);
    return status;
}
