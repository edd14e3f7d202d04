/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Krylov methods on products with P: eigenvalues of P~ with the largest
 * moduli, and its largest singular value. */
#include "measure/spectrum_arnoldi.h"

#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "measure/spectrum_krylov.h"

/* How hard to look; it depends on the head alone. One vector at a time takes
 * least for a single eigenvalue of most heads. Trained heads have hundreds of
 * eigenvalues of nearly the same modulus, for which blocks are better, and some
 * of several eigenvalues may be multiple. */
typedef struct {
    size_t block, basis;
    int restarts;
} effort;

static const effort LARGE = {8, 160, 300}, MEDIUM = {8, 160, 20};

enum {
    GUARD = 4,
    MEDIUM_TOKENS = 1024, /* beyond, LAPACK takes seconds */
    SMALLEST_ORDER = 4,
    SINGULAR_BASIS = 32,
    SINGULAR_RESTARTS = 300,
};

static effort first_effort(size_t n, size_t wanted)
{
    size_t basis = n <= 768 ? 96 : n <= 1536 ? 128 : 160;
    return wanted > 1 ? (effort){4, basis, 14} : (effort){1, basis, 6};
}

/* In the Krylov space; beyond it the eigenvalue itself may be worse. */
static const double WELL_CONDITIONED = 10;

/* Residuals relative to the eigenvalue. The float32 weights themselves are
 * good for 1e-7; what a symmetric problem leaves is squared. */
static double tolerance(const lln_operator *op, bool symmetric)
{
    bool single = op->precision == LLN_FLOAT32;
    if (symmetric)
        return single ? 1e-6 : 1e-8;
    return single ? 1e-8 : 1e-11;
}

/* Vectors for that many eigenvalues. */
static size_t basis_size(size_t n, size_t wanted, const effort *how)
{
    size_t twice = 2 * (wanted > 20 ? wanted : 20) + 20;
    size_t basis = how->basis > twice ? how->basis : twice;
    return lln_size_smaller(basis, n + how->block);
}

/* What is multiplied with a block of vectors. */
typedef struct {
    lln_operator *op;
    size_t columns;
} operand;

/* y = P~ x = P x - mean(P x), or P x if unnormalised; columns as in x. */
static lln_status deflated_product(void *context, const double *x, double *y)
{
    const operand *by = context;
    lln_operator *op = by->op;
    size_t columns = by->columns;
    double mean[8] = {0};
    LLN_TRY(lln_threads_check_stop());
    LLN_TRY(lln_operator_products(op, x, columns, y));
    if (op->attention->unnormalised)
        return LLN_OK;
    for (size_t i = 0; i < op->n; i++)
        for (size_t c = 0; c < columns; c++)
            mean[c] += y[i * columns + c] / (double)op->n;
    for (size_t i = 0; i < op->n; i++)
        for (size_t c = 0; c < columns; c++)
            y[i * columns + c] -= mean[c];
    return LLN_OK;
}

/* Bounds from conditions in the Krylov space. */
static bool well_conditioned(const lln_operator *op, size_t wanted,
                             lln_eigenvalue *values)
{
    double rounding = lln_spectrum_rounding(op->precision);
    bool well = true;
    for (size_t i = 0; i < wanted; i++) {
        well &= values[i].condition <= WELL_CONDITIONED;
        values[i].bound = values[i].condition * (rounding + values[i].residual);
    }
    return well;
}

static lln_status try_effort(lln_operator *op, const effort *how, bool rescued,
                             lln_spectrum *out)
{
    size_t wanted = out->count - out->known;
    operand by = {op, how->block};
    lln_krylov problem = {
        .n = op->n,
        .block = how->block,
        .basis = basis_size(op->n, wanted, how),
        .wanted = wanted,
        .guard = GUARD,
        .restarts = how->restarts,
        .tolerance = tolerance(op, false),
        .floor = 1e-16,
        .centred = !op->attention->unnormalised,
        .apply = deflated_product,
        .context = &by,
    };
    lln_eigenvalue *values = lln_array_alloc(wanted, sizeof *values);
    lln_status status =
        values ? lln_krylov_solve(&problem, values) : LLN_ENOMEM;
    if (status == LLN_OK && !well_conditioned(op, wanted, values) && rescued)
        status = lln_fail(LLN_ENOCONV, "method arnoldi: ill-conditioned");
    if (status == LLN_OK)
        lln_spectrum_list(values, wanted, out);
    free(values);
    return status;
}

/* The largest eigenvalues of P~. */
static lln_status find_eigenvalues(lln_operator *op, bool rescued,
                                   lln_spectrum *out)
{
    effort first = first_effort(op->n, out->count - out->known);
    lln_status status = try_effort(op, &first, rescued, out);
    if (status == LLN_ENOCONV && rescued && op->n > MEDIUM_TOKENS)
        return try_effort(op, &MEDIUM, rescued, out);
    if (status == LLN_ENOCONV && !rescued)
        return try_effort(op, &LARGE, rescued, out);
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

/* y = P~'P~ x */
static lln_status gram(void *context, const double *x, double *y)
{
    LLN_TRY(lln_threads_check_stop());
    return lln_operator_gram(context, x, y);
}

/* The largest eigenvalue of P~'P~. */
static lln_status largest_square(lln_operator *op, double norm, double *square)
{
    lln_krylov problem = {
        .n = op->m,
        .block = 1,
        .basis = lln_size_smaller(SINGULAR_BASIS, op->m + 1),
        .wanted = 1,
        .restarts = SINGULAR_RESTARTS,
        .tolerance = tolerance(op, true),
        .floor = DBL_EPSILON * norm * norm,
        .apply = gram,
        .context = op,
    };
    lln_eigenvalue value;
    LLN_TRY(lln_krylov_solve(&problem, &value));
    *square = value.modulus;
    return LLN_OK;
}

lln_status lln_spectrum_norms(lln_operator *op, lln_spectrum *out)
{
    double square = 0;
    lln_status status = LLN_OK;
    LLN_TRY(lln_operator_norm(op, &out->unbiased_norm));
    if (out->unbiased_norm > 0 && op->m < SMALLEST_ORDER)
        status = small_square(op, &square);
    else if (out->unbiased_norm > 0)
        status = largest_square(op, out->unbiased_norm, &square);
    if (status == LLN_OK)
        out->centered_sigma1 = sqrt(fmax(square, 0));
    return status;
}

/* The vectors of the largest effort. They are counted apart from P, and need
 * no more than all matrices may take. */
static lln_status check_vectors(size_t n, size_t count)
{
    double mebibyte = 1048576, basis = (double)basis_size(n, count, &LARGE);
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
    LLN_TRY((options->narrow ? lln_operator_open_narrow : lln_operator_open)(
        attention, lln_spectrum_memory(options, 4), &op));
    bool rescued = options->method == LLN_SPECTRUM_AUTO &&
                   attention->n <= LLN_SPECTRUM_RESCUE_TOKENS;
    lln_status status = find_eigenvalues(&op, rescued, out);
    if (status == LLN_OK && options->norms)
        status = lln_spectrum_norms(&op, out);
    lln_operator_close(&op);
    return status;
}
