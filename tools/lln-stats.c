/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-stats: measures how close attention is to log-normal, and its moments. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "core/memory.h"
#include "fenton_table.h"
#include "heads/temperature.h"
#include "jackknife.h"
#include "measure/jackknife_lognormal.h"
#include "measure/lognormal.h"
#include "message.h"
#include "model.h"
#include "normality_table.h"
#include "options.h"
#include "run.h"

static struct {
    size_t histogram, qq, thin;
    bool normality, per_feature, fenton;
    const char *s2;
} options = {.s2 = "0.25:25:100"};

enum { LARGEST_TABLE = 100000, LARGEST_STEP = 1000000000 };

static const cli_option option_table[] = {
    {"histogram", 0, CLI_COUNT, "BINS",
     "print a histogram of standardised ln P with BINS bins instead of the "
     "summary",
     &options.histogram, 1, LARGEST_TABLE, false},
    {"qq", 0, CLI_COUNT, "COUNT",
     "print COUNT quantiles of standardised ln P and of the normal "
     "distribution instead of the summary",
     &options.qq, 1, LARGEST_TABLE, false},
    {"normality", 0, CLI_FLAG, NULL,
     "print how close the entries of Q and of K are to a normal distribution "
     "instead of the summary",
     &options.normality, 0, 0, false},
    {"thin", 0, CLI_COUNT, "K",
     "with --normality, test every K-th token (n / n_var, rounded up)",
     &options.thin, 1, LARGEST_STEP, false},
    {"per-feature", 0, CLI_FLAG, NULL,
     "with --normality, print one row for each feature of Q and of K",
     &options.per_feature, 0, 0, false},
    {"fenton", 0, CLI_FLAG, NULL,
     "print how accurate log-normal approximations are for --dim features; no "
     "head is measured",
     &options.fenton, 0, 0, false},
    {"s2", 0, CLI_LIST, "LIST",
     "with --fenton, values of s2 = (alpha sigma_q)^2 + (beta sigma_k)^2, in "
     "the form of --tau (0.25:25:100)",
     &options.s2, 0, 0, false},
    JACKKNIFE_OPTION,
    {0},
};

static const cli_tool tool = {
    .name = "lln-stats",
    .summary = "log-normal fit of attention matrices",
    .options = option_table,
    .shared = run_shared_options,
};

enum { PASS_MOMENTS = 1, PASS_FIT = 2, PASS_THEORY = 4, PASS_TOKENS = 16 };

#define THEORY (PASS_THEORY | PASS_SIGMAS)

typedef struct {
    double sigma_q, sigma_k, cross_variance;
    lln_lognormal fit;
    double log_mean_theory, log_variance_theory, log_variance_row_theory;
    jackknife_record jackknife;
} summary_record;

#define SUMMARY(field, name, pass)                                             \
    RECORD_REAL(summary_record, field, name, COLUMNS_DEFAULT, pass)

static record_column summary_columns[] = {
    SUMMARY(sigma_q, "sigma_q", PASS_MOMENTS),
    SUMMARY(sigma_k, "sigma_k", PASS_MOMENTS),
    SUMMARY(cross_variance, "cross_variance", PASS_MOMENTS),
    SUMMARY(fit.mean, "log_mean", PASS_FIT),
    SUMMARY(fit.variance, "log_variance", PASS_FIT),
    SUMMARY(fit.variance_row, "log_variance_row", PASS_FIT),
    SUMMARY(log_mean_theory, "log_mean_theory", THEORY),
    SUMMARY(log_variance_theory, "log_variance_theory", THEORY),
    SUMMARY(log_variance_row_theory, "log_variance_row_theory", THEORY),
    SUMMARY(fit.skewness, "skewness", PASS_FIT),
    SUMMARY(fit.excess_kurtosis, "excess_kurtosis", PASS_FIT),
    SUMMARY(fit.fit.ks, "ks_distance", PASS_FIT),
    SUMMARY(fit.fit.wasserstein, "wasserstein", PASS_FIT),
    SUMMARY(fit.fit.qq, "qq_correlation", PASS_FIT),
    JACKKNIFE_COLUMNS(summary_record, jackknife, PASS_FIT, PASS_TOKENS),
    {0},
};

/* A row of --histogram. */
typedef struct {
    long bin;
    double z_low, z_high, density, normal_density, z_middle;
} bin_record;

