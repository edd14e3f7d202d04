/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/fidelity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/progress.h"
#include "core/threads.h"
#include "kernel/product.h"
#include "measure/fidelity_row.h"
#include "measure/pair_rows.h"

/* One of the two attentions. */
typedef struct {
    lln_attention *attention;
    lln_score_source scores;
    lln_precision precision; /* of its rows */
    const void *values;      /* V in this precision; NULL: none */
    void *converted;         /* the same if it was not given, owned */
    double *outputs;         /* owned; [n x columns] by its own product, or
                                [count x columns] from rows of P */
    bool own, made;          /* outputs are by its own product; complete */
} side;

struct lln_fidelity_reference {
    lln_fidelity_options options;
    size_t n, m, columns; /* of V; 0: none */
    size_t count;         /* of rows to be measured */
    size_t block;         /* rows of one block */
    side side;
    lln_fidelity_row *rows; /* [count], of the last comparison */
};

typedef struct {
    const lln_fidelity_reference *all;
    side *sides[2]; /* P and R */
} comparison;

/* Scratch of one thread for one of the two attentions. */
typedef struct {
    lln_score_block scores;
    double *entries; /* [block x m], or [m] if it has scores */
    void *products;  /* [block x columns] in its precision */
} side_work;

typedef struct {
    side_work sides[2];
} workspace;

static bool makes_outputs(const comparison *c, int a)
{
    return c->all->columns > 0 && !c->sides[a]->made;
}

static lln_status side_alloc(const comparison *c, int a, side_work *work)
{
    const lln_fidelity_reference *all = c->all;
    const side *s = c->sides[a];
    size_t rows = s->scores.tiles ? 1 : all->block;
    if (s->scores.tiles)
        LLN_TRY(lln_score_block_open(&s->scores, all->block, &work->scores));
    work->entries = lln_array_alloc_raw(rows * all->m, sizeof(double));
    work->products = lln_array_alloc_raw(all->block * all->columns,
                                         lln_precision_size(s->precision));
    return work->entries && work->products ? LLN_OK : LLN_ENOMEM;
}

static void workspace_free(workspace *work)
{
    for (int a = 0; a < 2; a++) {
        lln_score_block_close(&work->sides[a].scores);
        free(work->sides[a].entries);
        free(work->sides[a].products);
    }
}

static lln_status workspace_alloc(const comparison *c, workspace *work)
{
    *work = (workspace){0};
    for (int a = 0; a < 2; a++)
        LLN_TRY(side_alloc(c, a, &work->sides[a]));
    return LLN_OK;
}

/* Whether row i has scores of the same keys, in one precision, in both. */
static bool have_scores(const comparison *c, const workspace *work, size_t i)
{
    const side *p = c->sides[0], *r = c->sides[1];
    const lln_tiles *in_p = &work->sides[0].scores.tiles;
    const lln_tiles *in_r = &work->sides[1].scores.tiles;
    return p->scores.tiles && r->scores.tiles && p->precision == r->precision &&
           in_p->first[i] == in_r->first[i] && in_p->end[i] == in_r->end[i];
}

static size_t count_keys(const side_work *work, size_t i)
{
    return work->scores.tiles.end[i] - work->scores.tiles.first[i];
}

/* The entries of row i of P or R, [m]. */
static const double *find_entries(const comparison *c, int a, side_work *work,
                                  size_t i)
{
    size_t m = c->all->m;
    double *out = work->entries;
    if (!c->sides[a]->scores.tiles)
        return out + i * m;
    memset(out, 0, m * sizeof *out);
    lln_row_scores_entries(c->sides[a]->precision, &work->scores.rows[i],
                           count_keys(work, i),
                           out + work->scores.tiles.first[i]);
    return out;
}

static lln_fidelity_row compare_row(const comparison *c, workspace *work,
                                    size_t i)
{
    side_work *p = &work->sides[0], *r = &work->sides[1];
    size_t top = c->all->options.top;
    if (have_scores(c, work, i)) {
        lln_row_scores *of_p = &p->scores.rows[i], *of_r = &r->scores.rows[i];
        lln_row_pair pair = lln_row_pair_from_scores(
            c->sides[0]->precision, of_p, of_r, count_keys(p, i), top, true);
        if (!isnan(pair.product))
            return lln_fidelity_row_from_pair(&pair, of_p->sum, of_r->sum);
    }
    return lln_fidelity_row_from_entries(
        find_entries(c, 0, p, i), find_entries(c, 1, r, i), c->all->m, top);
}

/* Makes the outputs of a block from its rows. They depend on nothing but these,
 * so that those of R are the same for any P. */
static void make_outputs(const comparison *c, int a, size_t start, size_t rows,
                         side_work *work)
{
    const side *s = c->sides[a];
    const lln_matrix values = {s->precision, c->all->m, c->all->columns,
                               s->values};
    double *out = s->outputs + start * c->all->columns;
    if (s->scores.tiles)
        lln_score_block_weigh(&work->scores, rows);
    lln_rows_multiply(s->scores.tiles ? work->scores.panel : work->entries,
                      rows, values, work->products);
    lln_matrix products = {s->precision, rows, c->all->columns, work->products};
    lln_matrix_convert(products, LLN_FLOAT64, out);
    for (size_t i = 0; s->scores.tiles && i < rows; i++)
        for (size_t j = 0; j < c->all->columns; j++)
            out[i * c->all->columns + j] *= work->scores.rows[i].sum;
}

