/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/pair.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/threads.h"
#include "measure/pair_entries.h"
#include "measure/pair_rows.h"
#include "measure/row_sample.h"

typedef struct {
    const lln_attention *p, *r;
    const lln_pair_options *options;
    bool by_scores; /* else by entries in float64 */
    lln_precision precision;
    void *values[2];    /* V and V' in `precision`; NULL: none */
    size_t columns;     /* of V; 0: none */
    size_t count;       /* of rows to be measured */
    size_t block;       /* rows of one block */
    lln_row_pair *rows; /* [count] */
} comparison;

/* Scratch of one thread. */
typedef struct {
    lln_score_block scores[2];
    lln_entry_block entries;
    void *outputs[2]; /* [block x columns] */
} workspace;

static void workspace_free(workspace *work)
{
    for (int a = 0; a < 2; a++) {
        lln_score_block_close(&work->scores[a]);
        free(work->outputs[a]);
    }
    lln_entry_block_close(&work->entries);
}

static lln_status workspace_alloc(const comparison *c, workspace *work)
{
    const lln_attention *both[2] = {c->p, c->r};
    size_t size = lln_precision_size(c->precision);
    *work = (workspace){0};
    for (int a = 0; a < 2; a++) {
        if (c->by_scores)
            LLN_TRY(lln_score_block_open(both[a], c->block, &work->scores[a]));
        work->outputs[a] = lln_array_alloc_raw(c->block * c->columns, size);
        if (!work->outputs[a])
            return LLN_ENOMEM;
    }
    return c->by_scores
               ? LLN_OK
               : lln_entry_block_open(c->p, c->r, c->block, &work->entries);
}

/* Outputs of a block: panel [rows x m] times V. */
static void multiply(const comparison *c, size_t rows, const void *panel, int a,
                     void *out)
{
    int m = (int)c->p->m, columns = (int)c->columns;
    if (c->precision == LLN_FLOAT32)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows,
                    columns, m, 1, panel, m, c->values[a], columns, 0, out,
                    columns);
    else
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows,
                    columns, m, 1, panel, m, c->values[a], columns, 0, out,
                    columns);
}

/* Multiplies a row of outputs, of weights that sum to 1, by `factor`. */
static void scale_output(const comparison *c, void *row, double factor)
{
    for (size_t j = 0; j < c->columns; j++)
        if (c->precision == LLN_FLOAT32)
            ((float *)row)[j] *= (float)factor;
        else
            ((double *)row)[j] *= factor;
}

/* Fills the outputs of a block, from weights [rows x m] of both. */
static void compare_outputs(const comparison *c, size_t start, size_t rows,
                            const workspace *work)
{
    size_t bytes = c->columns * lln_precision_size(c->precision);
    for (int a = 0; a < 2; a++) {
        const lln_score_block *scores = &work->scores[a];
        multiply(c, rows,
                 c->by_scores ? scores->panel : work->entries.entries[a], a,
                 work->outputs[a]);
        for (size_t i = 0; c->by_scores && i < rows; i++)
            scale_output(c, (char *)work->outputs[a] + i * bytes,
                         scores->rows[i].sum);
    }
    for (size_t i = 0; i < rows; i++)
        if (!isnan(c->rows[start + i].product))
            lln_row_pair_outputs(c->precision,
                                 (const char *)work->outputs[0] + i * bytes,
                                 (const char *)work->outputs[1] + i * bytes,
                                 c->columns, &c->rows[start + i]);
}

/* Clears what is not allowed in a row of weights, or all of it. */
static void clear_row(const lln_score_block *block, size_t i, bool all)
{
    const lln_attention *attention = block->tiles.attention;
    size_t size = lln_precision_size(attention->precision), m = attention->m;
    size_t first = block->tiles.first[i], end = block->tiles.end[i];
    char *row = (char *)block->panel + i * m * size;
    if (all)
        first = end = m;
    memset(row, 0, first * size);
    memset(row + end * size, 0, (m - end) * size);
}

static void compare_scores(const comparison *c, size_t start, size_t rows,
                           workspace *work)
{
    const size_t *queries = c->options->queries;
    lln_score_block *p = &work->scores[0], *r = &work->scores[1];
    bool store = c->columns > 0;
    for (int a = 0; a < 2; a++)
        lln_score_block_fill(&work->scores[a], queries ? queries + start : NULL,
                             start, rows);
    for (size_t i = 0; i < rows && !lln_stop_requested; i++) {
        size_t first = p->tiles.first[i], end = p->tiles.end[i];
        lln_row_pair row = lln_row_pair_undefined();
        if (r->tiles.first[i] == first && r->tiles.end[i] == end)
            row = lln_row_pair_from_scores(
                c->precision, &p->rows[i], &r->rows[i], end - first,
                c->options->top, c->options->distances || store, store);
        for (int a = 0; store && a < 2; a++)
            clear_row(&work->scores[a], i, isnan(row.product));
        c->rows[start + i] = row;
    }
    if (store && !lln_stop_requested)
        compare_outputs(c, start, rows, work);
}

static lln_status compare_entries(const comparison *c, size_t start,
                                  size_t rows, workspace *work)
{
    const size_t *queries = c->options->queries;
    LLN_TRY(lln_entry_block_fill(
        &work->entries, queries ? queries + start : NULL, start, rows));
    for (size_t i = 0; i < rows; i++)
        c->rows[start + i] = lln_entry_block_compare(
            &work->entries, i, queries ? queries[start + i] : start + i,
            c->options->top);
    if (c->columns > 0)
        compare_outputs(c, start, rows, work);
    return LLN_OK;
}

