/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Krylov methods on products with P, by ARPACK: eigenvalues of P~ with the
 * largest moduli, and its largest singular value. */
#include "measure/spectrum_arnoldi.h"

#include <arpack/arpack.h>
#include <lapacke.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/random.h"
#include "core/threads.h"

/* ARPACK keeps the state of its iteration in static variables: one problem at
 * a time in a process. */
static pthread_mutex_t arpack = PTHREAD_MUTEX_INITIALIZER;

/* How hard to look. Trained heads have hundreds of eigenvalues of nearly the
 * same modulus: asked for one alone, ARPACK settles on another, and a small
 * basis does not converge. Random heads need no more than the first effort. */
typedef struct {
    size_t sought, basis;
    int restarts;
} effort;

static const effort EFFORTS[] = {{6, 60, 40}, {20, 160, 300}};
static const effort LANCZOS = {1, 24, 300};

enum {
    EFFORT_COUNT = sizeof EFFORTS / sizeof EFFORTS[0],
    SMALLEST_ORDER = 4, /* ARPACK: 0 < nev < n - 1 */
    START_IS_NULL = -9, /* info */
};

/* Residuals relative to the eigenvalue. The float32 weights themselves are
 * good for 1e-7; what a symmetric problem leaves is squared. */
static double tolerance(const lln_operator *op, bool symmetric)
{
    bool single = op->attention->precision == LLN_FLOAT32;
    if (symmetric)
        return single ? 1e-6 : 1e-8;
    return single ? 1e-8 : 1e-12;
}

typedef struct {
    a_int n, nev, ncv, size; /* size: of work */
    bool null;               /* P~ = 0: it takes a random vector to 0 */
    double tol;
    a_int iparam[11], ipntr[14];
    double *start, *basis, *vectors, *work;
} krylov;

static void krylov_free(krylov *k)
{
    free(k->start);
    free(k->basis);
    free(k->work);
}

