/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/sensitivity.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "heads/wide.h"
#include "match/lln_side.h"

static const double STEP = 1e-4;

/* Derivatives along ln alpha (up_alpha = 1, up_beta = 0) or ln beta. */
static lln_status differentiate(const lln_head *head, double alpha, double beta,
                                double up_alpha, double up_beta, lln_row *rows,
                                double *variance, double *entropy)
{
    lln_side_values values[2];
    for (int side = 0; side < 2; side++) {
        double step = side == 0 ? -STEP : STEP;
        lln_attention attention;
        LLN_TRY(lln_side_attention(head, alpha * exp(step * up_alpha),
                                   beta * exp(step * up_beta), &attention));
        LLN_TRY(lln_side_measure(&attention, NULL, head->q.rows, rows,
                                 &values[side]));
    }
    *variance = log(values[1].variance / values[0].variance) / (2 * STEP);
    *entropy = (values[1].entropy - values[0].entropy) / (2 * STEP);
    return LLN_OK;
}

lln_status lln_sensitivity_measure(const lln_head *head, double alpha,
                                   double beta, lln_sensitivity *out)
{
    lln_head wide;
    double *storage = NULL;
    lln_sensitivity result;
    lln_row *rows = lln_array_alloc(head->q.rows, sizeof *rows);
    lln_status status =
        rows ? lln_head_widen(head, &wide, &storage) : LLN_ENOMEM;
    if (status == LLN_OK)
        status = differentiate(&wide, alpha, beta, 1, 0, rows,
                               &result.variance_alpha, &result.entropy_alpha);
    if (status == LLN_OK)
        status = differentiate(&wide, alpha, beta, 0, 1, rows,
                               &result.variance_beta, &result.entropy_beta);
    if (status == LLN_OK)
        *out = result;
    free(storage);
    free(rows);
    return status;
}
