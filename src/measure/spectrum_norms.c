/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/spectrum_norms.h"

#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "measure/spectrum_internal.h"
#include "measure/spectrum_krylov.h"

enum { SMALLEST_ORDER = 4, BASIS = 32, RESTARTS = 300 };

/* Relative residuals of the square of the singular value. */
static const double SINGLE = 1e-6, DOUBLE = 1e-8;

/* With two or three columns: P~'P~ itself, from unit vectors. */
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
        .basis = lln_size_smaller(BASIS, op->m + 1),
        .wanted = 1,
        .restarts = RESTARTS,
        .tolerance = op->precision == LLN_FLOAT32 ? SINGLE : DOUBLE,
        .floor = DBL_EPSILON * norm * norm,
        .apply = gram,
        .context = op,
    };
    lln_eigenvalue value = {0};
    double *vector = lln_array_alloc(2 * op->m, sizeof *vector);
    lln_status status =
        vector ? lln_krylov_solve(&problem, &value, vector) : LLN_ENOMEM;
    free(vector);
    *square = value.modulus;
    return status;
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
