/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The passes of lognormal.h and rows.h, for the jackknife. */
#ifndef LLN_MEASURE_LOGNORMAL_LEFT_OUT_H
#define LLN_MEASURE_LOGNORMAL_LEFT_OUT_H

#include "measure/lognormal.h"
#include "measure/rows_left_out.h"

/* lln_lognormal_measure of all rows without a sample, which also passes on each
 * row without each group of tokens, in the same pass. The rows come again, with
 * a new call of left_out->begin, if bins had to be chosen again. *out is the
 * same, bit by bit. */
LLN_NODISCARD lln_status
lln_lognormal_leave_out(lln_attention *attention,
                        const lln_rows_left_out *left_out, lln_lognormal *out);

#endif
