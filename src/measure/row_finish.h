/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The statistics of a row from what a pass over its scores or entries summed.
 * Example: scores with ties = 1, rest = 1/3, slope = 0.366 below max = ln 3:
 * log_norm = ln 4, entropy = ln(4/3) + 0.366 / (4/3) = 0.562. */
#ifndef LLN_MEASURE_ROW_FINISH_H
#define LLN_MEASURE_ROW_FINISH_H

#include "measure/row_state.h"
#include "measure/rows.h"

/* The error that rounding may cause in equal scores of a row, as logarithms, in
 * the precision of the attention: lln_precision_rounding of the largest of them
 * and, unless they are logits, of 1. A spread up to this counts as none. */
double lln_row_rounding(const lln_attention *attention, const lln_row *row);

/* Row `query` of attention by tiles, whose scores have all been added to
 * `state`. Without scores, sums are 0, log_norm and max are -inf, and the rest
 * is NaN. `what` as for lln_rows_measure. */
lln_row lln_row_finish(const lln_attention *attention, size_t query,
                       const lln_row_state *state, unsigned what);

/* Row `query` of attention by rows, from entries [m]; logs [m]: scratch, see
 * lln_row_from_entries. */
lln_row lln_row_finish_entries(const lln_attention *attention, size_t query,
                               const double *entries, unsigned what,
                               double *logs);

#endif
