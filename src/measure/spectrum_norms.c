/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/spectrum_norms.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "measure/singular_largest.h"
#include "measure/spectrum_internal.h"

enum { SMALLEST_ORDER = 4, PASSES = 6000 };

/* Bounds of the relative error, twice. */
static const double SINGLE = 1e-5, DOUBLE = 1e-8;

/* With two or three columns: P~'P~ itself, from unit vectors. */
static lln_status solve_small(lln_operator *op, double *sigma1)
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
    *sigma1 = sqrt(fmax(unit[order - 1], 0));
    return LLN_OK;
}

static lln_status iterate(lln_operator *op, double *sigma1)
{
    double tolerance = op->precision == LLN_FLOAT32 ? SINGLE : DOUBLE;
    LLN_TRY(lln_singular_largest(op, true, tolerance, PASSES, sigma1));
    return isnan(*sigma1)
               ? lln_fail(LLN_ENOCONV,
                          "centered_sigma1: no convergence after %d passes",
                          PASSES)
               : LLN_OK;
}

lln_status lln_spectrum_norms(lln_operator *op, lln_spectrum *out)
{
    double sigma1 = 0;
    LLN_TRY(lln_operator_norm(op, &out->unbiased_norm));
    if (out->unbiased_norm > 0)
        LLN_TRY(op->m < SMALLEST_ORDER ? solve_small(op, &sigma1)
                                       : iterate(op, &sigma1));
    out->centered_sigma1 = sigma1;
    return LLN_OK;
}
