/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/pair.h"

#include <math.h>
#include <stdlib.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/progress.h"
#include "core/threads.h"
#include "measure/pair_block.h"
#include "measure/row_sample.h"

/* Memory of the scores of a block of rows of all heads, for each thread, and of
 * the results of rows. */
enum { PANEL_BYTES = 8 << 20, RESULT_BYTES = 8 << 20 };

static lln_status compare_rows(const lln_pair_job *c)
{
    lln_failure failure = LLN_NO_FAILURE;
    lln_rows_begun += c->count;
#pragma omp parallel
    {
        lln_pair_scratch work;
        lln_failure_note(&failure, 0, lln_pair_scratch_alloc(c, &work));
#pragma omp for schedule(dynamic, 1)
        for (size_t start = 0; start < c->count; start += c->block) {
            size_t here = lln_size_smaller(c->count - start, c->block);
            if (start < failure.item && !lln_stop_requested)
                lln_failure_note(&failure, start,
                                 lln_pair_compare_block(c, start, here, &work));
            lln_rows_done += here;
        }
        lln_pair_scratch_free(&work);
    }
    LLN_TRY(lln_failure_report(&failure));
    return lln_threads_check_stop();
}

static void mean_of(const lln_pair_job *c, const double *x, double *mean,
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

static void summarise_rows(const lln_pair_job *c, const lln_row_pair *rows,
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
static lln_status convert_values(lln_pair_job *c, size_t heads)
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

/* Compares the pairs of the part, and puts them at out[p * width + r]. */
static lln_status compare_part(const lln_pair_job *c, size_t width,
                               lln_pair *out, lln_pair *errors)
{
    lln_pair unused;
    LLN_TRY(compare_rows(c));
    for (size_t a = 0; a < c->size[0]; a++)
        for (size_t b = 0; b < c->size[1]; b++)
            summarise_rows(c, lln_pair_rows_of(c, a, b), &out[a * width + b],
                           errors ? &errors[a * width + b] : &unused);
    return LLN_OK;
}

/* The most heads on each side of a part. */
static size_t part_size(const lln_pair_job *c, size_t heads)
{
    size_t panel = c->block * c->m * lln_precision_size(c->precision);
    size_t size = 1;
    while (c->by_scores && size < heads &&
           2 * (size + 1) * panel <= PANEL_BYTES &&
           (size + 1) * (size + 1) * c->count * sizeof *c->rows <= RESULT_BYTES)
        size++;
    return size;
}

/* The place of a side among the heads of the part; adds it if it is new. */
static size_t find_place(lln_pair_job *c, size_t side)
{
    size_t place = 0;
    while (place < c->head_count && c->heads[place] != side)
        place++;
    if (place == c->head_count)
        c->heads[c->head_count++] = side;
    return place;
}

/* Makes the part the heads from first[a] on in each list, up to `size`. */
static void choose_part(lln_pair_job *c, const lln_pair_list lists[2],
                        const size_t first[2], size_t size)
{
    c->head_count = 0;
    for (int a = 0; a < 2; a++) {
        c->size[a] = lln_size_smaller(size, lists[a].count - first[a]);
        for (size_t i = 0; i < c->size[a]; i++)
            c->places[a][i] = find_place(c, lists[a].heads[first[a] + i]);
    }
}

/* Compares all pairs, in parts. */
static lln_status compare_all(lln_pair_job *c, const lln_pair_list lists[2],
                              lln_pair *out, lln_pair *errors)
{
    size_t most = lists[lists[0].count < lists[1].count].count;
    size_t size = part_size(c, most), width = lists[1].count;
    c->rows = lln_array_alloc(size * size * c->count, sizeof *c->rows);
    c->heads = lln_array_alloc(4 * size, sizeof *c->heads);
    if (!c->rows || !c->heads)
        return LLN_ENOMEM;
    c->places[0] = c->heads + 2 * size;
    c->places[1] = c->heads + 3 * size;
    for (size_t a = 0; a < lists[0].count; a += size)
        for (size_t b = 0; b < width; b += size) {
            size_t at = a * width + b;
            choose_part(c, lists, (size_t[]){a, b}, size);
            LLN_TRY(
                compare_part(c, width, out + at, errors ? errors + at : NULL));
        }
    return LLN_OK;
}

/* Finds the scores of all heads, and whether they can be compared. */
static lln_status open_sources(lln_pair_job *c, size_t heads)
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

static lln_status open_comparison(lln_pair_job *c, const lln_pair_side *sides,
                                  size_t heads, const lln_pair_options *options)
{
    const lln_attention *first = sides[0].attention;
    *c = (lln_pair_job){
        .sides = sides, .options = options, .n = first->n, .m = first->m};
    LLN_TRY(check_options(first, options));
    LLN_TRY(open_sources(c, heads));
    c->count = options->queries ? options->count : c->n;
    c->block = lln_pair_block_rows(c->m, c->precision, c->by_scores);
    return convert_values(c, heads);
}

static void close_comparison(lln_pair_job *c, size_t heads)
{
    for (size_t i = 0; c->values && i < heads; i++)
        free(c->values[i]);
    for (size_t i = 0; c->sources && i < heads; i++)
        lln_score_source_close(&c->sources[i]);
    free(c->values);
    free(c->sources);
    free(c->rows);
    free(c->heads);
}

lln_status lln_pair_measure(lln_attention *p, lln_attention *r,
                            const lln_pair_options *options, lln_pair *out,
                            lln_pair *error)
{
    static const size_t heads[2] = {0, 1};
    const lln_pair_side sides[2] = {{p, options->values},
                                    {r, options->other_values}};
    const lln_pair_list lists[2] = {{&heads[0], 1}, {&heads[1], 1}};
    lln_pair_job c;
    lln_status status = open_comparison(&c, sides, 2, options);
    if (status == LLN_OK)
        status = compare_all(&c, lists, out, error);
    close_comparison(&c, 2);
    return status;
}

/* Pair by pair: what heads have in common decides how two are compared. */
static lln_status compare_apart(const lln_pair_side *sides,
                                const lln_pair_list lists[2],
                                const lln_pair_options *options, lln_pair *out,
                                lln_pair *errors)
{
    lln_pair_options pair = *options;
    size_t width = lists[1].count;
    for (size_t i = 0; i < lists[0].count * width; i++) {
        const lln_pair_side *p = &sides[lists[0].heads[i / width]];
        const lln_pair_side *r = &sides[lists[1].heads[i % width]];
        pair.values = p->values;
        pair.other_values = r->values;
        LLN_TRY(lln_pair_measure(p->attention, r->attention, &pair, &out[i],
                                 errors ? &errors[i] : NULL));
    }
    return LLN_OK;
}

lln_status lln_pairs_measure(const lln_pair_side *sides, size_t count,
                             const lln_pair_list lists[2],
                             const lln_pair_options *options, lln_pair *out,
                             lln_pair *errors)
{
    lln_pair_job c;
    lln_status status = open_comparison(&c, sides, count, options);
    if (status == LLN_OK)
        status = c.by_scores
                     ? compare_all(&c, lists, out, errors)
                     : compare_apart(sides, lists, options, out, errors);
    close_comparison(&c, count);
    return status;
}
