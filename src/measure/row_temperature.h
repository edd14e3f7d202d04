/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The temperature of attention from the entries of P, for heads without queries
 * and keys. */
#ifndef LLN_MEASURE_ROW_TEMPERATURE_H
#define LLN_MEASURE_ROW_TEMPERATURE_H

#include "kernel/attention.h"

/* tau = 1/sqrt(D2), D2 the mean over rows of the variance of ln P within the
 * row (divisor: keys - 1), over its positive entries; rows with fewer than two
 * of them are left out. O(n m) time, O(n + m) memory.
 * LLN_EUNDEFINED: no row is left, or ln P is constant in every row;
 * LLN_EINVAL: no rows; LLN_ENOMEM; LLN_EINTERRUPTED. *tau is NaN then. */
LLN_NODISCARD lln_status lln_rows_temperature(lln_attention *attention,
                                              double *tau);

#endif
