/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The entropy of the shape of a row: of the row divided by its sum. Example:
 * the row (0.1, 0.3) has the entropy of (1/4, 3/4), 0.562 nats. */
#ifndef LLN_MEASURE_SHAPE_ENTROPY_H
#define LLN_MEASURE_SHAPE_ENTROPY_H

#include "measure/rows.h"

/* H_i = -sum_j (P_ij / w_i) ln (P_ij / w_i), w_i = sum_j P_ij, nats, out
 * [count], of the queries in the list; NULL: 0 .. count - 1. NaN: a row without
 * keys, with w_i = 0, or with a negative entry. `rows` [count]: what
 * lln_rows_measure with LLN_ROW_ENTROPY said of them; NULL: they have not been
 * measured. Rows whose sums are not 1 take a second pass. LLN_ENOMEM;
 * LLN_EINTERRUPTED; the statuses of the kernel. */
LLN_NODISCARD lln_status lln_shape_entropies(lln_attention *attention,
                                             const size_t *queries,
                                             size_t count, const lln_row *rows,
                                             double *out);

#endif
