/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/pair_block.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/threads.h"

void lln_pair_scratch_free(lln_pair_scratch *work)
{
    for (size_t i = 0; i < work->count; i++) {
        if (work->scores)
            lln_score_block_close(&work->scores[i]);
        if (work->outputs)
            free(work->outputs[i]);
    }
    free(work->scores);
    free(work->outputs);
    lln_entry_block_close(&work->entries);
}

lln_status lln_pair_scratch_alloc(const lln_pair_job *c, lln_pair_scratch *work)
{
    size_t size = lln_precision_size(c->precision);
    *work = (lln_pair_scratch){.count = c->head_count};
    work->scores = lln_array_alloc(work->count, sizeof *work->scores);
    work->outputs = lln_array_alloc(work->count, sizeof *work->outputs);
    if (!work->scores || !work->outputs)
        return LLN_ENOMEM;
    for (size_t i = 0; i < work->count; i++) {
        const lln_score_source *source = &c->sources[c->heads[i]];
        if (c->by_scores)
            LLN_TRY(lln_score_block_open(source, c->block, &work->scores[i]));
        work->outputs[i] = lln_array_alloc_raw(c->block * c->columns, size);
        if (!work->outputs[i])
            return LLN_ENOMEM;
    }
    return c->by_scores ? LLN_OK
                        : lln_entry_block_open(c->sides[c->heads[0]].attention,
                                               c->sides[c->heads[1]].attention,
                                               c->block, &work->entries);
}

/* Multiplies a row of outputs, of weights that sum to 1, by `factor`. */
static void scale_output(const lln_pair_job *c, void *row, double factor)
{
    for (size_t j = 0; j < c->columns; j++)
        if (c->precision == LLN_FLOAT32)
            ((float *)row)[j] *= (float)factor;
        else
            ((double *)row)[j] *= factor;
}

/* Makes the outputs of a block for each head of the part. */
static void make_outputs(const lln_pair_job *c, size_t rows,
                         lln_pair_scratch *work)
{
    size_t bytes = c->columns * lln_precision_size(c->precision);
    for (size_t place = 0; place < work->count; place++) {
        lln_score_block *scores = &work->scores[place];
        if (c->by_scores)
            lln_score_block_weigh(scores, rows);
        lln_matrix values = {c->precision, c->m, c->columns,
                             c->values[c->heads[place]]};
        lln_rows_multiply(c->by_scores ? scores->panel
                                       : work->entries.entries[place],
                          rows, values, work->outputs[place]);
        for (size_t i = 0; c->by_scores && i < rows; i++)
            scale_output(c, (char *)work->outputs[place] + i * bytes,
                         scores->rows[i].sum);
    }
}

lln_row_pair *lln_pair_rows_of(const lln_pair_job *c, size_t i, size_t j)
{
    return c->rows + (i * c->size[1] + j) * c->count;
}

static void compare_outputs(const lln_pair_job *c, size_t start, size_t rows,
                            size_t a, size_t b, const lln_pair_scratch *work)
{
    size_t bytes = c->columns * lln_precision_size(c->precision);
    const char *p = work->outputs[c->places[0][a]];
    const char *r = work->outputs[c->places[1][b]];
    lln_row_pair *out = lln_pair_rows_of(c, a, b) + start;
    for (size_t i = 0; i < rows; i++)
        if (!isnan(out[i].product))
            lln_row_pair_outputs(c->precision, p + i * bytes, r + i * bytes,
                                 c->columns, &out[i]);
}

static void compare_scores(const lln_pair_job *c, size_t rows,
                           lln_score_block *p, lln_score_block *r,
                           lln_row_pair *out)
{
    bool distances = c->options->distances || c->columns > 0;
    for (size_t i = 0; i < rows && !lln_stop_requested; i++) {
        size_t first = p->tiles.first[i], end = p->tiles.end[i];
        out[i] = lln_row_pair_undefined();
        if (r->tiles.first[i] == first && r->tiles.end[i] == end)
            out[i] = lln_row_pair_from_scores(c->precision, &p->rows[i],
                                              &r->rows[i], end - first,
                                              c->options->top, distances);
    }
}

static lln_status compare_entries(const lln_pair_job *c, size_t start,
                                  size_t rows, lln_pair_scratch *work)
{
    const size_t *queries = c->options->queries;
    LLN_TRY(lln_entry_block_fill(
        &work->entries, queries ? queries + start : NULL, start, rows));
    for (size_t i = 0; i < rows; i++)
        c->rows[start + i] = lln_entry_block_compare(
            &work->entries, i, queries ? queries[start + i] : start + i,
            c->options->top);
    return LLN_OK;
}

static lln_status fill_scores(const lln_pair_job *c, size_t start, size_t rows,
                              lln_pair_scratch *work)
{
    const size_t *queries = c->options->queries;
    for (size_t place = 0; place < work->count; place++) {
        lln_score_block_fill(&work->scores[place],
                             queries ? queries + start : NULL, start, rows);
        if (!lln_stop_requested)
            LLN_TRY(lln_score_block_settle(&work->scores[place], rows,
                                           c->options->top));
    }
    return LLN_OK;
}

lln_status lln_pair_compare_block(const lln_pair_job *c, size_t start,
                                  size_t rows, lln_pair_scratch *work)
{
    LLN_TRY(c->by_scores ? fill_scores(c, start, rows, work)
                         : compare_entries(c, start, rows, work));
    for (size_t a = 0; c->by_scores && a < c->size[0]; a++)
        for (size_t b = 0; b < c->size[1]; b++)
            compare_scores(c, rows, &work->scores[c->places[0][a]],
                           &work->scores[c->places[1][b]],
                           lln_pair_rows_of(c, a, b) + start);
    if (c->columns == 0 || lln_stop_requested)
        return LLN_OK;
    make_outputs(c, rows, work);
    for (size_t a = 0; a < c->size[0]; a++)
        for (size_t b = 0; b < c->size[1]; b++)
            compare_outputs(c, start, rows, a, b, work);
    return LLN_OK;
}
