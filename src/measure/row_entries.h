/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Statistics of one row of P from its entries, for attention by rows. */
#ifndef LLN_MEASURE_ROW_ENTRIES_H
#define LLN_MEASURE_ROW_ENTRIES_H

#include "measure/rows.h"

/* The statistics of lln_row for entries[m], which may be zero or negative;
 * `what` as for lln_rows_measure. logs [m] becomes ln P_j over the keys, the
 * positive entries, in their order. A row without one: top = 0, the moments
 * are those of no number, keys = 0. */
lln_row lln_row_from_entries(const double *entries, size_t m, unsigned what,
                             double *logs);

/* Turns the statistics of a row that sums to 1 into those of the row times
 * `sum`, except for `scores`, which stay. A row without a key has those of
 * lln_row_from_entries. */
void lln_row_scale(lln_row *row, double sum);

#endif
