/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/threads.h"
#include "heads/temperature.h"
#include "measure/row_sample.h"
#include "params.h"
#include "progress.h"
#include "rows.h"
#include "selection.h"
#include "sources.h"

/* A run in progress. Heads come in groups that make up one row together: all
 * trials of a model, or single heads. */
typedef struct {
    const run_plan *plan;
    size_t columns; /* of the plan */
    number_list taus;
    kernel_list kernels; /* of a plain plan: one entry, of no kernel */
    params *params;
    lln_heads heads;
    size_t group;          /* heads averaged into one row; >= 1 */
    row_average *averages; /* [kernels.count] */
    run_block block;       /* what the measure fills */
    size_t *rows;          /* drawn for the head at hand; NULL: all */
    row_writer *writer;
    size_t done, written; /* heads x temperatures */
} run_state;

static bool averaged(const run_state *run)
{
    return run->heads.sampled && !run_shared.each && !run->plan->per_trial;
}

static void describe_case(const run_state *run, double tau, run_case *c)
{
    const lln_head *head = c->head;
    double mean;
    c->sampled = run->heads.sampled;
    c->sigma_q = head->sigma_q;
    c->sigma_k = head->sigma_k;
    c->tau = tau;
    if (isnan(tau)) {
        lln_status status = lln_temperature_measure(head, &c->tau);
        if (status != LLN_EUNDEFINED)
            cli_check(status);
    }
    if (!c->sampled) {
        lln_matrix_moments(head->q, &mean, &c->sigma_q);
        lln_matrix_moments(head->k, &mean, &c->sigma_k);
    }
}

/* The rows to measure: other ones for each head, the same for each tau. */
static void draw_rows(run_state *run, size_t index, run_case *c)
{
    size_t n = c->head->q.rows, count = run_shared.rows;
    free(run->rows);
    run->rows = NULL;
    if (count == 0 || count >= n)
        return;
    run->rows = lln_array_alloc(count, sizeof *run->rows);
    cli_check(run->rows ? lln_rows_draw(n, count, run_shared.seed,
                                        (uint32_t)index, run->rows)
                        : LLN_ENOMEM);
    c->rows = run->rows;
    c->row_count = count;
}

static row_identity identify(const run_state *run, const run_case *c,
                             size_t index)
{
    const lln_head *head = c->head;
    row_identity identity = {
        .source = head->source,
        .layer = run_index(head->layer),
        .head = run_index(head->head),
        .n = (long)head->q.rows,
        .d = (long)head->q.columns,
        .causal = head->mask.causal,
        .trials = (long)run->group,
        .tau = c->tau,
    };
    if (c->sampled) {
        identity.layer = NAN;
        identity.head = averaged(run) ? NAN : (double)index;
    }
    return identity;
}

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

/* For what belongs to one head: goes on, or ends the process. The message
 * begins like "gaussian: head 3, tau 0.5". */
static void warn_at(const row_identity *id)
{
    char place[RUN_PLACE];
    run_place(id->layer, id->head, place);
    cli_warn("%s: %stau %.6g: %s", id->source, place, id->tau,
             lln_error_message());
}

__attribute__((noreturn)) static void fail_at(const row_identity *id)
{
    char place[RUN_PLACE];
    run_place(id->layer, id->head, place);
    cli_fail("%s: %stau %.6g: %s", id->source, place, id->tau,
             lln_error_message());
}

/* The choice of an entry with its alpha and beta for this head. */
static lln_status resolve(const run_state *run, const kernel_entry *entry,
                          const lln_head *head, const row_identity *id,
                          lln_kernel_choice *choice)
{
    *choice = entry->choice;
    double alpha = NAN, beta = NAN;
    if (entry->from_params) {
        params_key key = {id->source,    id->layer,     id->head,
                          (double)id->n, (double)id->d, (double)id->causal,
                          id->tau};
        params_find(run->params, &key, &alpha, &beta);
        if (isnan(alpha) || isnan(beta))
            return LLN_EUNDEFINED;
    } else if (entry->method) {
        lln_match match;
        lln_status status = lln_match_estimate(entry->method, head, &match);
        if (status == LLN_ENOCONV || status == LLN_EUNDEFINED) {
            /* a fact about the head, no failure */
            warn_at(id);
            return LLN_EUNDEFINED;
        }
        LLN_TRY(status);
        alpha = match.alpha;
        beta = match.beta;
    } else {
        return LLN_OK;
    }
    choice->number[entry->alpha] = alpha;
    choice->number[entry->beta] = beta;
    return LLN_OK;
}

/* Tables of numbered rows have none for a head that was not measured. */
static lln_status leave_out(run_state *run)
{
    bool numbered = false;
    for (size_t i = 0; i < run->columns; i++)
        numbered = numbered || run->plan->columns[i].type == LLN_INTEGER;
    if (numbered)
        LLN_TRY(run_block_resize(&run->block, 0));
    return LLN_EUNDEFINED;
}

