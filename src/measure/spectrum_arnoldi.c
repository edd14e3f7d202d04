/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Krylov methods with products with P: eigenvalues of P~ with the largest
 * moduli, and its largest singular value. */
#include "measure/spectrum_arnoldi.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "measure/operator.h"
#include "measure/spectrum_krylov.h"
#include "measure/spectrum_norms.h"

/* The effort of a search, which depends on the head only. For a single
 * eigenvalue of most heads one vector at a time is cheapest. Trained heads have
 * hundreds of eigenvalues of nearly the same modulus, for which blocks are
 * better. Of several wanted eigenvalues, some may be multiple. */
typedef struct {
    size_t block, basis;
    int restarts;
} effort;

static const effort LARGE = {8, 160, 300}, MEDIUM = {8, 160, 10};

enum {
    GUARD = 4,
    LARGE_GUARD = 24,     /* of hard heads */
    MEDIUM_TOKENS = 1024, /* above, LAPACK takes seconds */
    LARGE_TOKENS = 32768, /* above, P is rarely stored: products cost more */
    LOOK_TOKENS = 4096,   /* above, a product takes as long as a Schur form */
    LOOK = 8,
    SMALLEST_ORDER = 4,
};

typedef struct {
    bool rescued;    /* LAPACK follows if this does not converge */
    double rounding; /* error of an eigenvalue with condition 1 */
} search;

static effort first_effort(size_t n, size_t wanted)
{
    size_t basis = n <= 768 ? 96 : n <= 1536 ? 128 : 160;
    if (n > LARGE_TOKENS)
        return (effort){4, basis, 20};
    if (wanted > 1)
        return (effort){4, basis, 18};
    return n <= 768 ? (effort){1, 72, 11} : (effort){1, 96, 10};
}

/* Limit of the condition in the Krylov space; that of the eigenvalue itself may
 * be larger. */
static const double WELL_CONDITIONED = 10;

/* Relative distance below which eigenvalues of P~ and of its transpose are the
 * same. */
static const double SAME = 1e-4;

/* Residuals relative to the eigenvalue. float32 weights have errors of 1e-7. */
static double tolerance(const lln_operator *op)
{
    return op->precision == LLN_FLOAT32 ? 1e-8 : 1e-11;
}

/* Number of basis vectors for `wanted` eigenvalues. Those of few tokens span
 * everything. */
static size_t basis_size(size_t n, size_t wanted, const effort *how)
{
    size_t twice = 2 * (wanted > 20 ? wanted : 20) + 20;
    size_t basis = how->basis > twice ? how->basis : twice;
    return lln_size_smaller(basis, n + 2 * how->block);
}