static lln_status compare_block(const comparison *c, size_t start, size_t rows,
                                workspace *work)
{
    if (!c->by_scores)
        return compare_entries(c, start, rows, work);
    compare_scores(c, start, rows, work);
    return LLN_OK;
}

static lln_status compare_rows(const comparison *c)
{
    lln_failure failure = LLN_NO_FAILURE;
    lln_rows_begun += c->count;
#pragma omp parallel
    {
        workspace work;
        lln_failure_note(&failure, 0, workspace_alloc(c, &work));
#pragma omp for schedule(dynamic, 1)
        for (size_t start = 0; start < c->count; start += c->block) {
            size_t here = lln_size_smaller(c->count - start, c->block);
            if (start < failure.item && !lln_stop_requested)
                lln_failure_note(&failure, start,
                                 compare_block(c, start, here, &work));
            lln_rows_done += here;
        }
        workspace_free(&work);
    }
    LLN_TRY(lln_failure_report(&failure));
    return lln_threads_check_stop();
}

static void mean_of(const comparison *c, const double *x, double *mean,
                    double *error)
{
    lln_values_mean(x, sizeof *c->rows / sizeof(double), c->count, c->p->n,
                    mean, error);
}

static double find_matrix_cosine(const comparison *c)
{
    double product = 0, square = 0, other = 0;
    for (size_t i = 0; i < c->count; i++) {
        const lln_row_pair *row = &c->rows[i];
        if (isnan(row->product))
            continue;
        product += row->product;
        square += row->square;
        other += row->other;
    }
    return lln_pair_cosine(product, square, other);
}

static void summarise_rows(const comparison *c, lln_pair *out, lln_pair *error)
{
    const lln_row_pair *rows = c->rows;
    mean_of(c, &rows->js, &out->js, &error->js);
    mean_of(c, &rows->kl, &out->kl, &error->kl);
    mean_of(c, &rows->kl_reverse, &out->kl_reverse, &error->kl_reverse);
    mean_of(c, &rows->variation, &out->variation, &error->variation);
    mean_of(c, &rows->hellinger, &out->hellinger, &error->hellinger);
    mean_of(c, &rows->cosine, &out->row_cosine, &error->row_cosine);
    mean_of(c, &rows->overlap, &out->top_overlap, &error->top_overlap);
    mean_of(c, &rows->recall, &out->transfer_recall, &error->transfer_recall);
    mean_of(c, &rows->recall_relative, &out->transfer_recall_relative,
            &error->transfer_recall_relative);
    mean_of(c, &rows->output_cosine, &out->cosine, &error->cosine);
    lln_values_root_ratio(&rows->error2, &rows->output2,
                          sizeof *rows / sizeof(double), c->count, c->p->n,
                          &out->relative_error, &error->relative_error);
    out->matrix_cosine = find_matrix_cosine(c);
    error->matrix_cosine = NAN;
}

static lln_status check_shapes(const lln_attention *p, const lln_attention *r,
                               const lln_pair_options *o)
{
    if (p->n != r->n || p->m != r->m)
        return lln_fail(LLN_EINVAL,
                        "attention is %zu x %zu, the other %zu x "
                        "%zu",
                        p->n, p->m, r->n, r->m);
    if (o->values.data && o->other_values.data &&
        (o->values.rows != p->m || o->other_values.rows != p->m ||
         o->values.columns != o->other_values.columns))
        return lln_fail(LLN_EINVAL,
                        "values are %zu x %zu, the other %zu x %zu; expected "
                        "%zu rows, and as many columns",
                        o->values.rows, o->values.columns, o->other_values.rows,
                        o->other_values.columns, p->m);
    if (o->top > LLN_ROW_TOP)
        return lln_fail(LLN_EINVAL, "%zu top keys, expected up to %d", o->top,
                        LLN_ROW_TOP);
    if (o->queries ? o->count == 0 : p->n == 0)
        return lln_fail(LLN_EINVAL, "no rows to compare");
    return LLN_OK;
}

/* Values in the precision of the comparison, if both have some. */
static lln_status convert_values(comparison *c)
{
    const lln_matrix given[2] = {c->options->values, c->options->other_values};
    size_t size = lln_precision_size(c->precision);
    if (!given[0].data || !given[1].data)
        return LLN_OK;
    c->columns = given[0].columns;
    for (int a = 0; a < 2; a++) {
        c->values[a] =
            lln_array_alloc_raw(given[a].rows * given[a].columns, size);
        if (!c->values[a])
            return LLN_ENOMEM;
        lln_matrix_convert(given[a], c->precision, c->values[a]);
    }
    return LLN_OK;
}

lln_status lln_pair_measure(lln_attention *p, lln_attention *r,
                            const lln_pair_options *options, lln_pair *out,
                            lln_pair *error)
{
    lln_pair unused;
    LLN_TRY(check_shapes(p, r, options));
    LLN_TRY(lln_attention_prepare(p));
    LLN_TRY(lln_attention_prepare(r));
    comparison c = {.p = p, .r = r, .options = options};
    c.by_scores = p->kind == LLN_ATTENTION_TILES &&
                  r->kind == LLN_ATTENTION_TILES &&
                  p->precision == r->precision;
    c.precision = c.by_scores ? p->precision : LLN_FLOAT64;
    c.count = options->queries ? options->count : p->n;
    c.block = lln_pair_block_rows(p->m, c.precision, c.by_scores);
    c.rows = lln_array_alloc(c.count, sizeof *c.rows);
    lln_status status = c.rows ? convert_values(&c) : LLN_ENOMEM;
    if (status == LLN_OK)
        status = compare_rows(&c);
    if (status == LLN_OK)
        summarise_rows(&c, out, error ? error : &unused);
    free(c.rows);
    free(c.values[0]);
    free(c.values[1]);
    return status;
}
