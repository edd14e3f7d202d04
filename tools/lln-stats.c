/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-stats: how close attention is to log-normal, and with what moments. */
#include <math.h>
#include <stdlib.h>

#include "command.h"
#include "core/memory.h"
#include "core/threads.h"
#include "heads/temperature.h"
#include "listing.h"
#include "measure/lognormal.h"
#include "measure/normality.h"
#include "message.h"
#include "model.h"
#include "options.h"
#include "output.h"
#include "run.h"
#include "selection.h"
#include "theory/fenton_accuracy.h"

static struct {
    size_t histogram, qq;
    bool normality, fenton;
    const char *s2;
} options = {.s2 = "0.25:25:100"};

enum { LARGEST_TABLE = 100000 };

static const cli_option option_table[] = {
    {"histogram", 0, CLI_COUNT, "BINS",
     "histogram of standardised ln P instead of the summary",
     &options.histogram, 1, LARGEST_TABLE, false},
    {"qq", 0, CLI_COUNT, "COUNT",
     "quantiles of standardised ln P against normal ones instead", &options.qq,
     1, LARGEST_TABLE, false},
    {"normality", 0, CLI_FLAG, NULL, "normality of Q and K instead",
     &options.normality, 0, 0, false},
    {"fenton", 0, CLI_FLAG, NULL,
     "accuracy of log-normal approximations for --dim features instead",
     &options.fenton, 0, 0, false},
    {"s2", 0, CLI_TEXT, "LIST", "where --fenton looks (0.25:25:100)",
     &options.s2, 0, 0, false},
    {0},
};

static const cli_tool tool = {
    .name = "lln-stats",
    .summary = "log-normal fit of attention matrices",
    .options = option_table,
    .shared = run_shared_options,
};

static const lln_column summary_columns[] = {
    {"sigma_q", LLN_CELL_REAL},
    {"sigma_k", LLN_CELL_REAL},
    {"cross_variance", LLN_CELL_REAL},
    {"log_mean", LLN_CELL_REAL},
    {"log_variance", LLN_CELL_REAL},
    {"log_variance_row", LLN_CELL_REAL},
    {"log_mean_theory", LLN_CELL_REAL},
    {"log_variance_theory", LLN_CELL_REAL},
    {"log_variance_row_theory", LLN_CELL_REAL},
    {"skewness", LLN_CELL_REAL},
    {"excess_kurtosis", LLN_CELL_REAL},
    {"ks_distance", LLN_CELL_REAL},
    {"wasserstein", LLN_CELL_REAL},
    {"qq_correlation", LLN_CELL_REAL},
    {0},
};

static const lln_column histogram_columns[] = {
    {"bin", LLN_CELL_INTEGER},
    {"z_low", LLN_CELL_REAL},
    {"z_high", LLN_CELL_REAL},
    {"density", LLN_CELL_REAL},
    {"normal_density", LLN_CELL_REAL},
    {"z_middle", LLN_CELL_REAL},
    {0},
};

static const lln_column qq_columns[] = {
    {"point", LLN_CELL_INTEGER},
    {"normal_quantile", LLN_CELL_REAL},
    {"quantile", LLN_CELL_REAL},
    {0},
};

static const lln_column normality_columns[] = {
    {"matrix", LLN_CELL_TEXT},         {"entries", LLN_CELL_INTEGER},
    {"mean", LLN_CELL_REAL},           {"deviation", LLN_CELL_REAL},
    {"skewness", LLN_CELL_REAL},       {"excess_kurtosis", LLN_CELL_REAL},
    {"ks_distance", LLN_CELL_REAL},    {"wasserstein", LLN_CELL_REAL},
    {"qq_correlation", LLN_CELL_REAL}, {0},
};

static const lln_column fenton_columns[] = {
    {"d", LLN_CELL_INTEGER},           {"s2", LLN_CELL_REAL},
    {"exact_mean", LLN_CELL_REAL},     {"exact_variance", LLN_CELL_REAL},
    {"fenton_mean", LLN_CELL_REAL},    {"fenton_variance", LLN_CELL_REAL},
    {"variance_error", LLN_CELL_REAL}, {"log_variance_row", LLN_CELL_REAL},
    {"log_variance", LLN_CELL_REAL},   {"fenton_row_variance", LLN_CELL_REAL},
    {"paper_line", LLN_CELL_REAL},     {0},
};

