/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/ordered.h"
#include "core/threads.h"
#include "forecast.h"
#include "groups.h"
#include "lines.h"
#include "listing.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "resume.h"
#include "signals.h"

enum {
    /* Results that may wait for an earlier result, for each thread. */
    SLOTS = 4,
    /* A head with up to this many queries per thread does not keep all threads
     * busy, since they divide its rows into large blocks. Two threads with one
     * head each took 0.5 to 0.8 of the time at 512 and 1024 queries, and the
     * same or more at 4096. */
    ROWS_A_THREAD = 512,
    MOST_ROWS = 4096, /* if each thread has a head in memory */
};

/* A run in progress. */
typedef struct {
    case_set set;
    row_groups groups;
    int threads; /* with one case each */
    size_t slots;
    case_result *
        results; /* [slots]; of cases that are in progress or wait for others */
    row_writer *writer;
    size_t first; /* first case to measure: earlier ones are in FILE.partial */
    size_t done;  /* cases: heads x temperatures */
} run_state;

/* Cases are ordered by head, then temperature. Trials that are averaged are
 * ordered by temperature, then head, so that rows are complete early. */
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
    item += run->first;
    return case_measure(&run->set, head_of(run, item),
                        run->set.taus.values[tau_of(run, item)],
                        &run->results[slot]);
}

static lln_status take_case(void *context, size_t item, size_t slot)
{
    run_state *run = context;
    case_result *result = &run->results[slot];
    warnings_count(result->warnings);
    result->warnings = NULL;
    LLN_TRY(groups_add(&run->groups, tau_of(run, run->first + item), result));
    lines_offer();
    progress_show(++run->done);
    return LLN_OK;
}

const char *const run_aggregates[] = {"all", "layer", "kv-head", "head", NULL};

/* The heads that --aggregate averages; GROUP_HEAD: it was not given. */
static group_kind read_aggregate(void)
{
    static const group_kind kinds[] = {GROUP_SOURCE, GROUP_LAYER,
                                       GROUP_KEY_HEAD, GROUP_TEXTS};
    const char *text = run_shared.aggregate;
    if (!text)
        return GROUP_HEAD;
    for (size_t i = 0; run_aggregates[i]; i++)
        if (strcmp(text, run_aggregates[i]) == 0)
            return kinds[i];
    cli_usage("--aggregate: expected all, layer, kv-head or head, found '%s'",
              text);
}

static void check_groups(const run_plan *plan, group_kind kind, bool sampled)
{
    const run_options *o = &run_shared;
    if (o->aggregate && plan->rows_are_never_averaged)
        cli_usage("--aggregate cannot be used with %s", plan->name);
    if (o->each && o->aggregate)
        cli_usage("--each cannot be used with --aggregate");
    if (o->shard && o->aggregate)
        cli_usage("--shard cannot be used with --aggregate: a row needs heads "
                  "of several shards");
    if (o->shard && plan->reduce)
        cli_usage("--shard cannot be used with %s unless --each is given: a "
                  "row needs heads of several shards",
                  plan->name);
    if (kind == GROUP_KEY_HEAD && sampled)
        cli_usage("--aggregate kv-head cannot be used with sampled heads: they "
                  "share no keys; use --aggregate all");
}

/* Chooses the heads that make up a row. */
static group_kind choose_groups(const run_plan *plan, bool sampled)
{
    group_kind kind = read_aggregate();
    check_groups(plan, kind, sampled);
    bool trials = sampled && !run_shared.each && !plan->rows_are_never_averaged;
    if (trials && run_shared.shard)
        cli_usage("--shard needs --each: trials of sampled heads are averaged");
    if (trials)
        return GROUP_TRIALS;
    return kind == GROUP_HEAD && plan->reduce ? GROUP_SOURCE : kind;
}

