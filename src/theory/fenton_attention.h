/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fenton's approximation for one head of LLN attention: mean and variance of ln
 * P, and how far they are from known ones. Example: d = 64, m = 512 keys, a2 =
 * b2 = 1: log-variance 0.0952 with the terms of both sides, 0.0705 with the
 * normaliser of the row. */
#ifndef LLN_THEORY_FENTON_ATTENTION_H
#define LLN_THEORY_FENTON_ATTENTION_H

#include <stddef.h>

#include "core/status.h"

/* Mean and variance of ln P_ij. */
typedef struct {
    double log_mean, log_variance;
} lln_theory_fenton_values;

/* Fenton's approximation of ln P for Gaussian queries and keys, without a mask:
 * P is replaced by a log-normal whose mean is 1/m, so that
 *     log_mean = -ln m - log_variance / 2.
 * sum, as the method `fenton` of matching uses it: P varies like S = sum_l
 * e^{alpha q_l + beta k_l}, and the normaliser is ignored:
 *     log_variance = ln(1 + (e^{a2 + b2} - 1) / d)       (lln_theory_fenton).
 * row, as the method `fenton-row` uses it: within a row, with its normaliser:
 *     log_variance = ln(1 + (e^{b2} - 1) e^{a2} / d) (lln_theory_fenton_row).
 * keys: m, 1..; a2 = (alpha sigma_q)^2, b2 = (beta sigma_k)^2.
 * LLN_EINVAL: no keys, and as lln_theory_fenton_row. */
LLN_NODISCARD lln_status lln_theory_fenton_attention(
    size_t d, size_t keys, double a2, double b2, lln_theory_fenton_values *sum,
    lln_theory_fenton_values *row);

/* How far an approximation is from values that are known:
 *     log_mean     = approximation - known, nats,
 *     log_variance = approximation / known - 1.
 * NaN where a known value is NaN, and for log_variance where it is 0. */
lln_theory_fenton_values
lln_theory_fenton_error(const lln_theory_fenton_values *approximation,
                        double log_mean, double log_variance);

#endif
