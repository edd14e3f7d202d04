/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which features exp(alpha q) and exp(beta k) of LLN attention a floating-point
 * format can represent, for Gaussian queries and keys. Notation: a = alpha
 * sigma_q, b = beta sigma_k; Phi is the standard normal distribution function.
 * Example: fp16 and a = 3: a feature overflows with probability 1 - Phi(11.09 /
 * 3) = 1.1e-4. */
#ifndef LLN_THEORY_NUMBER_RANGE_H
#define LLN_THEORY_NUMBER_RANGE_H

#include <stddef.h>

#include "core/status.h"

/* The limits of a format: logarithms of values before rounding to nearest. */
typedef struct {
    const char *name;
    double overflow; /* e^x rounds to infinity for x >= overflow */
    double normal;   /* e^x is subnormal or 0 for x < normal */
    double flush;    /* e^x rounds to 0 for x < flush */
} lln_number_format;

enum { LLN_FP16, LLN_BF16, LLN_FP32, LLN_NUMBER_FORMATS };

extern const lln_number_format lln_number_formats[LLN_NUMBER_FORMATS];

/* Fractions of the features e^x of one matrix, expected here, counted by
 * lln_feature_range. */
typedef struct {
    double overflow;        /* round to infinity */
    double subnormal;       /* round to a subnormal number other than 0 */
    double flushed;         /* round to 0 */
    double shifted_flushed; /* round to 0 if the largest x of the group is
                               subtracted; none overflows then */
} lln_range_fractions;

/* Computes the fractions for features e^x with x normal, mean 0 and standard
 * deviation `spread` = s >= 0, in groups of `group` >= 1 features:
 *     overflow  = 1 - Phi(format->overflow / s),
 *     subnormal = Phi(normal / s) - Phi(flush / s),
 *     flushed   = Phi(flush / s).
 * For queries of d features shifted by the maximum of each row, group = d; for
 * m keys shifted by one maximum, group = m d. With M = group, f and F the
 * density and distribution function of the standard normal,
 *     shifted_flushed = (M - 1) integral f(x) F(x)^(M-2) F(x + flush / s) dx,
 * by the trapezoidal rule, step 0.02; relative error 1e-10 for values above
 * 1e-250. s = 0 gives 0 for all. 0.1 ms.
 * LLN_EINVAL: spread negative or NaN, or group below 1. */
LLN_NODISCARD lln_status lln_theory_range_side(const lln_number_format *format,
                                               double spread, double group,
                                               lln_range_fractions *out);

/* n queries and m keys of d features. */
typedef struct {
    double a, b;
    size_t n, m, d;
} lln_theory_sides;

/* Probability that at least one feature of the queries and keys rounds to
 * infinity, L = overflow:
 *     1 - Phi(L / a)^(n d) Phi(L / b)^(m d).
 * LLN_EINVAL: a or b negative or NaN; n, m or d = 0. */
LLN_NODISCARD lln_status
lln_theory_range_overflow(const lln_number_format *format,
                          const lln_theory_sides *sides, double *probability);

/* Probability that at least one product e^{alpha q_il + beta k_jl} rounds to
 * infinity:
 *     1 - (1 - e)^d,   e = P(a X + b Y >= L),
 * with X and Y the largest of n and of m standard normal values. e is an
 * integral over the density of the one with the smaller factor, as above.
 * Statuses as above. */
LLN_NODISCARD lln_status
lln_theory_range_product(const lln_number_format *format,
                         const lln_theory_sides *sides, double *probability);

/* ln of the expected row sum before it is normalised, E sum_j sum_l e^{alpha
 * q_il + beta k_jl}: ln(m d) + (a^2 + b^2) / 2. Single rows of single heads are
 * mostly below it, and some far above. Statuses as above. */
LLN_NODISCARD lln_status lln_theory_range_sum(const lln_theory_sides *sides,
                                              double *log_sum);

#endif
