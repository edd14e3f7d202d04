/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "at_lengths.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/sorting.h"
#include "heads/beginning.h"
#include "heads/stored.h"
#include "message.h"
#include "options.h"
#include "row_beginnings.h"
#include "run.h"
#include "selection.h"
#include "stored.h"
#include "warnings.h"

char *at_lengths_text;

/* Ascending. */
static size_t *lengths, length_count;

enum { PASS_LAST = 1 << 28 };

/* The columns before the means. */
typedef struct {
    long length;
    double queries, last;
} length_record;

static const record_column length_columns[] = {
    RECORD_INTEGER(length_record, length, "length", COLUMNS_DEFAULT, 0),
    {"queries", LLN_CELL_REAL, offsetof(length_record, queries),
     COLUMNS_DEFAULT, 0, true, false},
    RECORD_REAL(length_record, last, "entropy_last_row_nats", COLUMNS_DEFAULT,
                PASS_LAST),
    {0},
};

/* The measurement of one case. */
typedef struct {
    const run_case *c;
    const row_source *rows;
    lln_beginning *at; /* [length_count] */
    size_t *taken;     /* [length_count]: how many queries are measured */
    run_block *block;
} length_job;

static lln_status start_lengths(run_block *block)
{
    LLN_TRY(run_block_resize(block, length_count));
    for (size_t t = 0; t < block->rows; t++) {
        length_record *out = run_block_record(block, t);
        out->length = (long)lengths[t];
    }
    return LLN_OK;
}

static bool is_stored(const run_case *c)
{
    return c->kernel->kernel == lln_kernel_stored().kernel;
}

static lln_mask mask_of(const run_case *c)
{
    if (is_stored(c))
        return (lln_mask){.causal = c->head->stored->survey.causal};
    return c->head->rule.mask;
}

/* Says why a head has no row of some length. */
static void warn_of_length(const run_case *c, size_t length)
{
    size_t n = c->head->q.rows, m = c->head->k.rows;
    char reason[128];
    if (length > m)
        snprintf(reason, sizeof reason,
                 "--at-lengths: %zu exceeds the number of tokens, %zu", length,
                 m);
    else if (!lln_mask_hides(mask_of(c)) && n != m)
        snprintf(reason, sizeof reason,
                 "--at-lengths: without a mask, %zu queries and %zu keys have "
                 "no common positions",
                 n, m);
    else
        snprintf(reason, sizeof reason,
                 "--at-lengths: none of the first %zu tokens is a query",
                 length);
    warnings_add_text(c->head, c->tau, reason);
}

static void find_beginnings(const length_job *job)
{
    const run_case *c = job->c;
    for (size_t t = 0; t < length_count; t++) {
        length_record *out = run_block_record(job->block, t);
        job->at[t] = lln_beginning_find(mask_of(c), c->head->q.rows,
                                        c->head->k.rows, lengths[t]);
        size_t queries = job->at[t].queries;
        job->taken[t] = row_means_count(c, 0, queries);
        if (queries > 0)
            out->queries = (double)job->taken[t];
        else
            warn_of_length(c, lengths[t]);
    }
}

/* Measures the listed rows of a head, or of its first tokens. */
static lln_status measure_rows(const length_job *job, const lln_beginning *cut,
                               const size_t *rows, size_t count,
                               run_block *each)
{
    run_case part = *job->c;
    lln_head head = *part.head;
    if (cut) {
        head.q.rows = cut->queries;
        head.k.rows = cut->keys;
        head.v.rows = head.v.data ? cut->keys : 0;
        part.head = &head;
    }
    part.rows = rows;
    part.row_count = count;
    return job->rows->plan->measure(&part, NULL, each);
}

static double *last_entropy(const length_job *job, run_block *each, size_t row)
{
    const record_column *column = job->rows->plan->table.columns;
    while (strcmp(column->name, "entropy_nats") != 0)
        column++;
    return record_real(column, run_block_record(each, row));
}

/* Sets the entropy of the last row of a beginning; each: its rows, or none if
 * it has to be measured. */
static lln_status take_last(const length_job *job, size_t t,
                            const lln_beginning *cut, run_block *each)
{
    length_record *out = run_block_record(job->block, t);
    run_block one = {.type = job->rows->plan->table};
    size_t last = job->at[t].queries - 1;
    if (!(job->c->passes & PASS_LAST))
        return LLN_OK;
    if (each->rows > 0 && !job->c->rows) {
        out->last = *last_entropy(job, each, last);
        return LLN_OK;
    }
    lln_status status = measure_rows(job, cut, &last, 1, &one);
    if (status == LLN_OK)
        out->last = *last_entropy(job, &one, 0);
    run_block_free(&one);
    return status;
}

/* Fills the row of one length from the rows of a head that begins with these
 * tokens. */
static lln_status fill_length(const length_job *job, size_t t,
                              const lln_beginning *cut, run_block *each)
{
    row_range range = {0, job->taken[t], job->at[t].queries};
    if (range.of == 0)
        return LLN_OK;
    if (each->rows > 0)
        LLN_TRY(row_means_take(job->rows, each, range, sizeof(length_record),
                               job->block, t));
    return take_last(job, t, cut, each);
}

