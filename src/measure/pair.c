/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/pair.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/progress.h"
#include "core/threads.h"
#include "measure/pair_entries.h"
#include "measure/pair_rows.h"
#include "measure/row_sample.h"

/* Memory of the scores of a block of rows of all heads, for each thread, and of
 * the results of rows. */
enum { PANEL_BYTES = 8 << 20, RESULT_BYTES = 8 << 20 };

/* Heads first[0] .. first[0] + size[0] - 1 as P, and first[1] .. as R. */
typedef struct {
    size_t first[2], size[2];
} rectangle;

typedef struct {
    const lln_pair_side *sides;
    const lln_pair_options *options;
    lln_score_source *sources; /* of each side */
    bool by_scores; /* else by entries in float64, and one pair at a time */
    lln_precision precision;
    void **values; /* of each side in `precision`; NULL: outputs are not
                      compared */
    size_t n, m, columns;
    size_t count;       /* of rows to be measured */
    size_t block;       /* rows of one block */
    rectangle part;     /* being compared */
    lln_row_pair *rows; /* [pairs of the part x count] */
} comparison;

/* Scratch of one thread. */
typedef struct {
    size_t count;
    lln_score_block *scores; /* [count] */
    void **outputs;          /* [count][block x columns] */
    lln_entry_block entries;
} workspace;

static bool shares_heads(const rectangle *part)
{
    return part->first[0] == part->first[1];
}

/* The heads of a part, each once: P, then those of R unless they are the
 * same. */
static size_t count_heads(const rectangle *part)
{
    return part->size[0] + (shares_heads(part) ? 0 : part->size[1]);
}

/* Where head i of P or R is among them. */
static size_t place_of(const rectangle *part, int a, size_t i)
{
    return i + (a == 0 || shares_heads(part) ? 0 : part->size[0]);
}

static size_t side_at(const rectangle *part, size_t place)
{
    return place < part->size[0] ? part->first[0] + place
                                 : part->first[1] + place - part->size[0];
}

static void workspace_free(workspace *work)
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

static lln_status workspace_alloc(const comparison *c, workspace *work)
{
    size_t size = lln_precision_size(c->precision);
    *work = (workspace){.count = count_heads(&c->part)};
    work->scores = lln_array_alloc(work->count, sizeof *work->scores);
    work->outputs = lln_array_alloc(work->count, sizeof *work->outputs);
    if (!work->scores || !work->outputs)
        return LLN_ENOMEM;
    for (size_t i = 0; i < work->count; i++) {
        const lln_score_source *source = &c->sources[side_at(&c->part, i)];
        if (c->by_scores)
            LLN_TRY(lln_score_block_open(source, c->block, &work->scores[i]));
        work->outputs[i] = lln_array_alloc_raw(c->block * c->columns, size);
        if (!work->outputs[i])
            return LLN_ENOMEM;
    }
    return c->by_scores
               ? LLN_OK
               : lln_entry_block_open(c->sides[c->part.first[0]].attention,
                                      c->sides[c->part.first[1]].attention,
                                      c->block, &work->entries);
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

/* Makes the outputs of a block for each head of the part. */
static void make_outputs(const comparison *c, size_t rows, workspace *work)
{
    size_t bytes = c->columns * lln_precision_size(c->precision);
    for (size_t place = 0; place < work->count; place++) {
        lln_score_block *scores = &work->scores[place];
        if (c->by_scores)
            lln_score_block_weigh(scores, rows);
        lln_matrix values = {c->precision, c->m, c->columns,
                             c->values[side_at(&c->part, place)]};
        lln_rows_multiply(c->by_scores ? scores->panel
                                       : work->entries.entries[place],
                          rows, values, work->outputs[place]);
        for (size_t i = 0; c->by_scores && i < rows; i++)
            scale_output(c, (char *)work->outputs[place] + i * bytes,
                         scores->rows[i].sum);
    }
}

/* The results of pair (i, j) of the part. */
static lln_row_pair *rows_of(const comparison *c, size_t i, size_t j)
{
    return c->rows + (i * c->part.size[1] + j) * c->count;
}

static void compare_outputs(const comparison *c, size_t start, size_t rows,
                            size_t a, size_t b, const workspace *work)
{
    size_t bytes = c->columns * lln_precision_size(c->precision);
    const char *p = work->outputs[place_of(&c->part, 0, a)];
    const char *r = work->outputs[place_of(&c->part, 1, b)];
    lln_row_pair *out = rows_of(c, a, b) + start;
    for (size_t i = 0; i < rows; i++)
        if (!isnan(out[i].product))
            lln_row_pair_outputs(c->precision, p + i * bytes, r + i * bytes,
                                 c->columns, &out[i]);
}

static void compare_scores(const comparison *c, size_t rows, lln_score_block *p,
                           lln_score_block *r, lln_row_pair *out)
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
    return LLN_OK;
}

