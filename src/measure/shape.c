/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/shape.h"

#include <math.h>

#include "measure/row_sample.h"

static double varentropy(const lln_row *row)
{
    return row->varentropy;
}

static double renyi2(const lln_row *row)
{
    return row->renyi2;
}

/* Moments of the logits of all rows. */
static void set_logits(const lln_row *rows, size_t count, lln_shape *out)
{
    lln_moments all = {0};
    for (size_t i = 0; i < count; i++) {
        lln_moments row = rows[i].scores;
        if (rows[i].keys == 0)
            continue;
        row.mean += rows[i].logit - rows[i].max; /* the offset */
        lln_moments_merge(&all, &row);
        out->min_logit = fmin(out->min_logit, rows[i].low);
    }
    if (!(all.count > 0))
        return;
    out->logit_sd = sqrt(all.m2 / all.count);
    out->logit_rms = hypot(out->logit_sd, all.mean);
}

static double clip_factor(const lln_row *rows, size_t count, double clip)
{
    double most = NAN;
    for (size_t i = 0; i < count; i++)
        if (rows[i].keys > 0)
            most = fmax(most, rows[i].logit);
    if (isnan(most))
        return NAN;
    return most > 0 ? fmin(1, clip / most) : 1;
}

void lln_shape_summarise(const lln_attention *attention, const lln_row *rows,
                         size_t count, double clip, lln_shape *out,
                         lln_shape *error)
{
    lln_shape unused = {0};
    bool negative = false;
    error = error ? error : &unused;
    *out = *error = (lln_shape){NAN, NAN, NAN, NAN, NAN, NAN};
    for (size_t i = 0; i < count; i++)
        negative = negative || rows[i].negative > 0;
    if (!negative) {
        lln_rows_mean(rows, count, attention->n, varentropy, &out->varentropy,
                      &error->varentropy);
        lln_rows_mean(rows, count, attention->n, renyi2, &out->renyi2,
                      &error->renyi2);
    }
    if (!attention->tiles.scaled_scores)
        return;
    set_logits(rows, count, out);
    out->qk_clip_factor = clip_factor(rows, count, clip);
}
