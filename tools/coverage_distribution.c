/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "coverage_distribution.h"

#include <math.h>

#include "coverage_columns.h"
#include "run.h"

size_t coverage_distribution_bins = 16;

/* A row: a bin, and for each p the fraction of the rows of P. */
typedef struct {
    long bin;
    double low, high, fraction[LLN_COVERAGE_MOST];
} bin_record;

static record_column columns[LLN_COVERAGE_MOST + 4] = {
    RECORD_INTEGER(bin_record, bin, "bin", COLUMNS_DEFAULT, 0),
    RECORD_REAL(bin_record, low, "keys_low", COLUMNS_DEFAULT, 0),
    RECORD_REAL(bin_record, high, "keys_high", COLUMNS_DEFAULT, 0),
};

/* Bins have 2^b .. 2^(b+1) - 1 keys; the last has no upper end. */
static lln_status start_bins(run_block *block)
{
    size_t bins = coverage_distribution_bins;
    LLN_TRY(run_block_resize(block, bins));
    for (size_t b = 0; b < bins; b++) {
        bin_record *out = run_block_record(block, b);
        out->bin = (long)b;
        out->low = ldexp(1, (int)b);
        out->high = b + 1 < bins ? ldexp(1, (int)b + 1) - 1 : NAN;
    }
    return LLN_OK;
}

static lln_status fill_bins(const lln_coverage *coverage, size_t share,
                            size_t n, const run_block *block)
{
    double fraction[COVERAGE_DISTRIBUTION_MOST];
    double error[COVERAGE_DISTRIBUTION_MOST];
    LLN_TRY(lln_coverage_histogram(coverage, share, n, block->rows, fraction,
                                   error));
    for (size_t b = 0; b < block->rows; b++) {
        bin_record *out = run_block_record(block, b);
        bin_record *errors = run_block_errors(block, b);
        out->fraction[share] = fraction[b];
        errors->fraction[share] = error[b];
    }
    return LLN_OK;
}

static lln_status measure_bins(const run_case *c, const void *context,
                               run_block *block)
{
    (void)context;
    lln_attention attention;
    lln_coverage *coverage = NULL;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    size_t count = c->rows ? c->row_count : attention.n;
    lln_status status =
        coverage_measure(c, &attention, NULL, 0, 0, count, NULL, &coverage);
    for (size_t i = 0; coverage && i < coverage_plan()->shares; i++)
        if (status == LLN_OK)
            status = fill_bins(coverage, i, attention.n, block);
    lln_coverage_close(coverage);
    lln_attention_close(&attention);
    return status;
}

int coverage_distribution_write(void)
{
    for (size_t i = 0; i < coverage_plan()->shares; i++)
        columns[3 + i] = (record_column)RECORD_REAL(
            bin_record, fraction[i], coverage_name(i), COLUMNS_DEFAULT,
            PASS_COVERAGE_KEYS);
    return run_plan_write(&(run_plan){.name = "--distribution",
                                      .table = {columns, sizeof(bin_record)},
                                      .measure = measure_bins,
                                      .start = start_bins,
                                      .has_many_rows = true,
                                      .measures_sampled_rows = true});
}
