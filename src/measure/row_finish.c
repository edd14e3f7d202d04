/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/row_finish.h"

#include <math.h>

#include "measure/row_entries.h"

double lln_row_rounding(const lln_attention *attention, const lln_row *row)
{
    double size = fmax(fabs(row->max), fabs(row->scores.mean));
    bool by_tiles = attention->kind == LLN_ATTENTION_TILES;
    bool logits = by_tiles && attention->tiles.scaled_scores;
    return lln_precision_rounding(by_tiles ? attention->precision : LLN_FLOAT64,
                                  logits ? size : size + 1);
}

/* The statistics of scores alone. */
static lln_row from_state(const lln_attention *attention,
                          const lln_row_state *row, unsigned what)
{
    if (row->count == 0) /* a mask hides all keys */
        return (lln_row){.log_norm = -INFINITY,
                         .max = -INFINITY,
                         .entropy = NAN,
                         .sum_squares = NAN,
                         .varentropy = NAN,
                         .renyi2 = NAN,
                         .low = NAN,
                         .scores = {NAN, NAN, NAN, NAN, NAN}};
    double sum = row->ties + row->rest;
    double log_sum = log1p(row->rest + (row->ties - 1));
    lln_row out = {
        .keys = (size_t)row->count,
        .log_norm = row->max + log_sum,
        .max = row->max,
        .entropy = log_sum + row->slope / sum,
        .sum_squares = (row->ties + row->square) / (sum * sum),
        .top = 1 / sum,
        .sum = 1,
        .varentropy = row->spread / sum,
        .renyi2 = 2 * log_sum - log1p(row->square + (row->ties - 1)),
        .low = row->smallest,
        .scores = row->moments,
    };
    if (!(what & LLN_ROW_ENTROPY))
        out.entropy = out.sum_squares = NAN;
    if (!(what & LLN_ROW_SHAPE))
        out.varentropy = out.renyi2 = out.low = NAN;
    if (!(what & (LLN_ROW_MOMENTS | LLN_ROW_SHAPE)))
        out.scores = (lln_moments){NAN, NAN, NAN, NAN, NAN};
    if (what & LLN_ROW_SHAPE)
        out.scores.m3 = out.scores.m4 = NAN;
    lln_moments_settle(&out.scores, lln_row_rounding(attention, &out));
    return out;
}

/* Sets what depends on the offset of the scores and on the sink. */
static void add_outside(const lln_attention *attention, size_t query,
                        lln_row *row)
{
    row->logit = row->max;
    if (attention->tiles.offset) {
        row->logit += attention->tiles.offset[query];
        row->low += attention->tiles.offset[query];
    }
    row->outside = lln_attention_outside(attention, query, row->log_norm);
    row->sum = row->keys > 0 ? 1 - row->outside : 0;
    row->top *= row->sum;
}

lln_row lln_row_finish(const lln_attention *attention, size_t query,
                       const lln_row_state *state, unsigned what)
{
    lln_row row = from_state(attention, state, what);
    add_outside(attention, query, &row);
    return row;
}

lln_row lln_row_finish_entries(const lln_attention *attention, size_t query,
                               const double *entries, unsigned what,
                               double *logs)
{
    lln_row row = lln_row_from_entries(entries, attention->m, what, logs);
    lln_moments_settle(&row.scores, lln_row_rounding(attention, &row));
    if (attention->rows.outside)
        lln_row_set_outside(&row, entries, attention->m, what, logs);
    if (attention->rows.sums)
        row.sum = attention->rows.sums[query];
    return row;
}
