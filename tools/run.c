/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run.h"

#include <stdlib.h>
#include <string.h>

#include "core/ordered.h"
#include "core/threads.h"
#include "groups.h"
#include "listing.h"
#include "message.h"
#include "options.h"
#include "output.h"
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
};

/* A run in progress. */
typedef struct {
    case_set set;
    row_groups groups;
    int threads; /* that work on a case each */
    size_t slots;
    case_result *results; /* [slots]; of cases in work or waiting for others */
    row_writer *writer;
    size_t done; /* cases: heads x temperatures */
} run_state;

/* Cases are ordered by head and temperature; for trials that make up a row
 * together by temperature and head, so that rows are complete early. */
static size_t head_of(const run_state *run, size_t item)
{
    return run->groups.kind == GROUP_TRIALS ? item % run->set.heads.count
                                            : item / run->set.taus.count;
}

static size_t tau_of(const run_state *run, size_t item)
{
    return run->groups.kind == GROUP_TRIALS ? item / run->set.heads.count
                                            : item % run->set.taus.count;
}

static lln_status work_on_case(void *context, size_t item, size_t slot)
{
    run_state *run = context;
    return case_measure(&run->set, head_of(run, item),
                        run->set.taus.values[tau_of(run, item)],
                        &run->results[slot]);
}

static lln_status take_case(void *context, size_t item, size_t slot)
{
    run_state *run = context;
    case_result *result = &run->results[slot];
    cli_give_warnings(result->warnings);
    result->warnings = NULL;
    LLN_TRY(groups_add(&run->groups, tau_of(run, item), result));
    progress_show(++run->done);
    return LLN_OK;
}

/* Which heads make up a row. */
static group_kind choose_groups(const run_plan *plan, bool sampled)
{
    const run_options *o = &run_shared;
    bool layers = o->aggregate && strcmp(o->aggregate, "layer") == 0;
    if (o->aggregate && !layers && strcmp(o->aggregate, "all") != 0)
        cli_usage("--aggregate: '%s' is neither layer nor all", o->aggregate);
    if (o->aggregate && plan->rows_are_never_averaged)
        cli_usage("--aggregate cannot be used with per-row tables");
    if (o->each && (o->aggregate || plan->reduce))
        cli_usage("--each: %s puts heads together",
                  o->aggregate ? "--aggregate" : "this table");
    if (sampled && !o->each && !plan->rows_are_never_averaged)
        return GROUP_TRIALS;
    if (layers)
        return GROUP_LAYER;
    return o->aggregate || plan->reduce ? GROUP_SOURCE : GROUP_HEAD;
}

static row_spread choose_spread(const run_plan *plan, group_kind kind,
                                size_t draws)
{
    if (plan->reduce || plan->rows_are_never_averaged)
        return SPREAD_NONE;
    if (run_shared.aggregate)
        return SPREAD_EXTREMES;
    return kind == GROUP_TRIALS || run_shared.rows > 0 || draws > 1
               ? SPREAD_ERROR
               : SPREAD_NONE;
}

/* Whether each thread gets heads of its own, or all work on one. */
static bool heads_apart(const run_state *run, size_t threads)
{
    size_t cases = run->set.heads.count * run->set.taus.count;
    size_t most = MOST_ROWS;
    if (threads * ROWS_A_THREAD < most && !run->set.plan->mostly_serial)
        most = threads * ROWS_A_THREAD;
    return threads > 1 && cases >= threads && !run->set.plan->measures_time &&
           run->set.heads.rows <= most;
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
    bool sampled = sources_sampled();
    case_set_choose(set, plan);
    group_kind kind = choose_groups(plan, sampled);
    set->averaged = kind == GROUP_TRIALS;
    FILE *out = cli_output(run_shared.output);
    run->writer =
        row_writer_open(out, plan->table, choose_spread(plan, kind, set->draws),
                        run_table_style());
    set->passes = row_writer_passes(run->writer);
    case_set_open(set);
    if (run_shared.comments)
        run_table_comment(out, sampled);
    run->groups = groups_open(set, kind, set->taus.count, run->writer);
    open_results(run);
}

/* Returns the bounds, which outlive the table. */
static row_bounds *close_run(run_state *run)
{
    row_bounds *bounds = row_writer_close(run->writer);
    groups_close(&run->groups);
    for (size_t i = 0; i < run->slots; i++)
        case_result_close(&run->set, &run->results[i]);
    free(run->results);
    case_set_close(&run->set);
    return bounds;
}

int run_plan_write(const run_plan *plan)
{
    run_state run = {0};
    open_run(&run, plan);
    size_t total = run.set.heads.count * run.set.taus.count;
    cli_catch_signals();
    progress_start(cli_name(), total, "cases", run_shared.quiet);
    const lln_ordered job = {total, run.slots, work_on_case, take_case, &run};
    lln_status status = lln_ordered_run(&job, run.threads);
    if (status == LLN_OK)
        status = groups_end(&run.groups);
    if (status != LLN_EINTERRUPTED)
        cli_check(status);
    progress_end();
    size_t written = run.groups.written;
    row_bounds *bounds = close_run(&run);
    if (status == LLN_OK)
        return bounds_close(bounds, cli_finish());
    return bounds_close(bounds,
                        run_table_finish_early(written, total, "cases"));
}
