/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/fidelity.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/threads.h"
#include "kernel/product.h"
#include "measure/pair_rows.h"

/* One of the two attentions. */
typedef struct {
    lln_attention *attention;
    const lln_attention *tiles;  /* of its scores; NULL: it has rows only */
    lln_attention_scores scores; /* opened, if it is given by rows */
    lln_precision precision;     /* of its rows */
    const void *values;          /* V in this precision; NULL: not needed */
    double *outputs; /* [n x columns] by its own product; NULL: they are made
                        from rows of P */
} side;

typedef struct {
    side sides[2]; /* P and R */
    const lln_fidelity_options *options;
    size_t n, m, columns; /* of V; 0: none */
    void *converted[2];   /* V in float32 and float64, owned; NULL: not needed,
                             or as it was given */
    size_t count;         /* of rows to be measured */
    size_t block;         /* rows of one block */
    lln_fidelity_row *rows;
} comparison;

/* Scratch of one thread for one of the two attentions. */
typedef struct {
    lln_score_block scores;
    double *entries;             /* [block x m], or [m] if it has scores */
    void *products;              /* [block x columns] in its precision */
    double *outputs;             /* [block x columns] */
    double scale[LLN_TILE_ROWS]; /* outputs / products */
} side_work;

typedef struct {
    side_work sides[2];
} workspace;

static bool makes_outputs(const comparison *c, int a)
{
    return c->columns > 0 && !c->sides[a].outputs;
}

static lln_status side_alloc(const comparison *c, int a, side_work *work)
{
    const side *s = &c->sides[a];
    size_t rows = s->tiles ? 1 : c->block, size = c->block * c->columns;
    if (s->tiles) {
        LLN_TRY(lln_score_block_open(s->tiles, c->block, &work->scores));
        work->scores.zeros = s->scores.zeros;
        work->scores.sums = s->scores.sums;
    }
    work->entries = lln_array_alloc_raw(rows * c->m, sizeof(double));
    work->products =
        lln_array_alloc_raw(size, lln_precision_size(s->precision));
    work->outputs = lln_array_alloc_raw(size, sizeof(double));
    return work->entries && work->products && work->outputs ? LLN_OK
                                                            : LLN_ENOMEM;
}

static void workspace_free(workspace *work)
{
    for (int a = 0; work && a < 2; a++) {
        side_work *s = &work->sides[a];
        lln_score_block_close(&s->scores);
        free(s->entries);
        free(s->products);
        free(s->outputs);
    }
    free(work);
}

static lln_status workspace_alloc(const comparison *c, workspace **work)
{
    *work = lln_array_alloc(1, sizeof **work);
    if (!*work)
        return LLN_ENOMEM;
    for (int a = 0; a < 2; a++)
        LLN_TRY(side_alloc(c, a, &(*work)->sides[a]));
    return LLN_OK;
}

/* Whether row i has scores of the same keys, in one precision, in both. */
static bool have_scores(const comparison *c, const workspace *work, size_t i)
{
    const side *p = &c->sides[0], *r = &c->sides[1];
    const lln_tiles *in_p = &work->sides[0].scores.tiles;
    const lln_tiles *in_r = &work->sides[1].scores.tiles;
    return p->tiles && r->tiles && p->precision == r->precision &&
           in_p->first[i] == in_r->first[i] && in_p->end[i] == in_r->end[i];
}

/* The entries of row i of P or R, [m]. */
static const double *find_entries(const comparison *c, int a, side_work *work,
                                  size_t i)
{
    const lln_tiles *tiles = &work->scores.tiles;
    double *out = work->entries;
    if (!c->sides[a].tiles)
        return out + i * c->m;
    memset(out, 0, c->m * sizeof *out);
    lln_row_scores_entries(c->sides[a].precision, &work->scores.rows[i],
                           tiles->end[i] - tiles->first[i],
                           out + tiles->first[i]);
    return out;
}

/* Makes row i of the scores one of weights for all keys, if outputs need it:
 * `stored`, they are already weights of sum 1, else they are entries. */
static void settle_row(const comparison *c, int a, side_work *work, size_t i,
                       bool stored)
{
    const side *s = &c->sides[a];
    work->scale[i] = 1;
    if (!s->tiles || !makes_outputs(c, a))
        return;
    size_t size = lln_precision_size(s->precision), m = c->m;
    size_t first = work->scores.tiles.first[i], end = work->scores.tiles.end[i];
    char *row = (char *)work->scores.panel + i * m * size;
    if (!stored) {
        lln_matrix entries = {LLN_FLOAT64, 1, m, work->entries};
        lln_matrix_convert(entries, s->precision, row);
        return;
    }
    work->scale[i] = work->scores.rows[i].sum;
    memset(row, 0, first * size);
    memset(row + end * size, 0, (m - end) * size);
}

