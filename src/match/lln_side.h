/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN attention with given alpha and beta, or with given sides. */
#ifndef LLN_MATCH_LLN_SIDE_H
#define LLN_MATCH_LLN_SIDE_H

#include "kernel/attention.h"
#include "kernel/parameters.h"
#include "match/problem.h"
#include "measure/row_sample.h"

/* Sets alpha and beta of a choice of kernel, which are checked when it is
 * opened. LLN_EINVAL: the kernel does not have them. */
LLN_NODISCARD lln_status lln_side_set(double alpha, double beta,
                                      lln_kernel_choice *choice);

/* The choice of kernel lln with these alpha and beta, which are checked when it
 * is opened. */
LLN_NODISCARD lln_status lln_side_choice(double alpha, double beta,
                                         lln_kernel_choice *choice);

/* The same with b = beta sigma_k = side and a = alpha sigma_q = balance b. */
LLN_NODISCARD lln_status lln_side_kernel(const lln_match_problem *problem,
                                         double side,
                                         lln_kernel_choice *choice);

/* Opens LLN attention of the head with these alpha and beta. LLN_EINVAL: one of
 * them is not finite; else the statuses of lln_kernel_open. */
LLN_NODISCARD lln_status lln_side_attention(const lln_head *head, double alpha,
                                            double beta,
                                            lln_attention *attention);

/* Means over rows of an attention. */
typedef struct {
    double variance; /* within-row log-variance D2 */
    double entropy;  /* nats */
    double skewness; /* of ln P in the row */
} lln_side_values;

/* Measures the rows listed in queries[count] into rows[count], and closes the
 * attention, whatever the status. queries NULL: rows 0 .. count - 1.
 * LLN_EINVAL: a row is not below n; LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_side_measure(lln_attention *attention,
                                          const size_t *queries, size_t count,
                                          lln_row *rows,
                                          lln_side_values *values);

#endif
