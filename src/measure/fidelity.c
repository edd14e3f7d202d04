/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/fidelity.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/progress.h"
#include "core/threads.h"

/* Maximum size of a block of rows of P, unless one row is longer. It does not
 * depend on the number of threads, and so products do not either. */
enum { BLOCK_ROWS = 64, BLOCK_ENTRIES = 1 << 21 };

typedef struct {
    const lln_attention *attention, *reference;
    const lln_fidelity_options *options;
    const double *values; /* V in float64 */
    size_t columns;       /* of V; 0: none */
    size_t count;         /* of rows to be measured */
    size_t block;         /* rows of one block */
    lln_fidelity_row *rows;
} comparison;

/* Scratch of one thread: entries [block x m] and outputs [block x columns] of
 * both attentions. */
typedef struct {
    double *entries[2], *outputs[2];
} workspace;

static size_t block_rows(size_t m)
{
    if (m <= BLOCK_ENTRIES / BLOCK_ROWS)
        return BLOCK_ROWS;
    return m < BLOCK_ENTRIES ? BLOCK_ENTRIES / m : 1;
}

static bool workspace_alloc(const comparison *c, workspace *work)
{
    size_t entries = c->block * c->attention->m;
    size_t outputs = c->block * c->columns;
    bool complete = true;
    for (int a = 0; a < 2; a++) {
        work->entries[a] = lln_array_alloc_raw(entries, sizeof(double));
        work->outputs[a] = lln_array_alloc_raw(outputs, sizeof(double));
        complete = complete && work->entries[a] && work->outputs[a];
    }
    return complete;
}

static void workspace_free(workspace *work)
{
    for (int a = 0; a < 2; a++) {
        free(work->entries[a]);
        free(work->outputs[a]);
    }
}

static lln_status compare_block(const comparison *c, size_t start, size_t count,
                                const workspace *work)
{
    size_t m = c->attention->m, columns = c->columns;
    const lln_attention *both[2] = {c->attention, c->reference};
    const size_t *queries = c->options->queries;
    for (int a = 0; a < 2; a++) {
        LLN_TRY(lln_attention_listed_rows(both[a],
                                          queries ? queries + start : NULL,
                                          start, count, work->entries[a]));
        if (columns > 0)
            cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)count,
                        (int)columns, (int)m, 1, work->entries[a], (int)m,
                        c->values, (int)columns, 0, work->outputs[a],
                        (int)columns);
    }
    for (size_t i = 0; i < count; i++)
        c->rows[start + i] = lln_fidelity_row_from_entries(
            work->entries[0] + i * m, work->entries[1] + i * m, m,
            work->outputs[0] + i * columns, work->outputs[1] + i * columns,
            columns, c->options->top);
    return LLN_OK;
}

static lln_status compare_rows(const comparison *c)
{
    lln_failure failure = LLN_NO_FAILURE;
    lln_rows_begun += c->count;
#pragma omp parallel
    {
        workspace work;
        lln_failure_note(&failure, 0,
                         workspace_alloc(c, &work) ? LLN_OK : LLN_ENOMEM);
#pragma omp for schedule(dynamic, 1)
        for (size_t start = 0; start < c->count; start += c->block) {
            size_t here = c->count - start;
            here = here < c->block ? here : c->block;
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
static void root_ratio(const comparison *c, const double *x, const double *y,
                       double *ratio, double *error)
{
    lln_values_root_ratio(x, y, sizeof *c->rows / sizeof(double), c->count,
                          c->attention->n, ratio, error);
}

static void mean_of(const comparison *c, const double *x, double *mean,
                    double *error)
{
    lln_values_mean(x, sizeof *c->rows / sizeof(double), c->count,
                    c->attention->n, mean, error);
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
    if (options->top < 1 || options->top > LLN_FIDELITY_TOP)
        return lln_fail(LLN_EINVAL, "%zu top keys, expected 1 to %d",
                        options->top, LLN_FIDELITY_TOP);
    if (options->queries ? options->count == 0 : attention->n == 0)
        return lln_fail(LLN_EINVAL, "no rows to compare");
    return LLN_OK;
}

/* Values in float64, owned by the caller; *values = NULL if there are none. */
static lln_status promote_values(lln_matrix given, double **values)
{
    *values = NULL;
    if (!given.data)
        return LLN_OK;
    *values = lln_array_alloc_raw(given.rows * given.columns, sizeof **values);
    if (!*values)
        return LLN_ENOMEM;
    lln_matrix_convert(given, LLN_FLOAT64, *values);
    return LLN_OK;
}

lln_status lln_fidelity_measure(lln_attention *attention,
                                lln_attention *reference,
                                const lln_fidelity_options *options,
                                lln_fidelity *out, lln_fidelity *error)
{
    double *values = NULL;
    lln_fidelity unused;
    LLN_TRY(check_shapes(attention, reference, options));
    LLN_TRY(lln_attention_prepare(attention));
    LLN_TRY(lln_attention_prepare(reference));
    LLN_TRY(promote_values(options->values, &values));
    comparison c = {
        .attention = attention,
        .reference = reference,
        .options = options,
        .values = values,
        .columns = values ? options->values.columns : 0,
        .count = options->queries ? options->count : attention->n,
        .block = block_rows(attention->m),
    };
    c.rows = lln_array_alloc(c.count, sizeof *c.rows);
    lln_status status = c.rows ? compare_rows(&c) : LLN_ENOMEM;
    if (status == LLN_OK)
        summarise_rows(&c, out, error ? error : &unused);
    free(c.rows);
    free(values);
    return status;
}