static lln_fidelity_row compare_row(const comparison *c, workspace *work,
                                    size_t i)
{
    side_work *p = &work->sides[0], *r = &work->sides[1];
    size_t top = c->options->top;
    bool store = makes_outputs(c, 0) || makes_outputs(c, 1), scores = false;
    lln_fidelity_row row;
    if (have_scores(c, work, i)) {
        lln_row_scores *of_p = &p->scores.rows[i], *of_r = &r->scores.rows[i];
        lln_row_pair pair = lln_row_pair_from_scores(
            c->sides[0].precision, of_p, of_r,
            p->scores.tiles.end[i] - p->scores.tiles.first[i], top, true,
            store);
        scores = !isnan(pair.product);
        if (scores)
            row = lln_fidelity_row_from_pair(&pair, of_p->sum, of_r->sum);
    }
    if (!scores)
        row = lln_fidelity_row_from_entries(
            find_entries(c, 0, p, i), find_entries(c, 1, r, i), c->m, top);
    settle_row(c, 0, p, i, scores);
    settle_row(c, 1, r, i, scores);
    return row;
}

/* Makes the outputs of a block from its rows. */
static void make_outputs(const comparison *c, int a, size_t rows,
                         side_work *work)
{
    const side *s = &c->sides[a];
    int m = (int)c->m, columns = (int)c->columns;
    if (s->precision == LLN_FLOAT32)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows,
                    columns, m, 1, work->scores.panel, m, s->values, columns, 0,
                    work->products, columns);
    else
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows,
                    columns, m, 1,
                    s->tiles ? work->scores.panel : work->entries, m, s->values,
                    columns, 0, work->products, columns);
    lln_matrix products = {s->precision, rows, c->columns, work->products};
    lln_matrix_convert(products, LLN_FLOAT64, work->outputs);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < c->columns; j++)
            work->outputs[i * c->columns + j] *= work->scale[i];
}

static void compare_outputs(const comparison *c, size_t start, size_t rows,
                            workspace *work)
{
    const size_t *queries = c->options->queries;
    for (int a = 0; a < 2; a++)
        if (makes_outputs(c, a))
            make_outputs(c, a, rows, &work->sides[a]);
    for (size_t i = 0; i < rows; i++) {
        size_t query = queries ? queries[start + i] : start + i;
        const double *both[2];
        for (int a = 0; a < 2; a++)
            both[a] = makes_outputs(c, a)
                          ? work->sides[a].outputs + i * c->columns
                          : c->sides[a].outputs + query * c->columns;
        lln_fidelity_row_outputs(both[0], both[1], c->columns,
                                 &c->rows[start + i]);
    }
}

static lln_status compare_block(const comparison *c, size_t start, size_t count,
                                workspace *work)
{
    const size_t *queries = c->options->queries;
    queries = queries ? queries + start : NULL;
    for (int a = 0; a < 2; a++)
        if (c->sides[a].tiles)
            lln_score_block_fill(&work->sides[a].scores, queries, start, count);
        else
            LLN_TRY(lln_attention_listed_rows(c->sides[a].attention, queries,
                                              start, count,
                                              work->sides[a].entries));
    for (size_t i = 0; i < count && !lln_stop_requested; i++)
        c->rows[start + i] = compare_row(c, work, i);
    if (c->columns > 0 && !lln_stop_requested)
        compare_outputs(c, start, count, work);
    return LLN_OK;
}

static lln_status compare_rows(const comparison *c)
{
    lln_failure failure = LLN_NO_FAILURE;
    lln_rows_begun += c->count;
#pragma omp parallel
    {
        workspace *work;
        lln_failure_note(&failure, 0, workspace_alloc(c, &work));
#pragma omp for schedule(dynamic, 1)
        for (size_t start = 0; start < c->count; start += c->block) {
            size_t here = lln_size_smaller(c->count - start, c->block);
            if (start < failure.item && !lln_stop_requested)
                lln_failure_note(&failure, start,
                                 compare_block(c, start, here, work));
            lln_rows_done += here;
        }
        workspace_free(work);
    }
    LLN_TRY(lln_failure_report(&failure));
    return lln_threads_check_stop();
}

/* sqrt(sum x / sum y) over the rows; x and y point to the fields of the first
 * row. */
static void root_ratio(const comparison *c, const double *x, const double *y,
                       double *ratio, double *error)
{
    lln_values_root_ratio(x, y, sizeof *c->rows / sizeof(double), c->count,
                          c->n, ratio, error);
}

static void mean_of(const comparison *c, const double *x, double *mean,
                    double *error)
{
    lln_values_mean(x, sizeof *c->rows / sizeof(double), c->count, c->n, mean,
                    error);
}

/* NaN if a row has negative entries: a mean over the other rows only would look
 * too good. */
