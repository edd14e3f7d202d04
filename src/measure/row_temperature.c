/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/row_temperature.h"

#include <math.h>
#include <stdlib.h>

#include "measure/row_sample.h"

lln_status lln_rows_temperature(lln_attention *attention, double *tau)
{
    size_t count = attention->n;
    double variance = NAN, error;
    lln_row *rows;
    *tau = NAN;
    LLN_TRY(lln_rows_alloc(attention, NULL, &count, &rows));
    lln_status status =
        lln_rows_measure(attention, NULL, count, LLN_ROW_MOMENTS, rows);
    if (status == LLN_OK)
        lln_rows_mean(rows, count, count, lln_row_variance, &variance, &error);
    free(rows);
    LLN_TRY(status);
    if (!(variance > 0))
        return lln_fail(LLN_EUNDEFINED, "ln P is constant in every row");
    *tau = 1 / sqrt(variance);
    return LLN_OK;
}
