/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How many features the rows of LLN attention use. */
#ifndef LLN_MATCH_FEATURES_USED_H
#define LLN_MATCH_FEATURES_USED_H

#include "heads/heads.h"

/* The mean over rows of exp(entropy of w_i), an effective number of features
 * from 1 to d, where w_il is the part of feature l in the row,
 *     w_il = sum_j exp(alpha q_il + beta k_jl) / sum_jm exp(alpha q_im + beta
 *            k_jm),  j over the keys that the mask allows.
 * It is small if alpha is large: the price of an unbalanced match. Time and
 * memory O((n + m) d), under any mask. NaN if a row sees no key. LLN_EINVAL:
 * alpha or beta not finite; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_features_used(const lln_head *head, double alpha,
                                           double beta, double *used);

#endif