static void compare_outputs(const comparison *c, size_t start, size_t rows,
                            workspace *work)
{
    const lln_fidelity_reference *all = c->all;
    const size_t *queries = all->options.queries;
    for (int a = 0; a < 2; a++)
        if (makes_outputs(c, a))
            make_outputs(c, a, start, rows, &work->sides[a]);
    for (size_t i = start; i < start + rows; i++) {
        const double *both[2];
        for (int a = 0; a < 2; a++) {
            size_t at = c->sides[a]->own && queries ? queries[i] : i;
            both[a] = c->sides[a]->outputs + at * all->columns;
        }
        lln_fidelity_row_outputs(both[0], both[1], all->columns, &all->rows[i]);
    }
}

static lln_status compare_block(const comparison *c, size_t start, size_t count,
                                workspace *work)
{
    const lln_fidelity_reference *all = c->all;
    const size_t *queries = all->options.queries;
    queries = queries ? queries + start : NULL;
    for (int a = 0; a < 2; a++)
        if (c->sides[a]->scores.tiles)
            lln_score_block_fill(&work->sides[a].scores, queries, start, count);
        else
            LLN_TRY(lln_attention_listed_rows(c->sides[a]->attention, queries,
                                              start, count,
                                              work->sides[a].entries));
    for (size_t i = 0; i < count && !lln_stop_requested; i++)
        all->rows[start + i] = compare_row(c, work, i);
    if (all->columns > 0 && !lln_stop_requested)
        compare_outputs(c, start, count, work);
    return LLN_OK;
}