static void require_all(const comparison *c, const double *x, double *mean,
                        double *error)
{
    const size_t stride = sizeof *c->rows / sizeof(double);
    for (size_t i = 0; i < c->count; i++)
        if (isnan(x[i * stride]))
            *mean = *error = NAN;
}

static void summarise_rows(const comparison *c, lln_fidelity *out,
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

static lln_status check_shapes(const lln_attention *attention,
                               const lln_attention *reference,
                               const lln_fidelity_options *options)
{
    if (attention->n != reference->n || attention->m != reference->m)
        return lln_fail(LLN_EINVAL,
                        "attention is %zu x %zu, its reference "
                        "%zu x %zu",
                        attention->n, attention->m, reference->n, reference->m);
    if (options->values.data && options->values.rows != attention->m)
        return lln_fail(LLN_EINVAL, "%zu rows of values, expected %zu",
                        options->values.rows, attention->m);
    if (options->top < 1 || options->top > LLN_ROW_TOP)
        return lln_fail(LLN_EINVAL, "%zu top keys, expected 1 to %d",
                        options->top, LLN_ROW_TOP);
    if (options->queries ? options->count == 0 : attention->n == 0)
        return lln_fail(LLN_EINVAL, "no rows to compare");
    return LLN_OK;
}

/* V in the precision, converted if it was not given in it; NULL: no memory. */
static const void *find_values(comparison *c, lln_precision precision)
{
    lln_matrix given = c->options->values;
    void **converted = &c->converted[precision == LLN_FLOAT64];
    if (given.precision == precision)
        return given.data;
    if (!*converted) {
        *converted = lln_array_alloc_raw(given.rows * given.columns,
                                         lln_precision_size(precision));
        if (*converted)
            lln_matrix_convert(given, precision, *converted);
    }
    return *converted;
}

/* Computes all outputs at once if the kernel has its own product. */
static lln_status multiply(comparison *c, side *s)
{
    bool own = s->attention->product && c->count == c->n;
    s->values = find_values(c, own ? LLN_FLOAT64 : s->precision);
    if (!s->values)
        return LLN_ENOMEM;
    if (!own)
        return LLN_OK;
    s->outputs = lln_array_alloc_raw(c->n * c->columns, sizeof *s->outputs);
    if (!s->outputs)
        return LLN_ENOMEM;
    return lln_attention_product(
        s->attention, (lln_matrix){LLN_FLOAT64, c->m, c->columns, s->values},
        s->outputs);
}

static lln_status open_side(comparison *c, lln_attention *attention, side *s)
{
    s->attention = attention;
    if (attention->kind == LLN_ATTENTION_TILES) {
        s->tiles = attention;
    } else if (attention->rows.scores) {
        LLN_TRY(attention->rows.scores(attention, &s->scores));
        s->tiles = &s->scores.tiles;
    }
    s->precision = s->tiles ? s->tiles->precision : LLN_FLOAT64;
    if (c->columns > 0)
        LLN_TRY(multiply(c, s));
    return s->tiles == &s->scores.tiles ? LLN_OK
                                        : lln_attention_prepare(attention);
}

static void close_comparison(comparison *c)
{
    for (int a = 0; a < 2; a++) {
        lln_attention_close(&c->sides[a].scores.tiles);
        free(c->sides[a].outputs);
        free(c->converted[a]);
    }
    free(c->rows);
}

static lln_status open_comparison(comparison *c, lln_attention *attention,
                                  lln_attention *reference)
{
    c->rows = lln_array_alloc(c->count, sizeof *c->rows);
    if (!c->rows)
        return LLN_ENOMEM;
    LLN_TRY(open_side(c, attention, &c->sides[0]));
    LLN_TRY(open_side(c, reference, &c->sides[1]));
    bool wide = false, by_scores = true;
    for (int a = 0; a < 2; a++) {
        wide = wide || c->sides[a].precision == LLN_FLOAT64;
        by_scores = by_scores && c->sides[a].tiles;
    }
    c->block =
        lln_pair_block_rows(c->m, wide ? LLN_FLOAT64 : LLN_FLOAT32, by_scores);
    return LLN_OK;
}

lln_status lln_fidelity_measure(lln_attention *attention,
                                lln_attention *reference,
                                const lln_fidelity_options *options,
                                lln_fidelity *out, lln_fidelity *error)
{
    lln_fidelity unused;
    LLN_TRY(check_shapes(attention, reference, options));
    comparison c = {
        .options = options,
        .n = attention->n,
        .m = attention->m,
        .columns = options->values.data ? options->values.columns : 0,
        .count = options->queries ? options->count : attention->n,
    };
    lln_status status = open_comparison(&c, attention, reference);
    if (status == LLN_OK)
        status = compare_rows(&c);
    if (status == LLN_OK)
        summarise_rows(&c, out, error ? error : &unused);
    close_comparison(&c);
    return status;
}
