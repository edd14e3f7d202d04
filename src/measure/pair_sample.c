/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/pair_sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "measure/pair_entries.h"
#include "measure/pair_rows.h"
#include "measure/row_sample.h"

typedef struct {
    size_t first, end;     /* keys that it may see */
    lln_row_scores scores; /* owned, [end - first]; by entries: scores.scores
                              are entries, NaN where the mask hides a key */
} kept_row;

struct lln_pair_sample {
    bool by_scores; /* else by entries */
    lln_precision precision;
    size_t n, m, count;
    kept_row rows[LLN_TILE_ROWS];
};

void lln_pair_sample_close(lln_pair_sample *sample)
{
    for (size_t i = 0; sample && i < sample->count; i++)
        free(sample->rows[i].scores.scores);
    free(sample);
}

/* Copies the entries first .. end - 1 of a row. */
static lln_status keep(const lln_pair_sample *sample, const void *entries,
                       kept_row *row)
{
    size_t count = row->end - row->first;
    size_t size = lln_precision_size(sample->precision);
    row->scores.scores = lln_array_alloc_raw(count, size);
    if (!row->scores.scores)
        return LLN_ENOMEM;
    if (count > 0)
        memcpy(row->scores.scores, entries, count * size);
    return LLN_OK;
}

static lln_status keep_scores(const lln_score_source *source,
                              const size_t *queries, size_t most,
                              lln_pair_sample *out)
{
    lln_score_block block;
    lln_status status = lln_score_block_open(source, most, &block);
    for (size_t at = 0; status == LLN_OK && at < out->count; at += most) {
        size_t here = lln_size_smaller(out->count - at, most);
        lln_score_block_fill(&block, queries ? queries + at : NULL, at, here);
        for (size_t i = 0; status == LLN_OK && i < here; i++) {
            kept_row *row = &out->rows[at + i];
            size_t first = block.tiles.first[i], end = block.tiles.end[i];
            const void *scores = block.rows[i].scores;
            /* Once for all comparisons; scores of tiles are positive. */
            (void)lln_row_scores_take_logs(out->precision, &block.rows[i],
                                           end - first);
            *row = (kept_row){first, end, block.rows[i]};
            status = keep(out, scores, row);
        }
    }
    lln_score_block_close(&block);
    return status;
}

static lln_status keep_entries(const lln_attention *attention,
                               const size_t *queries, size_t most,
                               lln_pair_sample *out)
{
    lln_entry_block block;
    lln_status status =
        lln_entry_block_open(attention, attention, most, &block);
    for (size_t at = 0; status == LLN_OK && at < out->count; at += most) {
        size_t here = lln_size_smaller(out->count - at, most);
        status = lln_entry_block_fill_first(
            &block, queries ? queries + at : NULL, at, here);
        for (size_t i = 0; status == LLN_OK && i < here; i++) {
            kept_row *row = &out->rows[at + i];
            const double *entries = lln_entry_block_visible(
                &block, i, queries ? queries[at + i] : at + i, &row->first,
                &row->end);
            status = keep(out, entries, row);
        }
    }
    lln_entry_block_close(&block);
    return status;
}

static lln_status keep_rows(lln_attention *attention,
                            const lln_score_source *source,
                            const size_t *queries, lln_pair_sample *out)
{
    out->by_scores = lln_score_source_positive(source);
    out->precision = out->by_scores ? source->tiles->precision : LLN_FLOAT64;
    size_t most = lln_pair_block_rows(out->m, out->precision, out->by_scores);
    if (out->by_scores)
        return keep_scores(source, queries, most, out);
    LLN_TRY(lln_attention_prepare(attention));
    return keep_entries(attention, queries, most, out);
}

lln_status lln_pair_sample_open(lln_attention *attention, const size_t *queries,
                                size_t count, lln_pair_sample **out)
{
    *out = NULL;
    if (count == 0 || count > LLN_TILE_ROWS)
        return lln_fail(LLN_EINVAL, "%zu rows, expected 1 to %d", count,
                        LLN_TILE_ROWS);
    lln_pair_sample *sample = lln_array_alloc(1, sizeof *sample);
    if (!sample)
        return LLN_ENOMEM;
    *out = sample;
    sample->n = attention->n;
    sample->m = attention->m;
    sample->count = count;
    lln_score_source source;
    lln_status status = lln_score_source_open(attention, &source);
    if (status == LLN_OK)
        status = keep_rows(attention, &source, queries, sample);
    lln_score_source_close(&source);
    return status;
}

