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

/* Makes a row of the sum 1, by tiles, one of the sum `sum` by rows: the
 * statistics of P_ij = sum A_ij / sum_l A_il but for `scores`. Without a key,
 * as above. */
void lln_row_scale(lln_row *row, double sum);

#endif
