/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibration_table.h"

#include <math.h>

#include "listing.h"
#include "message.h"
#include "options.h"
#include "theory/line_fit.h"

/* A row of --calibrate. */
typedef struct {
    long d;
    lln_theory_line line;
} calibration_record;

#define LINE(field, name, group)                                               \
    RECORD_REAL(calibration_record, line.field, name, group, 0)

static const record_column calibration_columns[] = {
    RECORD_INTEGER(calibration_record, d, "d", COLUMNS_ID, 0),
    LINE(ratio, "balance", COLUMNS_ID),
    LINE(low, "range_low", COLUMNS_ID),
    LINE(high, "range_high", COLUMNS_ID),
    LINE(slope, "slope", COLUMNS_DEFAULT),
    LINE(intercept, "intercept", COLUMNS_DEFAULT),
    LINE(s2_low, "s2_low", COLUMNS_DEFAULT),
    LINE(s2_high, "s2_high", COLUMNS_DEFAULT),
    LINE(error, "line_error", COLUMNS_DEFAULT),
    LINE(relative_error, "line_relative_error", COLUMNS_DEFAULT),
    LINE(good_low, "good_low", COLUMNS_DEFAULT),
    LINE(good_high, "good_high", COLUMNS_DEFAULT),
    {0},
};

static void write_row(listing *out, double balance, double low, double high)
{
    calibration_record record = {.d = (long)run_shared.dim};
    cli_check(
        lln_theory_line_fit(run_shared.dim, balance, low, high, &record.line));
    listing_put(out, &record);
}

int calibration_table_write(double balance, double low, double high)
{
    static const double ranges[][2] = {{0.5, 2}, {1, 4}, {2, 8}};
    listing_refuse_heads("calibrate");
    listing out = listing_open(
        (record_type){calibration_columns, sizeof(calibration_record)});
    if (isnan(low))
        for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
            write_row(&out, balance, ranges[i][0], ranges[i][1]);
    else
        write_row(&out, balance, low, high);
    return listing_close(&out);
}
