/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run.h"

#include <math.h>
#include <stdlib.h>

#include "cases.h"
#include "core/threads.h"
#include "progress.h"
#include "sources.h"

/* A run in progress. Heads come in groups that make up one row together: all
 * trials of a model, or single heads. */
typedef struct {
    case_set set;
    number_list taus;
    size_t group;          /* heads averaged into one row; >= 1 */
    row_average *averages; /* [kernels.count] */
    case_result result;    /* of the case at hand */
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

/* Measures one group at one temperature and writes its rows. */
static lln_status run_group(run_state *run, size_t first, double tau)
{
    const kernel_list *kernels = &run->set.kernels;
    row_identity *identity = &run->result.identity;
    for (size_t i = 0; i < run->group; i++) {
        LLN_TRY(case_measure(&run->set, first + i, tau, &run->result));
        for (size_t k = 0; k < kernels->count; k++)
            row_average_add(&run->averages[k], &run->result.blocks[k]);
        progress_show(++run->done);
    }
    identity->trials = (long)run->group;
    for (size_t k = 0; k < kernels->count; k++) {
        identity->kernel = run->set.plan->plain
                               ? run->set.plan->kernel
                               : kernels->entries[k].choice.text;
        row_writer_put(run->writer, identity, &run->averages[k]);
        row_average_reset(&run->averages[k]);
    }
    run->written += run->group;
    return LLN_OK;
}

static lln_status run_groups(run_state *run)
{
    for (size_t first = 0; first < run->set.heads.count; first += run->group)
        for (size_t i = 0; i < run->taus.count; i++)
            LLN_TRY(run_group(run, first, run->taus.values[i]));
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
    case_result_open(set, &run->result);
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
}

static void close_run(run_state *run)
{
    row_writer_close(run->writer);
    for (size_t i = 0; i < run->set.kernels.count; i++)
        row_average_reset(&run->averages[i]);
    free(run->averages);
    case_result_close(&run->set, &run->result);
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
    lln_status status = run_groups(&run);
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