static row_spread choose_spread(const run_plan *plan, group_kind kind,
                                size_t draws)
{
    if (plan->stores_errors && !run_shared.aggregate)
        return SPREAD_ERROR;
    if (plan->reduce || plan->rows_are_never_averaged)
        return SPREAD_NONE;
    if (run_shared.aggregate)
        return SPREAD_HEADS;
    return plan->leaves_out_tokens || kind == GROUP_TRIALS ||
                   run_shared.rows > 0 || draws > 1
               ? SPREAD_ERROR
               : SPREAD_NONE;
}

/* Whether each thread measures its own heads, or all threads work on one
 * head. */
static bool heads_apart(const run_state *run, size_t threads)
{
    size_t cases = run->set.heads.count * run->set.taus.count;
    size_t most = MOST_ROWS;
    if (threads * ROWS_A_THREAD < most && !run->set.plan->mostly_serial)
        most = threads * ROWS_A_THREAD;
    return threads > 1 && cases >= threads && !run->set.plan->measures_time &&
           !run->set.plan->measure_group && run->set.heads.rows <= most;
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

/* Opens everything, the output first, so that a bad name ends the process
 * before any work. */
static void open_run(run_state *run, const run_plan *plan)
{
    case_set *set = &run->set;
    bool sampled = options_sampled();
    case_set_choose(set, plan);
    group_kind kind = choose_groups(plan, sampled);
    set->averaged = kind == GROUP_TRIALS;
    /* --plan writes another table: this one stays empty. */
    bool writes = !run_shared.plan, resumes = writes && run_shared.resume;
    FILE *out = writes ? cli_output_table(run_shared.output) : stdout;
    run->writer =
        row_writer_open(out, plan->table, choose_spread(plan, kind, set->draws),
                        run_table_style());
    if (resumes)
        resume_check(plan, run->writer, run_table_style());
    if (plan->show && !run_shared.format)
        row_writer_show_lines(run->writer, out, plan->show);
    set->passes = row_writer_passes(run->writer);
    case_set_open(set);
    run->groups = groups_open(set, kind, set->taus.count, run->writer);
    if (resumes)
        run->first = resume_copy(&run->groups, out);
    if (writes && run_shared.comments && run->first == 0)
        run_table_comment(out, case_set_is_seeded(set));
    run->groups.written = run->done = run->first;
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

/* Keeps FILE.partial, and ends the process, if this run has no new rows: it may
 * contain rows of another run, or rows at its end that were being measured
 * again. */
static void keep_partial(const run_state *run, size_t total, bool resumable)
{
    const char *kept = cli_partial_name();
    if (run->groups.written > run->first || !kept || access(kept, F_OK) != 0)
        return;
    cli_warn("interrupted: %zu of %zu cases are in %s, which is unchanged%s",
             run->first, total, kept,
             run_shared.resume && resumable ? RUN_GOES_ON : "");
    signals_end_process();
}

int run_plan_write(const run_plan *plan)
{
    run_state run = {0};
    open_run(&run, plan);
    if (run_shared.plan)
        exit(forecast_write(&run.set, run.threads));
    size_t total = run.set.heads.count * run.set.taus.count;
    signals_catch();
    progress_start(cli_name(), run.first, total, "cases", run_shared.quiet);
    const lln_ordered job = {total - run.first, run.slots, work_on_case,
                             take_case, &run};
    lln_status status = lln_ordered_run(&job, run.threads);
    if (status == LLN_OK)
        status = groups_end(&run.groups);
    warnings_print();
    progress_end();
    if (status != LLN_OK && status != LLN_EINTERRUPTED) {
        row_writer_show(run.writer);
        cli_check(status);
    }
    size_t written = run.groups.written;
    bool resumable = resume_possible(plan, run.writer);
    if (status != LLN_OK)
        keep_partial(&run, total, resumable);
    row_bounds *bounds = close_run(&run);
    if (status != LLN_OK)
        run_table_finish_early(written, total, "cases", resumable);
    return bounds_close(bounds, cli_finish());
}
