/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "cases.h"
#include "core/ordered.h"
#include "core/threads.h"
#include "progress.h"
#include "sources.h"

enum {
    /* Results that may wait for an earlier one, for each thread. */
    SLOTS = 4,
    /* A head of up to so many queries for each thread does not keep all
     * threads busy, since they share its rows in large blocks. Two threads
     * with a head each took 0.5 to 0.8 of the time at 512 and 1024 queries,
     * the same or more at 4096. */
    ROWS_A_THREAD = 512,
    MOST_ROWS = 4096, /* of heads that are in memory for each thread */
    /* ARPACK solves one problem at a time: where it has much to do, heads wait
     * for each other. */
    MOST_ROWS_IN_TURN = 1024,
};

/* A run in progress. Heads come in groups that make up one row together: all
 * trials of a model, or single heads. */
typedef struct {
    case_set set;
    number_list taus;
    size_t group;          /* heads averaged into one row; >= 1 */
    row_average *averages; /* [kernels.count] */
    int threads;           /* that work on a case each */
    size_t slots;
    case_result *results; /* [slots]; of cases in work or waiting for others */
    row_writer *writer;
    size_t done, written; /* heads x temperatures */
} run_state;

double run_index(long index)
{
    return index < 0 ? NAN : (double)index;
}

void run_place(double layer, double head, char out[RUN_PLACE])
{
    int used = 0;
    *out = '\0';
    if (!isnan(layer))
        used = snprintf(out, RUN_PLACE / 2, "layer %.0f, ", layer);
    if (!isnan(head))
        snprintf(out + used, RUN_PLACE / 2, "head %.0f, ", head);
}

/* Cases are ordered by group, temperature, head. */
static size_t head_of(const run_state *run, size_t item)
{
    size_t group = item / (run->group * run->taus.count);
    return group * run->group + item % run->group;
}

static double tau_of(const run_state *run, size_t item)
{
    return run->taus.values[item / run->group % run->taus.count];
}

static lln_status measure_case(void *context, size_t item, size_t slot)
{
    run_state *run = context;
    return case_measure(&run->set, head_of(run, item), tau_of(run, item),
                        &run->results[slot]);
}

/* Writes the rows of a group at one temperature. */
static void write_group(run_state *run, row_identity identity)
{
    const kernel_list *kernels = &run->set.kernels;
    identity.trials = (long)run->group;
    for (size_t k = 0; k < kernels->count; k++) {
        identity.kernel = run->set.plan->plain
                              ? run->set.plan->kernel
                              : kernels->entries[k].choice.text;
        row_writer_put(run->writer, &identity, &run->averages[k]);
        row_average_reset(&run->averages[k]);
    }
    run->written += run->group;
}

static lln_status take_case(void *context, size_t item, size_t slot)
{
    run_state *run = context;
    case_result *result = &run->results[slot];
    cli_give_warnings(result->warnings);
    result->warnings = NULL;
    for (size_t k = 0; k < run->set.kernels.count; k++)
        row_average_add(&run->averages[k], &result->blocks[k]);
    if (item % run->group == run->group - 1)
        write_group(run, result->identity);
    progress_show(++run->done);
    return LLN_OK;
}

static void print_comments(FILE *out, bool sampled)
{
    fprintf(out, "# %s %s\n# command: ", cli_name(), LLN_VERSION);
    cli_print_command(out);
    putc('\n', out);
    if (sampled)
        fprintf(out, "# seed: %zu\n", run_shared.seed);
}

static lln_table_style table_style(void)
{
    lln_table_style style = {.precision = (int)run_shared.precision,
                             .header = !run_shared.no_header};
    cli_check(lln_table_format_find(run_shared.format, &style.format));
    return style;
}

static row_writer *open_writer(const run_state *run, FILE *out)
{
    const case_set *set = &run->set;
    if (run_shared.comments)
        print_comments(out, set->heads.sampled);
    return row_writer_open(out, set->plan->columns, set->columns,
                           set->averaged ||
                               (run_shared.rows > 0 && !set->plan->per_trial),
                           table_style());
}

static void choose_kernels(case_set *set)
{
    bool params_given = run_shared.params != NULL;
    if (!set->plan->plain) {
        set->kernels = kernel_list_read(run_shared.kernels, params_given);
        return;
    }
    if (cli_given("kernel") || params_given)
        cli_usage("--%s: what is measured here has no kernel",
                  params_given ? "params" : "kernel");
    set->kernels.count = 1;
    set->kernels.entries = cli_alloc(1, sizeof *set->kernels.entries);
}