static lln_status compare_rows(const comparison *c)
{
    lln_failure failure = LLN_NO_FAILURE;
    lln_rows_begun += c->all->count;
#pragma omp parallel
    {
        workspace work;
        lln_failure_note(&failure, 0, workspace_alloc(c, &work));
#pragma omp for schedule(dynamic, 1)
        for (size_t start = 0; start < c->all->count; start += c->all->block) {
            size_t here =
                lln_size_smaller(c->all->count - start, c->all->block);
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

/* sqrt(sum x / sum y) over the rows; x and y point to the fields of the first
 * row. */
static void root_ratio(const lln_fidelity_reference *c, const double *x,
                       const double *y, double *ratio, double *error)
{
    lln_values_root_ratio(x, y, sizeof *c->rows / sizeof(double), c->count,
                          c->n, ratio, error);
}

static void mean_of(const lln_fidelity_reference *c, const double *x,
                    double *mean, double *error)
{
    lln_values_mean(x, sizeof *c->rows / sizeof(double), c->count, c->n, mean,
                    error);
}

/* NaN if a row has negative entries: a mean over the other rows only would look
 * too good. */
static void require_all(const lln_fidelity_reference *c, const double *x,
                        double *mean, double *error)
{
    const size_t stride = sizeof *c->rows / sizeof(double);
    for (size_t i = 0; i < c->count; i++)
        if (isnan(x[i * stride]))
            *mean = *error = NAN;
}

static void summarise_rows(const lln_fidelity_reference *c, lln_fidelity *out,
                           lln_fidelity *error)
{
    const lln_fidelity_row *rows = c->rows;
    out->row_sum_min = INFINITY;
    out->row_sum_error_largest = 0;
    for (size_t i = 0; i < c->count; i++) {
        out->row_sum_min = fmin(out->row_sum_min, rows[i].sum);
        out->row_sum_error_largest =
            fmax(out->row_sum_error_largest, rows[i].sum_error);
    }
    error->row_sum_min = error->row_sum_error_largest = NAN;
    root_ratio(c, &rows->error2, &rows->output2, &out->relative_error,
               &error->relative_error);
    root_ratio(c, &rows->entry_error2, &rows->entry2, &out->matrix_error,
               &error->matrix_error);
    mean_of(c, &rows->cosine, &out->cosine, &error->cosine);
    mean_of(c, &rows->divergence, &out->divergence, &error->divergence);
    require_all(c, &rows->divergence, &out->divergence, &error->divergence);
    mean_of(c, &rows->lost, &out->lost_mass, &error->lost_mass);
    mean_of(c, &rows->sum_error, &out->row_sum_error, &error->row_sum_error);
    mean_of(c, &rows->variation, &out->variation, &error->variation);
    mean_of(c, &rows->overlap, &out->top_overlap, &error->top_overlap);
    mean_of(c, &rows->order, &out->rank_correlation, &error->rank_correlation);
    mean_of(c, &rows->recall, &out->transfer_recall, &error->transfer_recall);
    mean_of(c, &rows->entry_cosine, &out->row_cosine, &error->row_cosine);
    mean_of(c, &rows->js, &out->js, &error->js);
    require_all(c, &rows->divergence, &out->js, &error->js);
    mean_of(c, &rows->hellinger, &out->hellinger, &error->hellinger);
    require_all(c, &rows->divergence, &out->hellinger, &error->hellinger);
}

static lln_status check_options(const lln_attention *reference,
                                const lln_fidelity_options *options)
{
    if (options->values.data && options->values.rows != reference->m)
        return lln_fail(LLN_EINVAL, "%zu rows of values, expected %zu",
                        options->values.rows, reference->m);
    if (options->top < 1 || options->top > LLN_ROW_TOP)
        return lln_fail(LLN_EINVAL, "%zu top keys, expected 1 to %d",
                        options->top, LLN_ROW_TOP);
    if (options->queries ? options->count == 0 : reference->n == 0)
        return lln_fail(LLN_EINVAL, "no rows to compare");
    return LLN_OK;
}

/* Sets V in the precision, converted if it was not given in it. */
static lln_status find_values(const lln_fidelity_reference *all,
                              lln_precision precision, side *s)
{
    lln_matrix given = all->options.values;
    s->values = given.data;
    if (given.precision == precision)
        return LLN_OK;
    s->converted = lln_array_alloc_raw(given.rows * given.columns,
                                       lln_precision_size(precision));
    if (!s->converted)
        return LLN_ENOMEM;
    lln_matrix_convert(given, precision, s->converted);
    s->values = s->converted;
    return LLN_OK;
}

/* Prepares the outputs. For all rows, the kernel's own product computes them at
 * once. */
static lln_status open_outputs(const lln_fidelity_reference *all, side *s)
{
    lln_matrix v = {LLN_FLOAT64, all->m, all->columns, NULL};
    s->own = s->attention->product && all->count == all->n;
    s->outputs =
        lln_array_alloc_raw(all->count * all->columns, sizeof *s->outputs);
    if (!s->outputs)
        return LLN_ENOMEM;
    LLN_TRY(find_values(all, s->own ? LLN_FLOAT64 : s->precision, s));
    if (!s->own)
        return LLN_OK;
    v.data = s->values;
    LLN_TRY(lln_attention_product(s->attention, v, s->outputs));
    s->made = true;
    free(s->converted);
    s->converted = NULL;
    return LLN_OK;
}

static lln_status open_side(const lln_fidelity_reference *all,
                            lln_attention *attention, side *s)
{
    *s = (side){.attention = attention, .precision = LLN_FLOAT64};
    LLN_TRY(lln_score_source_open(attention, &s->scores));
    if (s->scores.tiles)
        s->precision = s->scores.tiles->precision;
    return all->columns > 0 ? open_outputs(all, s) : LLN_OK;
}

static void close_side(side *s)
{
    lln_score_source_close(&s->scores);
    free(s->outputs);
    free(s->converted);
}

lln_status lln_fidelity_open(lln_attention *reference,
                             const lln_fidelity_options *options,
                             lln_fidelity_reference **out)
{
    *out = NULL;
    LLN_TRY(check_options(reference, options));
    lln_fidelity_reference *all = lln_array_alloc(1, sizeof *all);
    if (!all)
        return LLN_ENOMEM;
    all->options = *options;
    all->n = reference->n;
    all->m = reference->m;
    all->columns = options->values.data ? options->values.columns : 0;
    all->count = options->queries ? options->count : reference->n;
    /* Of no P, so that the outputs of R do not depend on the first. */
    all->block = lln_pair_block_rows(all->m, LLN_FLOAT64, true);
    all->rows = lln_array_alloc(all->count, sizeof *all->rows);
    lln_status status = all->rows ? LLN_OK : LLN_ENOMEM;
    if (status == LLN_OK)
        status = open_side(all, reference, &all->side);
    if (status == LLN_OK)
        *out = all;
    else
        lln_fidelity_close(all);
    return status;
}

void lln_fidelity_close(lln_fidelity_reference *reference)
{
    if (!reference)
        return;
    close_side(&reference->side);
    free(reference->rows);
    free(reference);
}

lln_status lln_fidelity_compare(lln_fidelity_reference *reference,
                                lln_attention *attention, lln_fidelity *out,
                                lln_fidelity *error)
{
    side s;
    lln_fidelity unused;
    if (attention->n != reference->n || attention->m != reference->m)
        return lln_fail(LLN_EINVAL,
                        "attention is %zu x %zu, its reference %zu x %zu",
                        attention->n, attention->m, reference->n, reference->m);
    lln_status status = open_side(reference, attention, &s);
    const comparison c = {reference, {&s, &reference->side}};
    if (status == LLN_OK)
        status = compare_rows(&c);
    if (status == LLN_OK) {
        reference->side.made = true;
        summarise_rows(reference, out, error ? error : &unused);
    }
    close_side(&s);
    return status;
}

lln_status lln_fidelity_measure(lln_attention *attention,
                                lln_attention *reference,
                                const lln_fidelity_options *options,
                                lln_fidelity *out, lln_fidelity *error)
{
    lln_fidelity_reference *opened;
    LLN_TRY(lln_fidelity_open(reference, options, &opened));
    lln_status status = lln_fidelity_compare(opened, attention, out, error);
    lln_fidelity_close(opened);
    return status;
}
