/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "distribution.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "measure/lognormal.h"

/* What the options ask for. */
static size_t histogram_bins, quantile_count;

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
    size_t count = histogram_bins;
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
    LLN_TRY(run_block_resize(block, quantile_count));
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

run_plan distribution_histogram(size_t bins)
{
    histogram_bins = bins;
    return (run_plan){.name = "--histogram",
                      .table = {bin_columns, sizeof(bin_record)},
                      .measure = measure_histogram,
                      .start = start_histogram,
                      .has_many_rows = true,
                      .measures_sampled_rows = true};
}

run_plan distribution_quantiles(size_t count)
{
    quantile_count = count;
    return (run_plan){.name = "--qq",
                      .table = {quantile_columns, sizeof(quantile_record)},
                      .measure = measure_quantiles,
                      .start = start_quantiles,
                      .has_many_rows = true,
                      .measures_sampled_rows = true};
}