/* Memory for copies of one row of each sample; NULL: they need none. */
typedef struct {
    void *copy[2]; /* [m] */
} scratch;

/* The comparison marks hidden scores: it gets copies. */
static double compare_scores(const lln_pair_sample *p, const kept_row *a,
                             const kept_row *b, const scratch *work)
{
    size_t count = a->end - a->first;
    lln_row_scores both[2] = {a->scores, b->scores};
    for (int i = 0; i < 2 && count > 0 && work->copy[0]; i++) {
        memcpy(work->copy[i], both[i].scores,
               count * lln_precision_size(p->precision));
        both[i].scores = work->copy[i];
    }
    return lln_row_pair_from_scores(p->precision, &both[0], &both[1], count, 0,
                                    true)
        .js;
}

/* Entries of a row as float64, NaN where the mask hides a key. */
static void find_entries(const lln_pair_sample *sample, const kept_row *row,
                         double *out)
{
    const lln_row_scores *scores = &row->scores;
    bool single = sample->precision == LLN_FLOAT32;
    for (size_t j = 0; j < row->end - row->first; j++) {
        double x = single ? (double)((const float *)scores->scores)[j]
                          : ((const double *)scores->scores)[j];
        out[j] = !sample->by_scores ? x
                 : x == -INFINITY   ? NAN
                                    : exp(x - scores->max - scores->log_norm);
    }
}

static double compare_entries(const lln_pair_sample *p, const kept_row *a,
                              const lln_pair_sample *r, const kept_row *b,
                              const scratch *work)
{
    double *x = work->copy[0], *y = work->copy[1];
    size_t used = 0;
    find_entries(p, a, x);
    find_entries(r, b, y);
    for (size_t j = 0; j < a->end - a->first; j++) {
        if (isnan(x[j]) != isnan(y[j]))
            return NAN;
        x[used] = x[j];
        y[used] = y[j];
        used += !isnan(x[j]);
    }
    return lln_row_pair_from_entries(x, y, used, 0).js;
}

/* Whether the scores are compared, as lln_pair_measure would. */
static bool are_scores(const lln_pair_sample *p, const lln_pair_sample *r)
{
    return p->by_scores && r->by_scores && p->precision == r->precision;
}

static double compare_row(const lln_pair_sample *p, const lln_pair_sample *r,
                          size_t i, const scratch *work)
{
    const kept_row *a = &p->rows[i], *b = &r->rows[i];
    if (a->first != b->first || a->end != b->end)
        return NAN;
    return are_scores(p, r) ? compare_scores(p, a, b, work)
                            : compare_entries(p, a, r, b, work);
}

/* Compares row after row until the sum shows that the mean is above `most`: no
 * term is negative, and rows without a value only raise the mean. The margin is
 * for rounding. */
static double compare_rows(const lln_pair_sample *p, const lln_pair_sample *r,
                           double most, const scratch *work)
{
    double js[LLN_TILE_ROWS], sum = 0, mean, error;
    double enough = most * (double)p->count * (1 + 1e-12);
    for (size_t i = 0; i < p->count; i++) {
        js[i] = compare_row(p, r, i, work);
        sum += isnan(js[i]) ? 0 : js[i];
        if (sum > enough)
            return INFINITY;
    }
    lln_values_mean(js, 1, p->count, p->n, &mean, &error);
    return mean;
}

lln_status lln_pair_sample_js(const lln_pair_sample *p,
                              const lln_pair_sample *r, double most, double *js)
{
    scratch work = {{NULL, NULL}};
    lln_status status = LLN_OK;
    *js = NAN;
    if (p->n != r->n || p->m != r->m || p->count != r->count)
        return LLN_OK;
    bool gaps = p->rows[0].scores.gaps || r->rows[0].scores.gaps;
    for (int i = 0; i < 2 && (gaps || !are_scores(p, r)); i++) {
        work.copy[i] = lln_array_alloc_raw(p->m, sizeof(double));
        if (!work.copy[i])
            status = LLN_ENOMEM;
    }
    if (status == LLN_OK)
        *js = compare_rows(p, r, most, &work);
    free(work.copy[0]);
    free(work.copy[1]);
    return status;
}