static lln_status fill_scores(const comparison *c, size_t start, size_t rows,
                              workspace *work)
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

static lln_status compare_block(const comparison *c, size_t start, size_t rows,
                                workspace *work)
{
    const rectangle *part = &c->part;
    LLN_TRY(c->by_scores ? fill_scores(c, start, rows, work)
                         : compare_entries(c, start, rows, work));
    for (size_t a = 0; c->by_scores && a < part->size[0]; a++)
        for (size_t b = 0; b < part->size[1]; b++)
            compare_scores(c, rows, &work->scores[place_of(part, 0, a)],
                           &work->scores[place_of(part, 1, b)],
                           rows_of(c, a, b) + start);
    if (c->columns == 0 || lln_stop_requested)
        return LLN_OK;
    make_outputs(c, rows, work);
    for (size_t a = 0; a < part->size[0]; a++)
        for (size_t b = 0; b < part->size[1]; b++)
            compare_outputs(c, start, rows, a, b, work);
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
    lln_values_mean(x, sizeof *c->rows / sizeof(double), c->count, c->n, mean,
                    error);
}

static double find_matrix_cosine(const lln_row_pair *rows, size_t count)
{
    double product = 0, square = 0, other = 0;
    for (size_t i = 0; i < count; i++) {
        const lln_row_pair *row = &rows[i];
        if (isnan(row->product))
            continue;
        product += row->product;
        square += row->square;
        other += row->other;
    }
    return lln_pair_cosine(product, square, other);
}

static void summarise_rows(const comparison *c, const lln_row_pair *rows,
                           lln_pair *out, lln_pair *error)
{
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
                          sizeof *rows / sizeof(double), c->count, c->n,
                          &out->relative_error, &error->relative_error);
    out->matrix_cosine = find_matrix_cosine(rows, c->count);
    error->matrix_cosine = NAN;
}

static lln_status check_shapes(const lln_pair_side *p, const lln_pair_side *r)
{
    const lln_attention *a = p->attention, *b = r->attention;
    if (a->n != b->n || a->m != b->m)
        return lln_fail(LLN_EINVAL,
                        "attention is %zu x %zu, the other %zu x "
                        "%zu",
                        a->n, a->m, b->n, b->m);
    if (p->values.data && r->values.data &&
        (p->values.rows != a->m || r->values.rows != a->m ||
         p->values.columns != r->values.columns))
        return lln_fail(LLN_EINVAL,
                        "values are %zu x %zu, the other %zu x %zu; expected "
                        "%zu rows, and as many columns",
                        p->values.rows, p->values.columns, r->values.rows,
                        r->values.columns, a->m);
    return LLN_OK;
}

static lln_status check_options(const lln_attention *p,
                                const lln_pair_options *o)
{
    if (o->top > LLN_ROW_TOP)
        return lln_fail(LLN_EINVAL, "%zu top keys, expected up to %d", o->top,
                        LLN_ROW_TOP);
    if (o->queries ? o->count == 0 : p->n == 0)
        return lln_fail(LLN_EINVAL, "no rows to compare");
    return LLN_OK;
}

/* Values in the precision of the comparison, if all heads have some. */
static lln_status convert_values(comparison *c, size_t heads)
{
    size_t size = lln_precision_size(c->precision);
    for (size_t i = 0; i < heads; i++)
        if (!c->sides[i].values.data)
            return LLN_OK;
    c->columns = c->sides[0].values.columns;
    c->values = lln_array_alloc(heads, sizeof *c->values);
    if (!c->values)
        return LLN_ENOMEM;
    for (size_t i = 0; i < heads; i++) {
        lln_matrix given = c->sides[i].values;
        c->values[i] = lln_array_alloc_raw(given.rows * given.columns, size);
        if (!c->values[i])
            return LLN_ENOMEM;
        lln_matrix_convert(given, c->precision, c->values[i]);
    }
    return LLN_OK;
}

/* Compares the pairs of one part, and puts them at out[p * width + r]. */
static lln_status compare_part(comparison *c, const rectangle *part,
                               size_t width, lln_pair *out, lln_pair *errors)
{
    lln_pair unused;
    c->part = *part;
    LLN_TRY(compare_rows(c));
    for (size_t a = 0; a < part->size[0]; a++)
        for (size_t b = 0; b < part->size[1]; b++) {
            size_t at = (part->first[0] + a) * width + part->first[1] + b;
            summarise_rows(c, rows_of(c, a, b), &out[at],
                           errors ? &errors[at] : &unused);
        }
    return LLN_OK;
}