/* Of standardised ln P; all but 2e-9 of a normal lies within. */
static const double HISTOGRAM_RANGE = 6;

static void fill_theory(const run_case *c, lln_cell *cells)
{
    lln_theory_softmax_values softmax;
    lln_theory_lln_values lln;
    if (model_softmax_by_sigmas(c, &softmax)) {
        cells[0].real = softmax.log_mean;
        cells[1].real = softmax.log_variance;
        cells[2].real = softmax.log_variance_row;
    } else if (model_lln(c, &lln)) {
        if (lln_theory_lln_log_mean(c->head->k.rows, &lln, &cells[0].real) !=
            LLN_OK)
            cells[0].real = NAN;
        cells[1].real = lln.log_variance;
        cells[2].real = lln.log_variance_row;
    }
}

static lln_status measure_lognormal(const run_case *c, const void *context,
                                    run_block *block)
{
    (void)context;
    lln_attention attention;
    lln_lognormal fit;
    lln_cell *cells = block->cells;
    LLN_TRY(lln_temperature_moments(c->head, &cells[0].real, &cells[1].real,
                                    &cells[2].real));
    fill_theory(c, cells + 6);
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status =
        lln_lognormal_measure(&attention, c->rows, c->row_count, &fit, NULL);
    lln_attention_close(&attention);
    if (status != LLN_OK && status != LLN_EUNDEFINED)
        return status;
    cells[3].real = fit.mean;
    cells[4].real = fit.variance;
    cells[5].real = fit.variance_row;
    if (run_shared.rows > 0) {
        block->errors[3] = fit.mean_error;
        block->errors[5] = fit.variance_row_error;
    }
    cells[9].real = fit.skewness;
    cells[10].real = fit.excess_kurtosis;
    cells[11].real = fit.fit.ks;
    cells[12].real = fit.fit.wasserstein;
    cells[13].real = fit.fit.qq;
    return status;
}

/* Finds the distribution of ln P of a case, its mean and standard
 * deviation. */
static lln_status find_distribution(const run_case *c, lln_lognormal *fit,
                                    lln_sample *sample)
{
    lln_attention attention;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status =
        lln_lognormal_measure(&attention, c->rows, c->row_count, fit, sample);
    lln_attention_close(&attention);
    return status;
}

/* Two numbers for each of `count` points of a distribution. */
typedef lln_status two_columns(const lln_lognormal *fit,
                               const lln_sample *sample, size_t count,
                               double *first, double *second);

/* Fills `count` rows of the block: their number in the first column, what
 * `compute` gives in `column` and the next. */
static lln_status fill_points(const run_case *c, run_block *block, size_t count,
                              size_t column, two_columns *compute)
{
    lln_lognormal fit;
    lln_sample sample = {0};
    LLN_TRY(run_block_resize(block, count));
    double *values = lln_array_alloc(2 * count, sizeof *values);
    lln_status status =
        values ? find_distribution(c, &fit, &sample) : LLN_ENOMEM;
    if (status == LLN_OK)
        status = compute(&fit, &sample, count, values, values + count);
    for (size_t i = 0; i < count; i++) {
        lln_cell *cells = block->cells + i * block->columns;
        cells[0].integer = (long)i;
        cells[column].real = status == LLN_OK ? values[i] : NAN;
        cells[column + 1].real = status == LLN_OK ? values[count + i] : NAN;
    }
    lln_sample_free(&sample);
    free(values);
    return status;
}

static lln_status find_densities(const lln_lognormal *fit,
                                 const lln_sample *sample, size_t count,
                                 double *density, double *normal)
{
    return lln_lognormal_histogram(fit, sample, HISTOGRAM_RANGE, count, density,
                                   normal);
}

static lln_status measure_histogram(const run_case *c, const void *context,
                                    run_block *block)
{
    (void)context;
    lln_status status =
        fill_points(c, block, options.histogram, 3, find_densities);
    double width = 2 * HISTOGRAM_RANGE / (double)options.histogram;
    for (size_t b = 0; b < block->rows; b++) {
        lln_cell *cells = block->cells + b * block->columns;
        cells[1].real = -HISTOGRAM_RANGE + (double)b * width;
        cells[2].real = -HISTOGRAM_RANGE + (double)(b + 1) * width;
        cells[5].real = -HISTOGRAM_RANGE + ((double)b + 0.5) * width;
    }
    return status;
}

