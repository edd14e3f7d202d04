/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads sampled from the Gaussian model: the entries of Q and K, and perhaps
 * V, independent and normal with mean zero. */
#ifndef LLN_HEADS_GAUSSIAN_H
#define LLN_HEADS_GAUSSIAN_H

#include <stdint.h>

#include "heads/heads.h"

typedef struct {
    size_t n, d;             /* tokens, features; >= 1 */
    double sigma_q, sigma_k; /* standard deviations; > 0 */
    uint64_t seed;
    size_t trials; /* number of heads */
    lln_logit_rule rule;
    bool values; /* draw V [n x d] too, with standard deviation 1 */
} lln_gaussian;

/* Opens the set of `trials` heads. The same unit draws are used for every
 * sigma and every temperature, so that curves over them are smooth. Only rules
 * with lln_rule_has_closed_variance can be given a temperature. Draws
 * come from GSL's Mersenne twister with a stream for each block of rows of
 * each matrix of each trial: they do not depend on the number of threads, on
 * how many trials are asked for, nor Q and K on whether V is. */
LLN_NODISCARD lln_status lln_gaussian_open(const lln_gaussian *model,
                                           lln_heads *heads);

#endif