#define BIN(field) RECORD_REAL(bin_record, field, #field, COLUMNS_DEFAULT, 0)

static const record_column bin_columns[] = {
    RECORD_INTEGER(bin_record, bin, "bin", COLUMNS_DEFAULT, 0),
    BIN(z_low),
    BIN(z_high),
    BIN(density),
    BIN(normal_density),
    BIN(z_middle),
    {0},
};

/* A row of --qq. */
typedef struct {
    long point;
    double normal_quantile, quantile;
} quantile_record;

static const record_column quantile_columns[] = {
    RECORD_INTEGER(quantile_record, point, "point", COLUMNS_DEFAULT, 0),
    RECORD_REAL(quantile_record, normal_quantile, "normal_quantile",
                COLUMNS_DEFAULT, 0),
    RECORD_REAL(quantile_record, quantile, "quantile", COLUMNS_DEFAULT, 0),
    {0},
};

/* The histogram of standardised ln P ends at +- this; a normal distribution has
 * 2e-9 of its mass outside. */
static const double HISTOGRAM_RANGE = 6;

static void fill_theory(const run_case *c, summary_record *out)
{
    lln_theory_softmax_values softmax;
    lln_theory_lln_values lln;
    if (model_softmax_by_sigmas(c, &softmax)) {
        out->log_mean_theory = softmax.log_mean;
        out->log_variance_theory = softmax.log_variance;
        out->log_variance_row_theory = softmax.log_variance_row;
    } else if (model_lln(c, &lln)) {
        if (lln_theory_lln_log_mean(c->head->k.rows, &lln,
                                    &out->log_mean_theory) != LLN_OK)
            out->log_mean_theory = NAN;
        out->log_variance_theory = lln.log_variance;
        out->log_variance_row_theory = lln.log_variance_row;
    }
}

/* The same with errors over groups of tokens. */
static lln_status fit_groups(lln_attention *attention, summary_record *out,
                             summary_record *error)
{
    lln_lognormal_moments moments = {NAN, NAN, NAN, NAN, NAN};
    size_t groups = 0;
    lln_status status = lln_lognormal_jackknife(attention, jackknife_groups,
                                                &out->fit, &moments, &groups);
    out->jackknife.groups = (double)groups;
    error->fit.mean = moments.mean;
    error->fit.variance = moments.variance;
    error->fit.variance_row = moments.variance_row;
    error->fit.skewness = moments.skewness;
    error->fit.excess_kurtosis = moments.excess_kurtosis;
    return status;
}

/* Measures the fit of ln P; undefined values are NaN. */
static lln_status fill_fit(const run_case *c, summary_record *out,
                           summary_record *error)
{
    lln_attention attention;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status;
    if (jackknife_asked())
        status = fit_groups(&attention, out, error);
    else
        status = lln_lognormal_measure(&attention, c->rows, c->row_count,
                                       &out->fit, NULL);
    lln_attention_close(&attention);
    if (run_shared.rows > 0) {
        error->fit.mean = out->fit.mean_error;
        error->fit.variance_row = out->fit.variance_row_error;
    }
    return status;
}

static lln_status measure_lognormal(const run_case *c, const void *context,
                                    run_block *block)
{
    (void)context;
    summary_record *out = run_block_record(block, 0);
    summary_record *error = run_block_errors(block, 0);
    if ((c->passes & PASS_MOMENTS) && c->head->q.data)
        LLN_TRY(lln_temperature_moments(c->head, &out->sigma_q, &out->sigma_k,
                                        &out->cross_variance));
    if ((c->passes & PASS_MOMENTS) && jackknife_asked())
        LLN_TRY(jackknife_sigmas(c->head, &error->sigma_q, &error->sigma_k));
    if (c->passes & PASS_TOKENS)
        LLN_TRY(jackknife_n_var(c->head, &out->jackknife.n_var));
    if (c->passes & PASS_THEORY)
        fill_theory(c, out);
    return c->passes & PASS_FIT ? fill_fit(c, out, error) : LLN_OK;
}

/* Measures the distribution of ln P of a case, with its mean and standard
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

/* Computes two values for each of `count` points of a distribution. */
typedef lln_status two_columns(const lln_lognormal *fit,
                               const lln_sample *sample, size_t count,
                               double *first, double *second);

