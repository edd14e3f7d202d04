/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/singular_largest.h"

#include <math.h>
#include <stdbool.h>

#include "core/memory.h"
#include "measure/lanczos.h"

enum { BASIS = 160 };

/* The bound by a gap must be so much better, because the gap is an estimate. */
static const double CAUTION = 0.01;

static lln_status apply_square(void *op, const double *x, size_t columns,
                               double *y)
{
    (void)columns;
    return lln_operator_square(op, x, y);
}

static lln_status apply_gram(void *op, const double *x, size_t columns,
                             double *y)
{
    (void)columns;
    return lln_operator_gram(op, x, y);
}

/* Vectors for P~ sum to 0, because P~ 1 = 0 if the rows of P sum to 1. */
static lln_status start(lln_lanczos *l, bool random, bool centred)
{
    double mean = 0;
    if (random)
        lln_lanczos_draw(l, 0);
    for (size_t j = 0; j < l->m; j++) {
        l->y[j] = 1 + (random ? l->y[j] : 0);
        mean += l->y[j] / (double)l->m;
    }
    for (size_t j = 0; centred && j < l->m; j++)
        l->y[j] -= mean;
    return lln_lanczos_start_from(l);
}

static bool converged(const lln_lanczos *l, double tolerance)
{
    double square = fmax(lln_lanczos_value(l, 0), 0);
    double residual = lln_lanczos_residual(l, 0);
    if (residual <= tolerance * square)
        return true;
    if (l->used < 2)
        return false;
    double gap = square - lln_lanczos_value(l, 1) - lln_lanczos_residual(l, 1);
    return residual < gap &&
           residual * residual <= CAUTION * tolerance * square * gap;
}

static lln_status iterate(lln_lanczos *l, double tolerance, int passes,
                          double *sigma1)
{
    size_t checked = 0;
    for (; passes > 0; passes--) {
        if (l->used + 1 > l->most) {
            lln_lanczos_turn(l, l->most / 2);
            checked = 0;
        }
        LLN_TRY(lln_lanczos_expand(l));
        /* T costs more than a pass if it is decomposed each time. */
        if (l->used < l->most && l->used < checked + checked / 8)
            continue;
        checked = l->used;
        LLN_TRY(lln_lanczos_decompose(l));
        if (converged(l, tolerance)) {
            *sigma1 = sqrt(fmax(lln_lanczos_value(l, 0), 0));
            return LLN_OK;
        }
    }
    return LLN_OK;
}

lln_status lln_singular_largest(lln_operator *op, bool centred,
                                double tolerance, int passes, double *sigma1)
{
    lln_lanczos l;
    size_t most = lln_size_smaller(BASIS, op->m - 1);
    *sigma1 = NAN;
    LLN_TRY(lln_lanczos_open(centred ? apply_gram : apply_square, op, op->m, 1,
                             most, &l));
    lln_status status =
        start(&l, centred || op->attention->unnormalised, centred);
    if (status == LLN_OK)
        status = iterate(&l, tolerance, passes, sigma1);
    lln_lanczos_close(&l);
    return status;
}