/* Lists the first `count` queries. */
static size_t *list_queries(size_t count)
{
    size_t *list = lln_array_alloc_raw(count + 1, sizeof *list);
    for (size_t i = 0; list && i < count; i++)
        list[i] = i;
    return list;
}

/* Measures the rows of all lengths in one pass: no query sees later keys. */
static lln_status measure_once(const length_job *job)
{
    const run_case *c = job->c;
    run_block each = {.type = job->rows->plan->table};
    size_t most = 0, taken = 0;
    for (size_t t = 0; t < length_count; t++)
        if (job->at[t].queries > most) {
            most = job->at[t].queries;
            taken = job->taken[t];
        }
    size_t *list =
        c->rows || most == c->head->q.rows ? NULL : list_queries(most);
    lln_status status = LLN_OK;
    if (!c->rows && most < c->head->q.rows && !list)
        return LLN_ENOMEM;
    if (taken > 0 && (c->passes & PASS_MEANS))
        status =
            measure_rows(job, NULL, c->rows ? c->rows : list, taken, &each);
    for (size_t t = 0; t < length_count && status == LLN_OK; t++)
        status = fill_length(job, t, NULL, &each);
    run_block_free(&each);
    free(list);
    return status;
}

/* Measures the beginnings one by one. What one of them cannot have does not
 * stop the others. */
static lln_status measure_cuts(const length_job *job)
{
    const run_case *c = job->c;
    for (size_t t = 0; t < length_count; t++) {
        const lln_beginning *cut = &job->at[t];
        run_block each = {.type = job->rows->plan->table};
        lln_status status = LLN_OK;
        if (job->taken[t] > 0 && (c->passes & PASS_MEANS))
            status = measure_rows(job, cut, c->rows, job->taken[t], &each);
        if (status == LLN_OK)
            status = fill_length(job, t, cut, &each);
        run_block_free(&each);
        if (status != LLN_OK && !warnings_suffice(status))
            return status;
        if (status != LLN_OK)
            warnings_add_failure(c->head, c->tau, "--at-lengths: ");
    }
    return LLN_OK;
}

static lln_status take_beginning(void *context, size_t t, run_block *each)
{
    const length_job *job = context;
    return fill_length(job, t, &job->at[t], each);
}

/* Measures the beginnings in one pass, if this is possible. */
static lln_status measure_sums(length_job *job, bool *possible)
{
    const run_case *c = job->c;
    unsigned others =
        c->passes & ~(PASS_MEANS | PASS_LAST | PASS_TEMPERATURE | PASS_SIGMAS);
    *possible = false;
    if (others || !(c->passes & PASS_MEANS))
        return LLN_OK;
    const beginning_rows of = {job->rows, job->at, job->taken, length_count};
    return row_beginnings_measure(c, &of, take_beginning, job, possible);
}

static lln_status measure_beginnings(length_job *job)
{
    const run_case *c = job->c;
    bool possible;
    if (lln_mask_is_triangular(mask_of(c)))
        return measure_once(job);
    if (is_stored(c)) {
        warnings_add_text(c->head, c->tau,
                          "--at-lengths: attention weights that are not causal "
                          "do not say what they are without later keys");
        return LLN_OK;
    }
    LLN_TRY(measure_sums(job, &possible));
    return possible ? LLN_OK : measure_cuts(job);
}

static lln_status measure_lengths(const run_case *c, const void *context,
                                  run_block *block)
{
    length_job job = {.c = c, .rows = context, .block = block};
    lln_status status = LLN_ENOMEM;
    job.at = lln_array_alloc(length_count, sizeof *job.at);
    job.taken = lln_array_alloc(length_count, sizeof *job.taken);
    if (job.at && job.taken) {
        find_beginnings(&job);
        status = measure_beginnings(&job);
    }
    free(job.at);
    free(job.taken);
    return status;
}

/* Reads the option. Ends the process if a length is not a whole number, is
 * given twice, or exceeds that of sampled heads. */
static void read_lengths(void)
{
    lln_number_list list = number_list_read("at-lengths", at_lengths_text);
    lengths = cli_alloc(list.count, sizeof *lengths);
    for (size_t i = 0; i < list.count; i++) {
        if (list.values[i] != floor(list.values[i]) || list.values[i] > 0x1p53)
            cli_usage("--at-lengths: %.15g is not a whole number",
                      list.values[i]);
        lengths[i] = (size_t)list.values[i];
        if (options_sampled() && lengths[i] > run_shared.tokens)
            cli_usage("--at-lengths: %zu exceeds the number of tokens, %zu",
                      lengths[i], run_shared.tokens);
    }
    length_count = lln_sort_unique(lengths, list.count);
    if (length_count < list.count)
        cli_usage("--at-lengths: a length is given twice");
    free(list.values);
}

void at_lengths_absent(void)
{
    columns_elsewhere(length_columns, "at-lengths");
}

int at_lengths_write(const row_source *rows)
{
    const record_type own = {length_columns, sizeof(length_record)};
    run_plan plan = row_means_plan(rows, own);
    plan.name = "--at-lengths";
    plan.measure = measure_lengths;
    plan.start = start_lengths;
    read_lengths();
    return run_plan_write(&plan);
}