/* The most heads on each side of a part. */
static size_t part_size(const comparison *c, size_t heads)
{
    size_t panel = c->block * c->m * lln_precision_size(c->precision);
    size_t size = 1;
    while (size < heads && 2 * (size + 1) * panel <= PANEL_BYTES &&
           (size + 1) * (size + 1) * c->count * sizeof *c->rows <= RESULT_BYTES)
        size++;
    return size;
}

/* Compares all pairs, in parts. */
static lln_status compare_all(comparison *c, size_t heads, lln_pair *out,
                              lln_pair *errors)
{
    size_t size = part_size(c, heads);
    c->rows = lln_array_alloc(size * size * c->count, sizeof *c->rows);
    if (!c->rows)
        return LLN_ENOMEM;
    for (size_t a = 0; a < heads; a += size)
        for (size_t b = 0; b < heads; b += size) {
            const rectangle part = {{a, b},
                                    {lln_size_smaller(size, heads - a),
                                     lln_size_smaller(size, heads - b)}};
            LLN_TRY(compare_part(c, &part, heads, out, errors));
        }
    return LLN_OK;
}

/* Finds the scores of all heads, and whether they can be compared. */
static lln_status open_sources(comparison *c, size_t heads)
{
    c->sources = lln_array_alloc(heads, sizeof *c->sources);
    if (!c->sources)
        return LLN_ENOMEM;
    c->by_scores = true;
    for (size_t i = 0; i < heads; i++) {
        lln_score_source *source = &c->sources[i];
        LLN_TRY(check_shapes(&c->sides[0], &c->sides[i]));
        LLN_TRY(lln_score_source_open(c->sides[i].attention, source));
        c->by_scores =
            c->by_scores && lln_score_source_positive(source) &&
            source->tiles->precision == c->sources[0].tiles->precision;
    }
    c->precision = c->by_scores ? c->sources[0].tiles->precision : LLN_FLOAT64;
    for (size_t i = 0; !c->by_scores && i < heads; i++)
        LLN_TRY(lln_attention_prepare(c->sides[i].attention));
    return LLN_OK;
}

static lln_status open_comparison(comparison *c, const lln_pair_side *sides,
                                  size_t heads, const lln_pair_options *options)
{
    const lln_attention *first = sides[0].attention;
    *c = (comparison){
        .sides = sides, .options = options, .n = first->n, .m = first->m};
    LLN_TRY(check_options(first, options));
    LLN_TRY(open_sources(c, heads));
    c->count = options->queries ? options->count : c->n;
    c->block = lln_pair_block_rows(c->m, c->precision, c->by_scores);
    return convert_values(c, heads);
}

static void close_comparison(comparison *c, size_t heads)
{
    for (size_t i = 0; c->values && i < heads; i++)
        free(c->values[i]);
    for (size_t i = 0; c->sources && i < heads; i++)
        lln_score_source_close(&c->sources[i]);
    free(c->values);
    free(c->sources);
    free(c->rows);
}

lln_status lln_pair_measure(lln_attention *p, lln_attention *r,
                            const lln_pair_options *options, lln_pair *out,
                            lln_pair *error)
{
    const lln_pair_side sides[2] = {{p, options->values},
                                    {r, options->other_values}};
    const rectangle part = {{0, 1}, {1, 1}};
    comparison c;
    lln_pair outs[2], errors[2];
    lln_status status = open_comparison(&c, sides, 2, options);
    if (status == LLN_OK) {
        c.rows = lln_array_alloc(c.count, sizeof *c.rows);
        status = c.rows ? compare_part(&c, &part, 2, outs, errors) : LLN_ENOMEM;
    }
    if (status == LLN_OK) {
        *out = outs[1];
        if (error)
            *error = errors[1];
    }
    close_comparison(&c, 2);
    return status;
}

/* Pair by pair: what heads have in common decides how two are compared. */
static lln_status compare_apart(const lln_pair_side *sides, size_t count,
                                const lln_pair_options *options, lln_pair *out,
                                lln_pair *errors)
{
    lln_pair_options pair = *options;
    for (size_t i = 0; i < count * count; i++) {
        const lln_pair_side *p = &sides[i / count], *r = &sides[i % count];
        pair.values = p->values;
        pair.other_values = r->values;
        LLN_TRY(lln_pair_measure(p->attention, r->attention, &pair, &out[i],
                                 errors ? &errors[i] : NULL));
    }
    return LLN_OK;
}

lln_status lln_pairs_measure(const lln_pair_side *sides, size_t count,
                             const lln_pair_options *options, lln_pair *out,
                             lln_pair *errors)
{
    comparison c;
    lln_status status = open_comparison(&c, sides, count, options);
    if (status == LLN_OK)
        status = c.by_scores
                     ? compare_all(&c, count, out, errors)
                     : compare_apart(sides, count, options, out, errors);
    close_comparison(&c, count);
    return status;
}