static lln_status measure_kernel(run_state *run, const kernel_entry *entry,
                                 const run_case *head_case,
                                 const row_identity *identity)
{
    LLN_TRY(run_block_resize(&run->block, 1));
    run_case c = *head_case;
    lln_kernel_choice choice;
    if (!run->plan->plain) {
        lln_status status = resolve(run, entry, c.head, identity, &choice);
        if (status == LLN_EUNDEFINED)
            return leave_out(run);
        LLN_TRY(status);
        c.kernel = &choice;
    }
    return run->plan->measure(&c, &run->block);
}

/* Adds one head at one temperature to the averages.
 * LLN_EINTERRUPTED: the user wants to stop. */
static lln_status measure_head(run_state *run, size_t index, double tau,
                               row_identity *identity)
{
    lln_precision precision = run_shared.use_double ? LLN_FLOAT64 : LLN_FLOAT32;
    lln_head head = {0};
    lln_status status =
        run->heads.load(&run->heads, index, tau, precision, &head);
    if (status == LLN_EINTERRUPTED)
        return status;
    cli_check(status);
    run_case c = {.head = &head};
    describe_case(run, tau, &c);
    draw_rows(run, index, &c);
    *identity = identify(run, &c, index);
    for (size_t i = 0; i < run->kernels.count; i++) {
        status = measure_kernel(run, &run->kernels.entries[i], &c, identity);
        if (lln_stop_requested)
            status = LLN_EINTERRUPTED;
        if (status == LLN_EINTERRUPTED)
            break;
        if (status != LLN_OK && status != LLN_EUNDEFINED)
            fail_at(identity);
        row_average_add(&run->averages[i], &run->block);
    }
    lln_head_free(&head);
    if (status == LLN_EINTERRUPTED)
        return status;
    progress_show(++run->done);
    return LLN_OK;
}

/* Measures one group at one temperature and writes its rows. */
static lln_status run_group(run_state *run, size_t first, double tau)
{
    row_identity identity = {0};
    for (size_t i = 0; i < run->group; i++)
        LLN_TRY(measure_head(run, first + i, tau, &identity));
    for (size_t i = 0; i < run->kernels.count; i++) {
        identity.kernel = run->plan->plain
                              ? run->plan->kernel
                              : run->kernels.entries[i].choice.text;
        row_writer_put(run->writer, &identity, &run->averages[i]);
        row_average_reset(&run->averages[i]);
    }
    run->written += run->group;
    return LLN_OK;
}

static lln_status run_groups(run_state *run)
{
    for (size_t first = 0; first < run->heads.count; first += run->group)
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
    if (run_shared.comments)
        print_comments(out, run->heads.sampled);
    return row_writer_open(out, run->plan->columns, run->columns,
                           averaged(run) ||
                               (run_shared.rows > 0 && !run->plan->per_trial),
                           table_style());
}

static void choose_kernels(run_state *run)
{
    bool params_given = run_shared.params != NULL;
    if (!run->plan->plain) {
        run->kernels = kernel_list_read(run_shared.kernels, params_given);
        return;
    }
    if (cli_given("kernel") || params_given)
        cli_usage("--%s: what is measured here has no kernel",
                  params_given ? "params" : "kernel");
    run->kernels.count = 1;
    run->kernels.entries = cli_alloc(1, sizeof *run->kernels.entries);
}

/* Opens everything, the output first: bad names end the process before any
 * work. */
static void open_run(run_state *run, const run_plan *plan)
{
    run->plan = plan;
    while (plan->columns[run->columns].name)
        run->columns++;
    run->block.types = plan->columns;
    run->block.columns = run->columns;
    if (run_shared.rows > 0 && !plan->takes_rows)
        cli_usage("--rows: what is measured here needs all rows");
    run->taus = number_list_read("tau", run_shared.tau);
    choose_kernels(run);
    run->averages = cli_alloc(run->kernels.count, sizeof *run->averages);
    FILE *out = cli_output(run_shared.output);
    sources_refuse_overwrite();
    cli_refuse_overwrite(run_shared.params);
    if (run_shared.params)
        run->params = params_open(run_shared.params);
    lln_threads_set((int)run_shared.threads);
    sources_open(&run->heads);
    run->group = averaged(run) ? run->heads.count : 1;
    run->writer = open_writer(run, out);
}

static void close_run(run_state *run)
{
    row_writer_close(run->writer);
    for (size_t i = 0; i < run->kernels.count; i++)
        row_average_reset(&run->averages[i]);
    free(run->averages);
    free(run->rows);
    run_block_free(&run->block);
    free(run->taus.values);
    free(run->kernels.entries);
    params_close(run->params);
    lln_heads_close(&run->heads);
}

int run_plan_write(const run_plan *plan)
{
    run_state run = {0};
    open_run(&run, plan);
    size_t total = run.heads.count * run.taus.count;
    cli_catch_signals();
    progress_start(total, run_shared.quiet);
    lln_status status = run_groups(&run);
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
