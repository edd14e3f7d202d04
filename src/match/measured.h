/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matching on the head itself. Private to src/match. */
#ifndef LLN_MATCH_MEASURED_H
#define LLN_MATCH_MEASURED_H

#include "kernel/attention.h"
#include "kernel/parameters.h"
#include "match/match.h"

/* LLN with these alpha and beta, which are checked when it is opened. */
LLN_NODISCARD lln_status lln_measured_kernel(double alpha, double beta,
                                             lln_kernel_choice *choice);

/* LLN attention of the head with these alpha and beta. LLN_EINVAL: one of them
 * is not finite; else what lln_kernel_open returns. */
LLN_NODISCARD lln_status lln_measured_attention(const lln_head *head,
                                                double alpha, double beta,
                                                lln_attention *attention);

/* The method `measured`, see lln_match_method.side. */
LLN_NODISCARD lln_status lln_measured_side(const lln_head *head, bool estimate,
                                           lln_match *match, double *s);

#endif
