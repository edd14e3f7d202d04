/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-stats: how close attention is to log-normal, and with what moments. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "heads/temperature.h"
#include "measure/lognormal.h"
#include "model.h"
#include "run.h"

static struct {
    size_t histogram, qq;
} options;

enum { LARGEST_TABLE = 100000 };

static const cli_option table[] = {
    {"histogram", 0, CLI_COUNT, "BINS",
     "histogram of standardised ln P instead of the summary",
     &options.histogram, 1, LARGEST_TABLE, false},
    {"qq", 0, CLI_COUNT, "COUNT",
     "quantiles of standardised ln P against normal ones instead", &options.qq,
     1, LARGEST_TABLE, false},
    {0},
};

static const cli_tool tool = {"lln-stats",
                              "log-normal fit of attention matrices", NULL,
                              table, run_shared_options};

static const lln_column summary_columns[] = {
    {"sigma_q", LLN_REAL},
    {"sigma_k", LLN_REAL},
    {"cross", LLN_REAL},
    {"log_mean", LLN_REAL},
    {"log_variance", LLN_REAL},
    {"log_variance_row", LLN_REAL},
    {"log_mean_theory", LLN_REAL},
    {"log_variance_theory", LLN_REAL},
    {"log_variance_row_theory", LLN_REAL},
    {"skewness", LLN_REAL},
    {"excess_kurtosis", LLN_REAL},
    {"ks_distance", LLN_REAL},
    {"wasserstein", LLN_REAL},
    {"qq_correlation", LLN_REAL},
    {0},
};

static const lln_column histogram_columns[] = {
    {"bin", LLN_INTEGER},  {"z_low", LLN_REAL},          {"z_high", LLN_REAL},
    {"density", LLN_REAL}, {"normal_density", LLN_REAL}, {0},
};

static const lln_column qq_columns[] = {
    {"point", LLN_INTEGER},
    {"normal_quantile", LLN_REAL},
    {"quantile", LLN_REAL},
    {0},
};

/* Of standardised ln P; all but 2e-9 of a normal lies within. */
static const double HISTOGRAM_RANGE = 6;

static void fill_theory(const run_case *c, lln_cell *cells)
{
    struct lln_theory_softmax softmax;
    struct lln_theory_lln lln;
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

static lln_status summarise(const run_case *c, run_block *block)
{
    lln_attention attention;
    lln_lognormal fit;
    lln_cell *cells = block->cells;
    LLN_TRY(lln_head_moments(c->head, &cells[0].real, &cells[1].real,
                             &cells[2].real));
    fill_theory(c, cells + 6);
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = lln_lognormal_measure(&attention, NULL, 0, &fit, NULL);
    lln_attention_close(&attention);
    if (status != LLN_OK && status != LLN_EUNDEFINED)
        return status;
    cells[3].real = fit.mean;
    cells[4].real = fit.variance;
    cells[5].real = fit.variance_row;
    cells[9].real = fit.skewness;
    cells[10].real = fit.excess_kurtosis;
    cells[11].real = fit.fit.ks;
    cells[12].real = fit.fit.wasserstein;
    cells[13].real = fit.fit.qq;
    return status;
}

/* The distribution of ln P of a case, with its mean and deviation. */
static lln_status distribution(const run_case *c, lln_lognormal *fit,
                               lln_sample *sample)
{
    lln_attention attention;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = lln_lognormal_measure(&attention, NULL, 0, fit, sample);
    lln_attention_close(&attention);
    return status;
}

static lln_status histogram(const run_case *c, run_block *block)
{
    size_t bins = options.histogram;
    double *density = lln_array_alloc(2 * bins, sizeof *density);
    lln_lognormal fit;
    lln_sample sample = {0};
    LLN_TRY(run_block_resize(block, bins));
    lln_status status = density ? distribution(c, &fit, &sample) : LLN_ENOMEM;
    if (status == LLN_OK)
        status = lln_lognormal_histogram(&fit, &sample, HISTOGRAM_RANGE, bins,
                                         density, density + bins);
    double width = 2 * HISTOGRAM_RANGE / (double)bins;
    for (size_t b = 0; b < bins; b++) {
        lln_cell *cells = block->cells + b * block->columns;
        cells[0].integer = (long)b;
        cells[1].real = -HISTOGRAM_RANGE + (double)b * width;
        cells[2].real = -HISTOGRAM_RANGE + (double)(b + 1) * width;
        cells[3].real = status == LLN_OK ? density[b] : NAN;
        cells[4].real = status == LLN_OK ? density[bins + b] : NAN;
    }
    lln_sample_free(&sample);
    free(density);
    return status;
}

static lln_status quantiles(const run_case *c, run_block *block)
{
    size_t count = options.qq;
    double *q = lln_array_alloc(2 * count, sizeof *q);
    lln_lognormal fit;
    lln_sample sample = {0};
    LLN_TRY(run_block_resize(block, count));
    lln_status status = q ? distribution(c, &fit, &sample) : LLN_ENOMEM;
    if (status == LLN_OK)
        status = lln_lognormal_quantiles(&fit, &sample, count, q, q + count);
    for (size_t i = 0; i < count; i++) {
        lln_cell *cells = block->cells + i * block->columns;
        cells[0].integer = (long)i;
        cells[1].real = status == LLN_OK ? q[count + i] : NAN;
        cells[2].real = status == LLN_OK ? q[i] : NAN;
    }
    lln_sample_free(&sample);
    free(q);
    return status;
}

int main(int argc, char **argv)
{
    run_parse(&tool, argc, argv);
    if (options.histogram && options.qq)
        cli_usage("--histogram and --qq: choose one");
    if (options.histogram)
        return run_plan_write(
            &(run_plan){.columns = histogram_columns, .measure = histogram});
    if (options.qq)
        return run_plan_write(
            &(run_plan){.columns = qq_columns, .measure = quantiles});
    return run_plan_write(
        &(run_plan){.columns = summary_columns, .measure = summarise});
}
