/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-entropy: measures how concentrated the rows of attention matrices are. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "against_columns.h"
#include "command.h"
#include "core/memory.h"
#include "coverage_columns.h"
#include "coverage_distribution.h"
#include "jackknife.h"
#include "measure/diagnosis.h"
#include "measure/jackknife_entropy.h"
#include "message.h"
#include "model.h"
#include "norm_columns.h"
#include "options.h"
#include "pattern_columns.h"
#include "row_pass.h"
#include "rules.h"
#include "where_columns.h"

static struct {
    bool per_row, diagnose;
} options;

static const cli_option option_table[] = {
    {"per-row", 0, CLI_FLAG, NULL,
     "print one row for each query; trials are not averaged", &options.per_row,
     0, 0, false},
    {"diagnose", 0, CLI_FLAG, NULL,
     "print one row for all heads of a file: fractions of heads by entropy, "
     "and bounds "
     "on the entropy; with --each, one row for each head",
     &options.diagnose, 0, 0, false},
    WHERE_OPTIONS,
    COVERAGE_OPTIONS,
    COVERAGE_DISTRIBUTION_OPTION,
    JACKKNIFE_OPTION,
    AGAINST_COLUMNS_OPTION,
    PATTERN_OPTIONS,
    {0},
};

static const cli_tool tool = {
    .name = "lln-entropy",
    .summary = "entropy and concentration of attention rows",
    .options = option_table,
    .shared = run_shared_options,
};

enum { PASS_ROWS = 1, PASS_THEORY = 2, PASS_SIGMA = 4, PASS_TOKENS = 8 };

#define THEORY (PASS_THEORY | PASS_TEMPERATURE)

typedef struct {
    lln_entropy entropy;
    double theory;
    jackknife_record jackknife;
    lln_query_norm norm;
    pattern_record patterns;
    where_record where;
    lln_coverage_summary coverage;
} summary_record;

#define SUMMARY(field, name)                                                   \
    RECORD_REAL(summary_record, entropy.field, name, COLUMNS_DEFAULT, PASS_ROWS)

/* Printed by default if there is a sink. */
#define SINK "sink"

/* The most columns of a table, with those of coverage_columns.h. */
enum { COLUMNS_MOST = 128 + COVERAGE_COLUMNS };

static record_column summary_columns[COLUMNS_MOST] = {
    SUMMARY(entropy, "entropy_nats"),
    SUMMARY(normalized, "entropy_normalized"),
    SUMMARY(min, "entropy_min_nats"),
    SUMMARY(max, "entropy_max_nats"),
    SUMMARY(effective_keys, "effective_keys"),
    SUMMARY(top1_mass, "top1_mass"),
    SUMMARY(max_logit, "max_logit"),
    SUMMARY(row_sum_min, "row_sum_min"),
    SUMMARY(negative_mass, "negative_mass"),
    RECORD_REAL(summary_record, theory, "entropy_theory_nats", COLUMNS_DEFAULT,
                THEORY),
    SUMMARY(over_log_n, "entropy_over_log_n"),
    SUMMARY(over_ceiling, "entropy_over_ceiling"),
    RECORD_REAL(summary_record, entropy.outside, "outside_mass", SINK,
                PASS_ROWS),
    RECORD_REAL(summary_record, entropy.with_sink, "entropy_with_sink_nats",
                SINK, PASS_ROWS),
    JACKKNIFE_COLUMNS(summary_record, jackknife, PASS_ROWS, PASS_TOKENS),
    NORM_COLUMNS(summary_record, norm, PASS_ROWS),
    PATTERN_COLUMNS(summary_record, patterns),
    WHERE_COLUMNS(summary_record, where),
    {0},
};

/* A row of --per-row. */
typedef struct {
    long query, keys;
    lln_entropy entropy;
    norm_record norm;
    pattern_record patterns;
    where_row_record where;
    double coverage[]; /* [coverage_values()] */
} query_record;

#define QUERY(field, name)                                                     \
    RECORD_REAL(query_record, entropy.field, name, COLUMNS_DEFAULT, 0)

static record_column query_columns[COLUMNS_MOST] = {
    RECORD_INTEGER(query_record, query, "query", COLUMNS_DEFAULT, 0),
    RECORD_INTEGER(query_record, keys, "keys", COLUMNS_DEFAULT, 0),
    QUERY(entropy, "entropy_nats"),
    QUERY(normalized, "entropy_normalized"),
    QUERY(effective_keys, "effective_keys"),
    QUERY(top1_mass, "top1_mass"),
    QUERY(max_logit, "max_logit"),
    RECORD_REAL(query_record, entropy.outside, "outside_mass", SINK, 0),
    RECORD_REAL(query_record, entropy.with_sink, "entropy_with_sink_nats", SINK,
                0),
    NORM_ROW_COLUMNS(query_record, norm),
    PATTERN_ROW_COLUMNS(query_record, patterns),
    WHERE_ROW_COLUMNS(query_record, where),
    {0},
};