/* The operator and the number of vectors that it multiplies at a time. */
typedef struct {
    lln_operator *op;
    size_t columns;
    double *room; /* [2 n], of the transposed product */
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

/* y = P~' x = P'(x - mean(x)), or P'x; columns as in x. */
static lln_status transposed_product(void *context, const double *x, double *y)
{
    const operand *by = context;
    size_t n = by->op->n, columns = by->columns;
    double *from = by->room, *to = from + n;
    for (size_t c = 0; c < columns; c++) {
        double mean = 0;
        LLN_TRY(lln_threads_check_stop());
        for (size_t i = 0; i < n && !by->op->attention->unnormalised; i++)
            mean += x[i * columns + c] / (double)n;
        for (size_t i = 0; i < n; i++)
            from[i] = x[i * columns + c] - mean;
        LLN_TRY(lln_operator_transposed(by->op, from, to));
        for (size_t i = 0; i < n; i++)
            y[i * columns + c] = to[i];
    }
    return LLN_OK;
}

/* Conditions from eigenvectors of the transpose; infinite if it does not have
 * the same eigenvalue. */
static lln_status find_conditions(lln_operator *op, const lln_krylov *right,
                                  const double *vectors, lln_eigenvalue *values)
{
    size_t n = op->n, wanted = right->wanted;
    lln_eigenvalue *same = lln_array_alloc(wanted, sizeof *same);
    double *room = lln_array_alloc(n * (2 * wanted + 2), sizeof *room);
    operand by = {op, right->block, room};
    lln_krylov transposed = *right;
    transposed.centred = false;
    transposed.restarts = LARGE.restarts;
    transposed.apply = transposed_product;
    transposed.context = &by;
    lln_status status = LLN_ENOMEM;
    if (same && room)
        status = lln_krylov_solve(&transposed, same, room + 2 * n);
    if (status == LLN_ENOCONV) { /* `same` = 0 matches nothing */
        memset(same, 0, wanted * sizeof *same);
        status = LLN_OK;
    }
    for (size_t i = 0; i < wanted && status == LLN_OK; i++) {
        double distance = hypot(values[i].re - same[i].re,
                                fabs(values[i].im) - fabs(same[i].im));
        double *left = room + n * (2 * i + 2); /* its conjugate */
        bool pair = values[i].im != 0;
        cblas_dscal(pair ? (int)n : 0, -1, left + n, 1);
        values[i].condition =
            distance >= SAME * values[i].modulus
                ? INFINITY
                : lln_spectrum_condition(n, pair, left, vectors + 2 * n * i);
    }
    free(same);
    free(room);
    return status;
}

static bool well_conditioned(const lln_eigenvalue *values, size_t wanted)
{
    bool well = true;
    for (size_t i = 0; i < wanted; i++)
        well &= values[i].condition <= WELL_CONDITIONED;
    return well;
}

/* Rounding errors e of float32 exponents are independent. They change an
 * eigenvalue with the eigenvectors v, w by sum_ij w_i P_ij e_ij v_j / w'v, with
 * a standard deviation of at most the largest entry of P times the condition
 * and the size of e; SIGMAS of them count. */
static lln_status find_rounding(lln_operator *op, double *rounding)
{
    const double SIGMAS = 4;
    lln_attention spread = *op->attention;
    if (spread.precision == LLN_FLOAT32) {
        double largest;
        LLN_TRY(lln_operator_largest(op, &largest));
        spread.exponent_error *= fmin(SIGMAS * largest, 1);
    }
    *rounding = lln_spectrum_rounding(&spread, op->precision);
    return LLN_OK;
}

/* Residuals below this share of the rounding error hardly change a bound. */
static const double SHARE = 0.1;

/* After many restarts, a larger eigenvalue may have been missed. The transpose
 * finds it, or another one. Scratch: values [wanted] and vectors [wanted x 2
 * n]. */
static lln_status solve(lln_operator *op, const lln_krylov *problem,
                        const search *s, lln_eigenvalue *values,
                        double *vectors, lln_spectrum *out)
{
    LLN_TRY(lln_krylov_solve(problem, values, vectors));
    bool well = well_conditioned(values, problem->wanted);
    if (!well && s->rescued)
        return lln_fail(LLN_ENOCONV, "method arnoldi: ill-conditioned");
    if (!well || problem->restarts == LARGE.restarts)
        LLN_TRY(find_conditions(op, problem, vectors, values));
    for (size_t i = 0; i < problem->wanted; i++)
        values[i].bound =
            values[i].condition * (s->rounding + values[i].residual);
    lln_spectrum_list(values, problem->wanted, out);
    return LLN_OK;
}

static lln_status try_effort(lln_operator *op, const effort *how,
                             const search *s, lln_spectrum *out)
{
    size_t wanted = out->count - out->known;
    operand by = {op, how->block, NULL};
    lln_krylov problem = {
        .n = op->n,
        .block = how->block,
        .basis = basis_size(op->n, wanted, how),
        .wanted = wanted,
        .guard = how->restarts == LARGE.restarts ? LARGE_GUARD : GUARD,
        .look = op->n > LOOK_TOKENS ? LOOK : 0,
        .restarts = how->restarts,
        .hasty = s->rescued,
        .tolerance = tolerance(op),
        .floor = fmax(SHARE * s->rounding, 1e-16),
        .centred = !op->attention->unnormalised,
        .apply = deflated_product,
        .context = &by,
    };
    lln_eigenvalue *values = lln_array_alloc(wanted, sizeof *values);
    double *vectors = lln_array_alloc(2 * op->n * wanted, sizeof *vectors);
    lln_status status = values && vectors
                            ? solve(op, &problem, s, values, vectors, out)
                            : LLN_ENOMEM;
    free(values);
    free(vectors);
    return status;
}

/* Leaves all eigenvalues unknown: no bound is below `bound`, NaN if even that
 * is not known. The other measures of the head are not affected. */
static void leave_unknown(double bound, lln_spectrum *out)
{
    for (size_t i = out->known; i < out->count; i++)
        out->eigenvalues[i] = (lln_eigenvalue){NAN, NAN, NAN, NAN, NAN, bound};
}

/* The largest eigenvalues of P~. */
static lln_status find_eigenvalues(lln_operator *op, bool chosen,
                                   lln_spectrum *out)
{
    search s = {.rescued = chosen && op->n <= LLN_SPECTRUM_RESCUE_TOKENS};
    effort first = first_effort(op->n, out->count - out->known);
    LLN_TRY(find_rounding(op, &s.rounding));
    if (s.rounding > LLN_SPECTRUM_TRUST) { /* and no condition is below 1 */
        leave_unknown(s.rounding, out);
        return LLN_OK;
    }
    lln_status status = try_effort(op, &first, &s, out);
    if (status == LLN_ENOCONV && s.rescued && op->n > MEDIUM_TOKENS)
        return try_effort(op, &MEDIUM, &s, out);
    if (status == LLN_ENOCONV && !s.rescued)
        status = try_effort(op, &LARGE, &s, out);
    if (status == LLN_ENOCONV && chosen && !s.rescued) {
        leave_unknown(NAN, out);
        return LLN_OK;
    }
    return status;
}

/* Checks the memory for vectors of the largest effort, in addition to that for
 * P: at most half of what is available. */
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
                        "method arnoldi: finds at most n - 2 eigenvalues and "
                        "needs at least 4 tokens; n = %zu, eigenvalues "
                        "requested: %zu",
                        attention->n, out->count);
    LLN_TRY(check_vectors(attention->n, out->count));
    lln_operator op;
    size_t memory = lln_spectrum_memory(options, 4);
    LLN_TRY(options->narrow ? lln_operator_open_narrow(attention, memory, &op)
                            : lln_operator_open(attention, memory, &op));
    lln_status status =
        find_eigenvalues(&op, options->method == LLN_SPECTRUM_AUTO, out);
    if (status == LLN_OK && options->norms)
        status = lln_spectrum_norms(&op, out);
    lln_operator_close(&op);
    return status;
}
