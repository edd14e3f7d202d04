/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Histograms of the rows of P without storing a row: brackets of coverage for
 * rows that do not fit in memory. Internal to coverage.c. */
#ifndef LLN_MEASURE_COVERAGE_BRACKETS_H
#define LLN_MEASURE_COVERAGE_BRACKETS_H

#include "measure/coverage_bins.h"
#include "measure/rows.h"

/* Called when the histogram of a row is complete, with its position in the list
 * of rows, the number of its keys and the sum of its weights; by several
 * threads at once, for different rows. */
typedef void lln_coverage_take(void *context, size_t index,
                               const lln_coverage_bins *bins, double keys,
                               double total);

/* Two sweeps over attention by tiles: the first finds the largest score of each
 * row, the second counts weights relative to it. Each thread keeps 192
 * histograms, 0.8 MB. A row without keys is not passed on. rows [count], unless
 * NULL, receives the statistics that `what` asks for. LLN_ENOMEM;
 * LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_coverage_brackets(
    lln_attention *attention, const size_t *queries, size_t count,
    unsigned what, lln_row *rows, lln_coverage_take *take, void *context);

#endif
