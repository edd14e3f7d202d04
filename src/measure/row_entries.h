/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Statistics of one row of P from its entries, for attention by rows. */
#ifndef LLN_MEASURE_ROW_ENTRIES_H
#define LLN_MEASURE_ROW_ENTRIES_H

#include "measure/rows.h"

/* The statistics of lln_row for entries[m], which may be zero or negative;
 * `what` as for lln_rows_measure. logs [m] receives ln P_j of the keys, which
 * are the positive entries, in their order. A row without keys has top = 0,
 * keys = 0 and the moments of no values. */
lln_row lln_row_from_entries(const double *entries, size_t m, unsigned what,
                             double *logs);

/* Sets what the row is without one more outcome that has the weight 1 - sum:
 * entropy and sum_squares become those of P_j / sum, and `outside` that weight.
 * Entries must not be negative. entries, m, what and logs as above. */
void lln_row_set_outside(lln_row *row, const double *entries, size_t m,
                         unsigned what, const double *logs);

/* Turns the statistics of a row that sums to 1 into those of `sum` times the
 * row, except `scores`, which do not change. A row without keys has those of
 * lln_row_from_entries. */
void lln_row_scale(lln_row *row, double sum);

#endif