/* The rows of --diagnose: of a head with --each, else of a model. */
#define HEAD(field, name, pass)                                                \
    RECORD_REAL(lln_head_diagnosis, field, name, COLUMNS_DEFAULT, pass)
#define MODEL(field, name, pass)                                               \
    RECORD_REAL(lln_diagnosis, field, name, COLUMNS_DEFAULT, pass)

static const record_column head_columns[] = {
    HEAD(entropy, "entropy_nats", 0),
    HEAD(over_log_n, "entropy_over_log_n", 0),
    HEAD(over_ceiling, "entropy_over_ceiling", 0),
    HEAD(normalized, "entropy_normalized", 0),
    HEAD(floor, "entropy_floor_nats", 0),
    HEAD(max_logit, "max_logit", 0),
    HEAD(centered_sigma1, "centered_sigma1", PASS_SIGMA),
    {0},
};

static const record_column model_columns[] = {
    MODEL(entropy, "entropy_nats", 0),
    MODEL(over_log_n, "entropy_over_log_n", 0),
    MODEL(over_ceiling, "entropy_over_ceiling", 0),
    MODEL(normalized, "entropy_normalized", 0),
    MODEL(floor, "entropy_floor_nats", 0),
    MODEL(max_logit, "max_logit", 0),
    MODEL(centered_sigma1, "centered_sigma1", PASS_SIGMA),
    MODEL(centered_sigma1_max, "centered_sigma1_max", PASS_SIGMA),
    MODEL(least, "entropy_head_min_nats", 0),
    MODEL(largest, "entropy_head_max_nats", 0),
    MODEL(of_ceiling[0], "share_ceiling_0_25", 0),
    MODEL(of_ceiling[1], "share_ceiling_0_5", 0),
    MODEL(of_ceiling[2], "share_ceiling_0_75", 0),
    MODEL(of_ceiling[3], "share_ceiling_1", 0),
    MODEL(of_largest[0], "share_largest_0_25", 0),
    MODEL(of_largest[1], "share_largest_0_5", 0),
    MODEL(of_largest[2], "share_largest_0_75", 0),
    MODEL(of_largest[3], "share_largest_1", 0),
    RECORD_INTEGER(lln_diagnosis, undefined, "heads_undefined", COLUMNS_DEFAULT,
                   0),
    {0},
};

/* There are standard errors of drawn rows and of brackets; with --jackknife the
 * entropies are known. */
static lln_status summarise_pass(const run_case *c, lln_attention *attention,
                                 const row_pass *pass, summary_record *out,
                                 summary_record *error)
{
    bool drawn = run_shared.rows > 0;
    if ((c->passes & PASS_ROWS) && !jackknife_asked())
        lln_entropy_summarise(attention, pass->rows, pass->count, &out->entropy,
                              drawn ? &error->entropy : NULL);
    if (pass->coverage)
        LLN_TRY(lln_coverage_summarise(
            pass->coverage, attention->n, &out->coverage,
            drawn || coverage_has_brackets() ? &error->coverage : NULL));
    LLN_TRY(where_fill(c, attention, pass->where, pass->rows, pass->count,
                       &out->where, drawn ? &error->where : NULL));
    LLN_TRY(pattern_columns_fill(pass->patterns, &out->patterns,
                                 drawn ? &error->patterns : NULL));
    return norm_columns_measure(c, attention, pass->rows, &out->norm,
                                drawn ? &error->norm : NULL);
}

static lln_status fill_rows(const run_case *c, lln_attention *attention,
                            summary_record *out, summary_record *error)
{
    row_pass pass;
    lln_status status =
        row_pass_run(c, attention, c->passes & PASS_ROWS, false, &pass);
    if (status == LLN_OK)
        status = summarise_pass(c, attention, &pass, out, error);
    row_pass_close(&pass);
    return status;
}

/* Passes that measure rows for other columns than entropies. */
#define PASSES_BESIDE                                                          \
    (PASS_NORM | PASS_COVERAGE | PASS_PATTERNS | WHERE_ANY | PASS_SHAPE)

static lln_status fill_jackknife(const run_case *c, lln_attention *attention,
                                 summary_record *out, summary_record *error)
{
    size_t groups = 0;
    lln_status status = lln_entropy_jackknife(
        attention, jackknife_groups, &out->entropy, &error->entropy, &groups);
    out->jackknife.groups = (double)groups;
    jackknife_warn(c, status, out->entropy.entropy, error->entropy.entropy);
    bool known = status == LLN_OK || status == LLN_EUNDEFINED;
    if (known && (c->passes & PASSES_BESIDE))
        LLN_TRY(fill_rows(c, attention, out, error));
    return status;
}

/* Measures the rows; there are standard errors only of drawn rows, of brackets
 * and with --jackknife. */
static lln_status fill_entropy(const run_case *c, summary_record *out,
                               summary_record *error)
{
    lln_attention attention;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = jackknife_asked()
                            ? fill_jackknife(c, &attention, out, error)
                            : fill_rows(c, &attention, out, error);
    lln_attention_close(&attention);
    return status;
}

