/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/entropy.h"

#include <math.h>
#include <stdlib.h>

void lln_entropy_summarise(const lln_attention *attention, const lln_row *rows,
                           size_t count, lln_entropy *out)
{
    double normalized = 0, spread_rows = 0;
    *out = (lln_entropy){.min = INFINITY,
                         .max = -INFINITY,
                         .max_logit = -INFINITY,
                         /* every score is positive and divided by the sum
                            of its row */
                         .row_sum_min = 1,
                         .negative_mass = 0};
    for (size_t i = 0; i < count; i++) {
        out->entropy += rows[i].entropy;
        out->min = fmin(out->min, rows[i].entropy);
        out->max = fmax(out->max, rows[i].entropy);
        out->participation += 1 / rows[i].sum_squares;
        out->top1_mass += rows[i].top;
        out->max_logit = fmax(out->max_logit, rows[i].max);
        if (rows[i].keys > 1) {
            normalized += rows[i].entropy / log((double)rows[i].keys);
            spread_rows++;
        }
    }
    out->entropy /= (double)count;
    out->participation /= (double)count;
    out->top1_mass /= (double)count;
    out->normalized = spread_rows > 0 ? normalized / spread_rows : NAN;
    if (!attention->scaled_scores)
        out->max_logit = NAN;
}

lln_status lln_entropy_measure(lln_attention *attention, const size_t *rows,
                               size_t count, lln_entropy *out)
{
    count = rows ? count : attention->n;
    if (count == 0)
        return lln_fail(LLN_EINVAL, "no rows to measure");
    lln_row *measured = calloc(count, sizeof *measured);
    if (!measured)
        return lln_fail(LLN_ENOMEM, "out of memory: %zu rows", count);
    lln_status status =
        lln_rows_measure(attention, rows, count, LLN_ROW_ENTROPY, measured);
    if (status == LLN_OK)
        lln_entropy_summarise(attention, measured, count, out);
    free(measured);
    return status;
}
