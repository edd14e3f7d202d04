/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matching by measuring the head. Private to src/match. */
#ifndef LLN_MATCH_MEASURED_H
#define LLN_MATCH_MEASURED_H

#include "kernel/attention.h"
#include "kernel/parameters.h"
#include "match/problem.h"

/* The choice of kernel lln with these alpha and beta, which are checked when it
 * is opened. */
LLN_NODISCARD lln_status lln_measured_kernel(double alpha, double beta,
                                             lln_kernel_choice *choice);

/* Opens LLN attention of the head with these alpha and beta. LLN_EINVAL: one of
 * them is not finite; else the statuses of lln_kernel_open. */
LLN_NODISCARD lln_status lln_measured_attention(const lln_head *head,
                                                double alpha, double beta,
                                                lln_attention *attention);

/* The method `measured`, see lln_match_method.find. */
LLN_NODISCARD lln_status lln_measured_find(const lln_match_problem *problem,
                                           lln_match_list *found);

#endif
