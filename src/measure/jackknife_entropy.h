/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Jackknife standard errors of the entropy and its relatives, in the pass that
 * measures them. */
#ifndef LLN_MEASURE_JACKKNIFE_ENTROPY_H
#define LLN_MEASURE_JACKKNIFE_ENTROPY_H

#include "measure/entropy.h"
#include "measure/jackknife.h"

/* lln_entropy_measure of all rows: *out is the same, bit by bit. without
 * [groups->count] receives what it would be without the rows and keys of each
 * group, each row normalised again over the keys that are left; rows without
 * keys drop out, unless a sink takes their weight. over_log_n is relative to
 * the ln of the keys that are left. NaN: min, max, max_logit, row_sum_min and
 * floor, which are extremes or need other sums; and everything if no row is
 * left. Equal to measuring again up to the rounding of sums; in float32, up to
 * 1e-6.
 * LLN_EINVAL: attention by rows; LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_entropy_leave_out(lln_attention *attention,
                                               const lln_jackknife *groups,
                                               lln_entropy *out,
                                               lln_entropy *without);

/* The same with `count` groups at most, and the standard errors
 * (lln_jackknife_error) of all fields. *used: the number of groups.
 * LLN_EUNDEFINED: there are no errors, such as for one token; *out is filled
 * in. */
LLN_NODISCARD lln_status lln_entropy_jackknife(lln_attention *attention,
                                               size_t count, lln_entropy *out,
                                               lln_entropy *error,
                                               size_t *used);

#endif
