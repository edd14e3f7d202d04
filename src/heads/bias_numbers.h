/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Biases of logits that formulas give. */
#ifndef LLN_HEADS_BIAS_NUMBERS_H
#define LLN_HEADS_BIAS_NUMBERS_H

#include "heads/rule_text.h"

/* The slope of head h < heads of a model, ALiBi. With P = 2^floor(log2 heads)
 * it is 2^(-max (h + 1) / P) for h < P, else 2^(-max (2 (h - P) + 1) / (2 P)).
 * Source: Press, Smith and Lewis (2022), and their code for other numbers of
 * heads than powers of two. */
double lln_alibi_slope(size_t h, size_t heads, double max);

/* The bucket of the distance j - i from query i to key j, T5. A direction has N
 * buckets: half of them, later keys the second half, or, of a decoder, all,
 * where later keys are as the own one. With a = |j - i| and E = N / 2 it is
 * that of a for a < E, else E + floor(ln(a / E) / ln(distance / E) (N - E)), at
 * most N - 1. Source: Raffel et al. (2020), section 2.1, and their code. */
size_t lln_t5_bucket(const lln_bias_text *bias, long distance);

#endif
