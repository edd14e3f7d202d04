/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads sampled from the Gaussian model: the entries of Q and K, and optionally
 * of V, are independent and normal with mean 0. */
#ifndef LLN_HEADS_GAUSSIAN_H
#define LLN_HEADS_GAUSSIAN_H

#include <stdint.h>

#include "heads/heads.h"

typedef struct {
    size_t n, d;             /* tokens and features; >= 1 */
    double sigma_q, sigma_k; /* standard deviations; > 0 */
    uint64_t seed;
    size_t trials; /* number of heads */
    lln_logit_rule rule;
    bool values; /* also draw V [n x d], with standard deviation 1 */
} lln_gaussian;

/* Opens the set of `trials` heads. Every sigma and every temperature uses the
 * same unit draws, so that curves over them are smooth. A temperature can be
 * set only under rules with lln_rule_has_closed_variance.
 * Each block of rows of each matrix of each trial is drawn from its own stream
 * of GSL's Mersenne twister. Draws therefore depend neither on the number of
 * threads nor on the number of trials, and Q and K do not depend on whether V
 * is drawn.
 * LLN_EINVAL: a count of 0, a standard deviation that is not positive or is too
 * large, or more streams than LLN_RANDOM_STREAMS; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_gaussian_open(const lln_gaussian *model,
                                           lln_heads *heads);

#endif
