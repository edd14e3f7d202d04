/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/entropy.h"

#include <math.h>
#include <stdlib.h>

static double entropy(const lln_row *row)
{
    return row->entropy;
}

static double normalized(const lln_row *row)
{
    return row->keys > 1 ? row->entropy / log((double)row->keys) : NAN;
}

static double participation(const lln_row *row)
{
    return row->sum_squares > 0 ? 1 / row->sum_squares : NAN;
}

static double top(const lln_row *row)
{
    return row->top;
}

static double negative(const lln_row *row)
{
    return row->negative;
}

void lln_entropy_summarise(const lln_attention *attention, const lln_row *rows,
                           size_t count, lln_entropy *out, lln_entropy *error)
{
    size_t n = attention->n;
    lln_entropy unused = {0};
    error = error ? error : &unused;
    *error = (lln_entropy){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    *out = (lln_entropy){.min = INFINITY,
                         .max = -INFINITY,
                         .max_logit = -INFINITY,
                         .row_sum_min = INFINITY};
    lln_rows_mean(rows, count, n, entropy, &out->entropy, &error->entropy);
    lln_rows_mean(rows, count, n, normalized, &out->normalized,
                  &error->normalized);
    lln_rows_mean(rows, count, n, participation, &out->participation,
                  &error->participation);
    lln_rows_mean(rows, count, n, top, &out->top1_mass, &error->top1_mass);
    lln_rows_mean(rows, count, n, negative, &out->negative_mass,
                  &error->negative_mass);
    bool distributions = true;
    for (size_t i = 0; i < count; i++) {
        out->min = rows[i].entropy < out->min ? rows[i].entropy : out->min;
        out->max = rows[i].entropy > out->max ? rows[i].entropy : out->max;
        out->max_logit = fmax(out->max_logit, rows[i].max);
        out->row_sum_min = fmin(out->row_sum_min, rows[i].sum);
        distributions = distributions && !isnan(rows[i].entropy);
    }
    if (!distributions) {
        out->entropy = out->normalized = out->min = out->max = NAN;
        error->entropy = error->normalized = NAN;
    }
    if (!attention->scaled_scores)
        out->max_logit = NAN;
}

lln_status lln_entropy_measure(lln_attention *attention, const size_t *rows,
                               size_t count, lln_entropy *out,
                               lln_entropy *error)
{
    lln_row *measured;
    LLN_TRY(lln_rows_alloc(attention, rows, &count, &measured));
    lln_status status =
        lln_rows_measure(attention, rows, count, LLN_ROW_ENTROPY, measured);
    if (status == LLN_OK)
        lln_entropy_summarise(attention, measured, count, out, error);
    free(measured);
    return status;
}