/* Fills two real fields of all records of the block, given by their offsets,
 * with the values that `compute` returns for as many points. */
static lln_status fill_points(const run_case *c, const run_block *block,
                              two_columns *compute, size_t first, size_t second)
{
    size_t count = block->rows;
    lln_lognormal fit;
    lln_sample sample = {0};
    double *values = lln_array_alloc(2 * count, sizeof *values);
    lln_status status =
        values ? find_distribution(c, &fit, &sample) : LLN_ENOMEM;
    if (status == LLN_OK)
        status = compute(&fit, &sample, count, values, values + count);
    for (size_t i = 0; status == LLN_OK && i < count; i++) {
        char *record = run_block_record(block, i);
        memcpy(record + first, &values[i], sizeof *values);
        memcpy(record + second, &values[count + i], sizeof *values);
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

static lln_status start_histogram(run_block *block)
{
    size_t count = options.histogram;
    double width = 2 * HISTOGRAM_RANGE / (double)count;
    LLN_TRY(run_block_resize(block, count));
    for (size_t b = 0; b < count; b++) {
        bin_record *out = run_block_record(block, b);
        out->bin = (long)b;
        out->z_low = -HISTOGRAM_RANGE + (double)b * width;
        out->z_high = -HISTOGRAM_RANGE + (double)(b + 1) * width;
        out->z_middle = -HISTOGRAM_RANGE + ((double)b + 0.5) * width;
    }
    return LLN_OK;
}

static lln_status measure_histogram(const run_case *c, const void *context,
                                    run_block *block)
{
    (void)context;
    return fill_points(c, block, find_densities, offsetof(bin_record, density),
                       offsetof(bin_record, normal_density));
}

static lln_status find_quantiles(const lln_lognormal *fit,
                                 const lln_sample *sample, size_t count,
                                 double *normal, double *quantile)
{
    return lln_lognormal_quantiles(fit, sample, count, quantile, normal);
}

static lln_status start_quantiles(run_block *block)
{
    LLN_TRY(run_block_resize(block, options.qq));
    for (size_t i = 0; i < block->rows; i++) {
        quantile_record *out = run_block_record(block, i);
        out->point = (long)i;
    }
    return LLN_OK;
}

static lln_status measure_quantiles(const run_case *c, const void *context,
                                    run_block *block)
{
    (void)context;
    return fill_points(c, block, find_quantiles,
                       offsetof(quantile_record, normal_quantile),
                       offsetof(quantile_record, quantile));
}

/* Refuses two options that choose different tables. */
static void check_tables(void)
{
    static const char *const names[] = {"histogram", "qq", "normality",
                                        "fenton", NULL};
    const char *first = cli_first_given(names);
    for (size_t i = 0; names[i]; i++)
        if (names[i] != first && cli_given(names[i]))
            cli_usage("--%s cannot be used with --%s", names[i], first);
}

int main(int argc, char **argv)
{
    command_parse(&tool, argc, argv);
    check_tables();
    if (cli_given("s2") && !options.fenton)
        cli_usage("--s2 needs --fenton");
    if (cli_given("thin") && !options.normality)
        cli_usage("--thin needs --normality");
    if (options.per_feature && !options.normality)
        cli_usage("--per-feature needs --normality");
    jackknife_show(summary_columns);
    jackknife_check();
    if (options.fenton)
        return fenton_table_write(options.s2);
    if (options.normality)
        return normality_table_write(options.thin, options.per_feature);
    run_plan plan = {.name = "lln-stats",
                     .table = {summary_columns, sizeof(summary_record)},
                     .measure = measure_lognormal,
                     .leaves_out_tokens = jackknife_asked(),
                     .measures_sampled_rows = true};
    if (options.histogram)
        plan = (run_plan){.name = "--histogram",
                          .table = {bin_columns, sizeof(bin_record)},
                          .measure = measure_histogram,
                          .start = start_histogram,
                          .has_many_rows = true,
                          .measures_sampled_rows = true};
    else if (options.qq)
        plan = (run_plan){.name = "--qq",
                          .table = {quantile_columns, sizeof(quantile_record)},
                          .measure = measure_quantiles,
                          .start = start_quantiles,
                          .has_many_rows = true,
                          .measures_sampled_rows = true};
    return run_plan_write(&plan);
}