static lln_status find_quantiles(const lln_lognormal *fit,
                                 const lln_sample *sample, size_t count,
                                 double *normal, double *quantile)
{
    return lln_lognormal_quantiles(fit, sample, count, quantile, normal);
}

static lln_status measure_quantiles(const run_case *c, const void *context,
                                    run_block *block)
{
    (void)context;
    return fill_points(c, block, options.qq, 1, find_quantiles);
}

static lln_status measure_normality(const run_case *c, const void *context,
                                    run_block *block)
{
    (void)context;
    const lln_matrix matrices[] = {c->head->q, c->head->k};
    lln_status worst = LLN_OK;
    LLN_TRY(run_block_resize(block, 2));
    for (size_t i = 0; i < 2; i++) {
        lln_cell *cells = block->cells + i * block->columns;
        lln_normality out;
        lln_status status = lln_normality_measure(matrices[i], &out);
        if (status != LLN_OK && status != LLN_EUNDEFINED)
            return status;
        worst = status == LLN_OK ? worst : status;
        cells[0].text = i == 0 ? "q" : "k";
        cells[1].integer = (long)(matrices[i].rows * matrices[i].columns);
        cells[2].real = out.mean;
        cells[3].real = out.deviation;
        cells[4].real = out.skewness;
        cells[5].real = out.excess_kurtosis;
        cells[6].real = out.fit.ks;
        cells[7].real = out.fit.wasserstein;
        cells[8].real = out.fit.qq;
    }
    return worst;
}

/* The row at s2. */
static void write_fenton_row(lln_table *out, double s2)
{
    lln_theory_accuracy a;
    cli_check(lln_theory_fenton_accuracy(run_shared.dim, s2, &a));
    const lln_cell cells[] = {
        {.integer = (long)run_shared.dim},
        {.real = s2},
        {.real = a.exact_mean},
        {.real = a.exact_variance},
        {.real = a.fenton_mean},
        {.real = a.fenton_variance},
        {.real = a.variance_error},
        {.real = a.log_variance_row},
        {.real = a.log_variance},
        {.real = a.fenton_row_variance},
        {.real = a.paper_line},
    };
    cli_check_output(lln_table_row(out, cells));
}

static int write_fenton(void)
{
    static const char *const idle[] = {
        "q",       "tau",    "kernel",    "causal",     "scale",     "rows",
        "tokens",  "trials", "each",      "params",     "sigma-q",   "seed",
        "sigma-k", "window", "aggregate", "fail-below", "fail-above"};
    for (size_t i = 0; i < sizeof idle / sizeof idle[0]; i++)
        if (cli_given(idle[i]))
            cli_usage("--fenton: has no use for --%s", idle[i]);
    if (run_shared.file)
        cli_usage("--fenton: has no use for '%s'", run_shared.file);
    number_list list = number_list_read("s2", options.s2);
    lln_table *out = run_table_open(fenton_columns);
    size_t rows = 0;
    cli_catch_signals();
    for (; rows < list.count && !lln_stop_requested; rows++)
        write_fenton_row(out, list.values[rows]);
    free(list.values);
    return rows < list.count ? run_table_close_early(out, rows, list.count)
                             : run_table_close(out);
}

int main(int argc, char **argv)
{
    command_parse(&tool, argc, argv);
    if (cli_given("histogram") + cli_given("qq") + options.normality +
            options.fenton >
        1)
        cli_usage("--histogram, --qq, --normality, --fenton: choose one");
    if (cli_given("s2") && !options.fenton)
        cli_usage("--s2: goes with --fenton");
    if (options.fenton)
        return write_fenton();
    run_plan plan = {.columns = summary_columns,
                     .measure = measure_lognormal,
                     .measures_sampled_rows = true};
    if (options.histogram)
        plan = (run_plan){.columns = histogram_columns,
                          .measure = measure_histogram,
                          .measures_sampled_rows = true};
    else if (options.qq)
        plan = (run_plan){.columns = qq_columns,
                          .measure = measure_quantiles,
                          .measures_sampled_rows = true};
    else if (options.normality)
        plan = (run_plan){.columns = normality_columns,
                          .measure = measure_normality,
                          .measures_head = true};
    return run_plan_write(&plan);
}