static lln_status measure_entropy(const run_case *c, const void *context,
                                  run_block *block)
{
    (void)context;
    summary_record *out = run_block_record(block, 0);
    summary_record *error = run_block_errors(block, 0);
    lln_theory_softmax_values theory;
    if (c->passes & PASS_TOKENS)
        LLN_TRY(jackknife_n_var(c->head, &out->jackknife.n_var));
    if ((c->passes & PASS_THEORY) && model_softmax(c, &theory))
        out->theory = theory.entropy;
    if (c->passes & (PASS_ROWS | PASSES_BESIDE))
        return fill_entropy(c, out, error);
    return LLN_OK;
}

static lln_status measure_diagnosis(const run_case *c, const void *context,
                                    run_block *block)
{
    (void)context;
    lln_attention attention;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = lln_head_diagnosis_measure(
        &attention, c->passes & PASS_SIGMA, run_block_record(block, 0));
    lln_attention_close(&attention);
    return status;
}

static lln_status summarise_model(const run_block *heads, const void *context,
                                  run_block *block)
{
    (void)context;
    return lln_diagnosis_summarise(run_block_record(heads, 0), heads->rows,
                                   run_block_record(block, 0));
}

static lln_status fill_queries(const run_case *c, lln_attention *attention,
                               const row_pass *pass, run_block *block)
{
    LLN_TRY(run_block_resize(block, pass->count));
    query_record *first = run_block_record(block, 0);
    for (size_t i = 0; i < pass->count; i++) {
        const lln_row *row = &pass->rows[i];
        query_record *out = run_block_record(block, i);
        query_record *error = run_block_errors(block, i);
        out->query = (long)(c->rows ? c->rows[i] : i);
        out->keys = (long)row->keys;
        lln_entropy_summarise(attention, row, 1, &out->entropy, NULL);
        where_fill_row(c, attention, pass->where, pass->rows, i, &out->where);
        LLN_TRY(pattern_columns_fill_row(pass->patterns, i, &out->patterns));
        coverage_fill_row(c, pass->coverage, i, out->coverage, error->coverage);
    }
    return norm_columns_rows(c, attention, pass->rows, pass->count,
                             &first->norm, block->type.size);
}

static lln_status measure_queries(const run_case *c, const void *context,
                                  run_block *block)
{
    (void)context;
    lln_attention attention;
    row_pass pass;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = row_pass_run(c, &attention, true, true, &pass);
    if (status == LLN_OK)
        status = fill_queries(c, &attention, &pass, block);
    row_pass_close(&pass);
    lln_attention_close(&attention);
    return status;
}

static int write_diagnosis(void)
{
    const record_type heads = {head_columns, sizeof(lln_head_diagnosis)};
    const record_type models = {model_columns, sizeof(lln_diagnosis)};
    run_plan plan = {
        .name = "--diagnose", .table = heads, .measure = measure_diagnosis};
    if (!run_shared.each) {
        plan.table = models;
        plan.measured = heads;
        plan.reduce = summarise_model;
    }
    return against_run(&plan);
}

/* Puts columns of a sink among the default ones. */
static void show_sink(record_column *column)
{
    for (; column->name; column++)
        if (strcmp(column->group, SINK) == 0)
            column->group = COLUMNS_SHOWN(SINK);
}

int main(int argc, char **argv)
{
    command_parse(&tool, argc, argv);
    if (rules_asked().has_sink) {
        show_sink(summary_columns);
        show_sink(query_columns);
    }
    jackknife_show(summary_columns);
    jackknife_check();
    pattern_columns_refuse();
    pattern_columns_choose(summary_columns);
    pattern_columns_choose(query_columns);
    where_read(summary_columns, query_columns);
    coverage_read();
    coverage_add_columns(summary_columns, offsetof(summary_record, coverage));
    coverage_add_row_columns(query_columns, offsetof(query_record, coverage));
    size_t query_size =
        sizeof(query_record) + coverage_values() * sizeof(double);
    if (options.diagnose && options.per_row)
        cli_usage("--diagnose cannot be used with --per-row");
    if (options.diagnose)
        pattern_columns_refuse_with("--diagnose");
    bool distribution = coverage_distribution_asked();
    if (options.diagnose)
        return write_diagnosis();
    if (distribution)
        pattern_columns_refuse_with("--distribution");
    if (distribution)
        return coverage_distribution_write();
    if (options.per_row)
        return against_run(&(run_plan){.name = "--per-row",
                                       .table = {query_columns, query_size},
                                       .measure = measure_queries,
                                       .check_heads = pattern_columns_check,
                                       .stores_errors = coverage_has_brackets(),
                                       .has_many_rows = true,
                                       .rows_depend_on_head = true,
                                       .rows_are_never_averaged = true,
                                       .measures_sampled_rows = true});
    return against_run(
        &(run_plan){.name = "lln-entropy",
                    .table = {summary_columns, sizeof(summary_record)},
                    .measure = measure_entropy,
                    .check_heads = pattern_columns_check,
                    .leaves_out_tokens = jackknife_asked(),
                    .stores_errors = coverage_has_brackets(),
                    .measures_sampled_rows = true});
}