/* Queries of a head, as far as that is known before the run. */
static size_t head_rows(const lln_heads *heads)
{
    lln_head first = {0};
    if (heads->sampled)
        return run_shared.tokens;
    if (heads->load(heads, 0, NAN, LLN_FLOAT32, &first) != LLN_OK)
        return SIZE_MAX; /* it will be told when its turn comes */
    size_t rows = first.q.rows;
    lln_head_free(&first);
    return rows;
}

/* Whether each thread gets heads of its own, or all work on one. */
static bool heads_apart(const run_state *run, size_t threads)
{
    size_t cases = run->set.heads.count * run->taus.count;
    size_t most = run->set.plan->in_turn ? MOST_ROWS_IN_TURN : MOST_ROWS;
    if (threads * ROWS_A_THREAD < most)
        most = threads * ROWS_A_THREAD;
    return threads > 1 && cases >= threads &&
           head_rows(&run->set.heads) <= most;
}

static void open_results(run_state *run)
{
    size_t threads = (size_t)lln_threads_count();
    if (!heads_apart(run, threads))
        threads = 1;
    run->threads = (int)threads;
    run->slots = threads > 1 ? SLOTS * threads : 1;
    run->results = cli_alloc(run->slots, sizeof *run->results);
    for (size_t i = 0; i < run->slots; i++)
        case_result_open(&run->set, &run->results[i]);
}

/* Opens everything, the output first: bad names end the process before any
 * work. */
static void open_run(run_state *run, const run_plan *plan)
{
    case_set *set = &run->set;
    set->plan = plan;
    while (plan->columns[set->columns].name)
        set->columns++;
    if (run_shared.rows > 0 && !plan->takes_rows)
        cli_usage("--rows: what is measured here needs all rows");
    run->taus = number_list_read("tau", run_shared.tau);
    choose_kernels(set);
    run->averages = cli_alloc(set->kernels.count, sizeof *run->averages);
    FILE *out = cli_output(run_shared.output);
    sources_refuse_overwrite();
    cli_refuse_overwrite(run_shared.params);
    if (run_shared.params)
        set->params = params_open(run_shared.params);
    lln_threads_set((int)run_shared.threads);
    sources_open(&set->heads);
    set->averaged = set->heads.sampled && !run_shared.each && !plan->per_trial;
    run->group = set->averaged ? set->heads.count : 1;
    run->writer = open_writer(run, out);
    open_results(run);
}

static void close_run(run_state *run)
{
    row_writer_close(run->writer);
    for (size_t i = 0; i < run->set.kernels.count; i++)
        row_average_reset(&run->averages[i]);
    free(run->averages);
    for (size_t i = 0; i < run->slots; i++)
        case_result_close(&run->set, &run->results[i]);
    free(run->results);
    free(run->taus.values);
    free(run->set.kernels.entries);
    params_close(run->set.params);
    lln_heads_close(&run->set.heads);
}

int run_plan_write(const run_plan *plan)
{
    run_state run = {0};
    open_run(&run, plan);
    size_t total = run.set.heads.count * run.taus.count;
    cli_catch_signals();
    progress_start(total, run_shared.quiet);
    const lln_ordered job = {total, run.slots, measure_case, take_case, &run};
    lln_status status = lln_ordered_run(&job, run.threads);
    if (status != LLN_EINTERRUPTED)
        cli_check(status);
    progress_end();
    close_run(&run);
    if (status != LLN_OK && run.written == 0)
        cli_discard();
    int result = cli_finish();
    if (status == LLN_OK)
        return result;
    cli_warn("interrupted: %zu of %zu heads written", run.written, total);
    return CLI_FAILED;
}

lln_table *run_table_open(const lln_column *columns)
{
    size_t count = 0;
    while (columns[count].name)
        count++;
    FILE *out = cli_output(run_shared.output);
    if (run_shared.comments)
        print_comments(out, false);
    lln_table *table = lln_table_alloc(out, columns, count, table_style());
    if (!table)
        cli_fail("out of memory");
    return table;
}

int run_table_close(lln_table *table)
{
    cli_check_output(lln_table_end(table));
    lln_table_free(table);
    return cli_finish();
}
