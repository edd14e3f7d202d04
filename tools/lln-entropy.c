/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-entropy: measures how concentrated the rows of attention matrices are. */
#include "against_columns.h"
#include "at_lengths.h"
#include "by_position.h"
#include "command.h"
#include "coverage_columns.h"
#include "coverage_distribution.h"
#include "diagnosis_table.h"
#include "jackknife.h"
#include "measure/jackknife_entropy.h"
#include "message.h"
#include "model.h"
#include "norm_columns.h"
#include "options.h"
#include "pattern_columns.h"
#include "query_rows.h"
#include "row_pass.h"
#include "rules.h"
#include "summary.h"
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
    BY_POSITION_OPTION,
    AT_LENGTHS_OPTION,
    WHERE_OPTIONS,
    COVERAGE_OPTIONS,
    COVERAGE_DISTRIBUTION_OPTION,
    JACKKNIFE_OPTION,
    PATTERN_OPTIONS,
    AGAINST_COLUMNS_OPTION,
    SUMMARY_OPTIONS,
    {0},
};

static const cli_text texts[] = {
    {"kernel", "kernels, each as name[:parameter=value]...; see --list-kernels "
               "(softmax,lln; softmax with --summary)"},
    {0},
};

static const cli_tool tool = {
    .name = "lln-entropy",
    .summary = "entropy and concentration of attention rows",
    .texts = texts,
    .options = option_table,
    .shared = run_shared_options,
};

enum { PASS_ROWS = 1, PASS_THEORY = 2, PASS_TOKENS = 8 };

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

/* The most columns, with those of coverage_columns.h. */
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
    RECORD_REAL(summary_record, entropy.outside, "outside_mass", COLUMNS_SINK,
                PASS_ROWS),
    RECORD_REAL(summary_record, entropy.with_sink, "entropy_with_sink_nats",
                COLUMNS_SINK, PASS_ROWS),
    JACKKNIFE_COLUMNS(summary_record, jackknife, PASS_ROWS, PASS_TOKENS),
    NORM_COLUMNS(summary_record, norm, PASS_ROWS),
    PATTERN_COLUMNS(summary_record, patterns),
    WHERE_COLUMNS(summary_record, where),
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

static int write_heads(void)
{
    return against_run(
        &(run_plan){.name = "lln-entropy",
                    .table = {summary_columns, sizeof(summary_record)},
                    .measure = measure_entropy,
                    .check_heads = pattern_columns_check,
                    .leaves_out_tokens = jackknife_asked(),
                    .stores_errors = coverage_has_brackets(),
                    .measures_sampled_rows = true});
}

/* A table instead of that of heads. */
typedef struct {
    const char *option;
    int (*write)(void);
    const char *others[16]; /* options of columns that it does not have */
} other_table;

/* If two are asked for, the message names them in this order. */
static const other_table other_tables[] = {
    {"distribution",
     coverage_distribution_write,
     {"jackknife", "recall", PATTERN_OPTION_NAMES, WHERE_OPTION_NAMES}},
    {"diagnose",
     diagnosis_table_write,
     {COVERAGE_OPTION_NAMES, PATTERN_OPTION_NAMES, WHERE_OPTION_NAMES}},
    {"per-row", query_rows_write, {NULL}},
    {"by-position", query_rows_write_by_position, {NULL}},
    {"at-lengths", query_rows_write_at_lengths, {NULL}},
    {"summary",
     summary_write,
     {"against", "jackknife", "grid", "prefix-tokens", "qk-clip",
      COVERAGE_OPTION_NAMES, PATTERN_OPTION_NAMES, "each", "shard"}},
};

/* The table that options ask for; NULL: that of heads. Ends the process if an
 * option cannot be used with it. */
static const other_table *find_table(void)
{
    const other_table *found = NULL;
    for (size_t i = 0; i < sizeof other_tables / sizeof *other_tables; i++) {
        const other_table *table = &other_tables[i];
        if (!cli_given(table->option))
            continue;
        const char *other =
            found ? found->option : cli_first_given(table->others);
        if (other)
            cli_usage("--%s cannot be used with --%s", other, table->option);
        found = table;
    }
    return found;
}

/* Chooses the columns that options ask for. */
static void choose_columns(void)
{
    if (rules_asked().has_sink)
        COLUMNS_SHOW(summary_columns, COLUMNS_SINK);
    jackknife_show(summary_columns);
    pattern_columns_refuse();
    pattern_columns_choose(summary_columns);
    where_read();
    where_choose(summary_columns);
    coverage_read();
    coverage_add_columns(summary_columns, offsetof(summary_record, coverage));
    query_rows_choose();
    by_position_absent();
    at_lengths_absent();
}

int main(int argc, char **argv)
{
    command_parse(&tool, argc, argv);
    const other_table *table = find_table();
    summary_check();
    jackknife_check();
    choose_columns();
    return table ? table->write() : write_heads();
}