/* A fixed start vector with mean zero, uniform in (-1, 1). */
static void fill_start(size_t n, double *x)
{
    double mean = 0;
    for (size_t i = 0; i < n; i++) {
        x[i] = (double)(lln_random_number(0, i) >> 11) * 0x1p-52 - 1;
        mean += x[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++)
        x[i] -= mean;
}

/* Eigenvalues to look for among n, and vectors to do it with. */
static size_t count_sought(size_t n, size_t wanted, const effort *how)
{
    size_t nev = wanted > how->sought ? wanted : how->sought;
    return nev < n - 2 ? nev : n - 2;
}

static size_t basis_size(size_t n, size_t wanted, const effort *how)
{
    size_t twice = 2 * count_sought(n, wanted, how) + 20;
    size_t ncv = how->basis > twice ? how->basis : twice;
    return ncv < n ? ncv : n;
}

static lln_status krylov_alloc(size_t n, size_t wanted, const effort *how,
                               krylov *k)
{
    *k = (krylov){.n = (a_int)n,
                  .iparam = {[0] = 1, [2] = how->restarts, [6] = 1}};
    size_t ncv = basis_size(n, wanted, how);
    k->nev = (a_int)count_sought(n, wanted, how);
    k->ncv = (a_int)ncv;
    k->size = (a_int)(3 * ncv * ncv + 8 * ncv);
    k->start = lln_array_alloc(n, sizeof(double));
    k->basis = lln_array_alloc(n * ncv, sizeof(double));
    k->work =
        lln_array_alloc(3 * n + (size_t)k->size + 3 * ncv, sizeof(double));
    if (!k->start || !k->basis || !k->work) {
        krylov_free(k);
        return LLN_ENOMEM;
    }
    fill_start(n, k->start);
    return LLN_OK;
}

/* y = P~ x = P x - mean(P x), or P x if unnormalised */
static lln_status deflated_product(lln_operator *op, const double *x, double *y)
{
    double mean = 0;
    LLN_TRY(lln_operator_product(op, x, y));
    if (op->attention->unnormalised)
        return LLN_OK;
    for (size_t i = 0; i < op->n; i++)
        mean += y[i];
    mean /= (double)op->n;
    for (size_t i = 0; i < op->n; i++)
        y[i] -= mean;
    return LLN_OK;
}

/* Runs the reverse communication of dnaupd or dsaupd. */
static lln_status iterate(lln_operator *op, bool symmetric, krylov *k)
{
    a_int ido = 0, info = 1;
    double *work = k->work + 3 * k->n;
    for (;;) {
        if (symmetric)
            dsaupd_c(&ido, "I", k->n, "LA", k->nev, k->tol, k->start, k->ncv,
                     k->basis, k->n, k->iparam, k->ipntr, k->work, work,
                     k->size, &info);
        else
            dnaupd_c(&ido, "I", k->n, "LM", k->nev, k->tol, k->start, k->ncv,
                     k->basis, k->n, k->iparam, k->ipntr, k->work, work,
                     k->size, &info);
        if (ido != 1 && ido != -1)
            break;
        LLN_TRY(lln_threads_check_stop());
        const double *x = k->work + k->ipntr[0] - 1;
        double *y = k->work + k->ipntr[1] - 1;
        LLN_TRY(symmetric ? lln_operator_gram(op, x, y)
                          : deflated_product(op, x, y));
    }
    k->null = info == START_IS_NULL;
    if (k->null)
        return LLN_OK;
    if (info < 0 || k->iparam[4] < k->nev)
        return lln_fail(LLN_ENOCONV,
                        "method arnoldi: %d of %d eigenvalues converged after "
                        "%d products (info %d)",
                        info < 0 ? 0 : (int)k->iparam[4], (int)k->nev,
                        (int)k->iparam[8], (int)info);
    return LLN_OK;
}

/* Eigenvalues re + i im and vectors (in the basis) after `iterate`;
 * returns how many. A conjugate pair stands together, and its two columns are
 * the real and the imaginary part of the vector of the first. */
static size_t extract_vectors(krylov *k, double *re, double *im)
{
    a_int info = 0, *select = calloc((size_t)k->ncv, sizeof *select);
    double *work = k->work + 3 * k->n, *workev = work + k->size;
    if (!select)
        return 0;
    dneupd_c(1, "A", select, re, im, k->basis, k->n, 0, 0, workev, "I", k->n,
             "LM", k->nev, k->tol, k->start, k->ncv, k->basis, k->n, k->iparam,
             k->ipntr, k->work, work, k->size, &info);
    free(select);
    if (info != 0)
        return 0;
    return (size_t)(k->iparam[4] < k->nev + 1 ? k->iparam[4] : k->nev + 1);
}

/* residual[0 .. count - 1] of the vectors in the basis, by products.
 * y: scratch [2n]. */
static lln_status fill_residuals(lln_operator *op, const krylov *k,
                                 const double *re, const double *im,
                                 size_t count, double *y, double *residual)
{
    size_t n = op->n;
    for (size_t i = 0; i < count; i++) {
        const double *x = k->basis + i * n;
        lln_eigenvalue lambda = {.re = re[i], .im = im[i]};
        residual[i] = NAN; /* half of a pair: its vector is not known */
        if (im[i] != 0 && i + 1 == count)
            break;
        LLN_TRY(deflated_product(op, x, y));
        if (im[i] == 0) {
            residual[i] = lln_spectrum_residual(lambda, n, x, NULL, y, NULL);
            continue;
        }
        LLN_TRY(deflated_product(op, x + n, y + n));
        residual[i] = residual[i + 1] =
            lln_spectrum_residual(lambda, n, x, x + n, y, y + n);
        i++;
    }
    return LLN_OK;
}

/* values: [3 (nev + 1)], list: [nev + 1], y: [2n]. */
static lln_status eigenvalues(lln_operator *op, krylov *k, double *values,
                              lln_eigenvalue *list, double *y,
                              lln_spectrum *out)
{
    size_t room = (size_t)k->nev + 1, count = 0;
    double *re = values, *im = values + room, *residual = values + 2 * room;
    LLN_TRY(iterate(op, false, k));
    if (!k->null) {
        count = extract_vectors(k, re, im);
        if (count == 0)
            return lln_fail(LLN_ENOCONV,
                            "method arnoldi: dneupd found nothing");
        LLN_TRY(fill_residuals(op, k, re, im, count, y, residual));
    }
    for (size_t i = 0; i < count; i++)
        list[i] = (lln_eigenvalue){hypot(re[i], im[i]), re[i], im[i],
                                   residual[i],         NAN,   NAN};
    lln_spectrum_list(list, count, out);
    return LLN_OK;
}

static lln_status try_effort(lln_operator *op, const effort *how,
                             lln_spectrum *out)
{
    krylov k;
    LLN_TRY(krylov_alloc(op->n, out->count - out->known, how, &k));
    k.tol = tolerance(op, false);
    double *values = lln_array_alloc(3 * (size_t)(k.nev + 1), sizeof *values);
    lln_eigenvalue *list = lln_array_alloc((size_t)(k.nev + 1), sizeof *list);
    double *y = lln_array_alloc(2 * op->n, sizeof *y);
    lln_status status = LLN_ENOMEM;
    if (values && list && y) {
        pthread_mutex_lock(&arpack);
        status = eigenvalues(op, &k, values, list, y, out);
        pthread_mutex_unlock(&arpack);
    }
    krylov_free(&k);
    free(values);
    free(list);
    free(y);
    return status;
}

/* The largest eigenvalues of P~. */
static lln_status find_eigenvalues(lln_operator *op, size_t efforts,
                                   lln_spectrum *out)
{
    lln_status status = LLN_ENOCONV;
    for (size_t i = 0; i < efforts && status == LLN_ENOCONV; i++)
        status = try_effort(op, &EFFORTS[i], out);
    return status;
}

/* The largest eigenvalue of P~'P~. */
static lln_status largest_square(lln_operator *op, krylov *k, double *square)
{
    a_int info = 0, *select = calloc((size_t)k->ncv, sizeof *select);
    double *work = k->work + 3 * k->n;
    lln_status status = select ? iterate(op, true, k) : LLN_ENOMEM;
    if (status == LLN_OK && !k->null) {
        dseupd_c(0, "A", select, square, NULL, k->n, 0, "I", k->n, "LA", k->nev,
                 k->tol, k->start, k->ncv, k->basis, k->n, k->iparam, k->ipntr,
                 k->work, work, k->size, &info);
        if (info != 0)
            status = lln_fail(LLN_ENOCONV, "dseupd: info %d", (int)info);
    }
    free(select);
    return status;
}

/* Two or three columns: P~'P~ itself, by unit vectors. */
static lln_status small_square(lln_operator *op, double *square)
{
    double unit[SMALLEST_ORDER], gram[SMALLEST_ORDER * SMALLEST_ORDER];
    lapack_int order = (lapack_int)op->m;
    for (size_t j = 0; j < op->m; j++) {
        memset(unit, 0, sizeof unit);
        unit[j] = 1;
        LLN_TRY(lln_operator_gram(op, unit, gram + j * op->m));
    }
    lapack_int info =
        LAPACKE_dsyev(LAPACK_COL_MAJOR, 'N', 'U', order, gram, order, unit);
    LLN_TRY(lln_spectrum_lapack("dsyev", (int)info));
    *square = unit[order - 1];
    return LLN_OK;
}

lln_status lln_spectrum_norms(lln_operator *op, lln_spectrum *out)
{
    double square = 0;
    lln_status status = LLN_OK;
    LLN_TRY(lln_operator_norm(op, &out->unbiased_norm));
    if (out->unbiased_norm > 0 && op->m < SMALLEST_ORDER) {
        status = small_square(op, &square);
    } else if (out->unbiased_norm > 0) {
        krylov k;
        LLN_TRY(krylov_alloc(op->m, 1, &LANCZOS, &k));
        k.tol = tolerance(op, true);
        pthread_mutex_lock(&arpack);
        status = largest_square(op, &k, &square);
        pthread_mutex_unlock(&arpack);
        krylov_free(&k);
    }
    if (status == LLN_OK)
        out->centered_sigma1 = sqrt(fmax(square, 0));
    return status;
}

/* The vectors of the largest effort. They are counted apart from P, and need
 * no more than all matrices may take. */
static lln_status check_vectors(size_t n, size_t count)
{
    const effort *how = &EFFORTS[EFFORT_COUNT - 1];
    double mebibyte = 1048576, basis = (double)basis_size(n, count, how);
    double needed = basis * ((double)n + 3 * basis) * sizeof(double);
    double allowed = (double)lln_memory_available() / 2;
    if (needed <= allowed)
        return LLN_OK;
    return lln_fail(LLN_ETOOBIG,
                    "method arnoldi: %zu eigenvalues of %zu tokens need %.1f "
                    "MiB for vectors, %.1f MiB are allowed",
                    count, n, needed / mebibyte, allowed / mebibyte);
}

lln_status lln_spectrum_arnoldi(lln_attention *attention,
                                const lln_spectrum_options *options,
                                lln_spectrum *out)
{
    if (attention->n < SMALLEST_ORDER || out->count + 1 > attention->n)
        return lln_fail(LLN_EINVAL,
                        "method arnoldi: finds at most n - 2 eigenvalues, and "
                        "needs 4 tokens; n = %zu, wanted %zu",
                        attention->n, out->count);
    LLN_TRY(check_vectors(attention->n, out->count));
    lln_operator op;
    LLN_TRY(lln_operator_open(attention, lln_spectrum_memory(options, 4), &op));
    bool rescued = options->method == LLN_SPECTRUM_AUTO &&
                   attention->n <= LLN_SPECTRUM_RESCUE_TOKENS;
    lln_status status = find_eigenvalues(&op, rescued ? 1 : EFFORT_COUNT, out);
    if (status == LLN_OK && options->norms)
        status = lln_spectrum_norms(&op, out);
    lln_operator_close(&op);
    return status;
}
