/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Linear log-normal attention of Gaussian queries and keys in the limit of many
 * tokens: S_ij = sum_l e^{alpha q_il + beta k_jl}, P_ij = S_ij / sum of row
 * i. */
#ifndef LLN_THEORY_LLN_THEORY_H
#define LLN_THEORY_LLN_THEORY_H

#include <stddef.h>

#include "core/status.h"

/* a = alpha sigma_q, b = beta sigma_k. The normaliser of a row depends on T =
 * ln sum_l e^{a x_l}: ln Z = ln N + b^2/2 + T. */
typedef struct {
    size_t d;
    double a, b;
    double sum_mean;         /* E ln S */
    double sum_variance;     /* Var ln S over queries and keys */
    double log_variance_row; /* within-row log-variance D2: mean variance of ln
                                P in a row */
    double log_variance;  /* overall log-variance D1: variance of ln P over all
                             entries */
    double feature_mean;  /* E T */
    double concentration; /* Y2 = E sum_l w_l^2, w = softmax of alpha q */
} lln_theory_lln_values;

/* Computes ln S including the normaliser, for N -> inf:
 *     D2 = Var ln S - Cov(s, s'),   s, s' of one row and two columns,
 *     D1 = Var ln S + Var T - 2 Cov(s, T).
 * Both covariances are integrals over the plane (Hoeffding's identity applied
 * to Laplace transforms), trapezoidal step 0.24.
 * d: features, 1..; a, b: 0.. with a^2 + b^2 <= LLN_THEORY_S2_MAX. a = 0: all
 * rows are equal, D1 = D2 = Var ln S. b = 0: P is uniform, D1 = D2 = 0. d = 1:
 * P is a softmax of b Z, D1 = D2 = b^2.
 * At finite N, D2 has the same expectation; D1 differs by up to 5 % at a^2 +
 * b^2 = 16, N = 512.
 * Absolute error below 1e-12 for a^2 + b^2 <= 36 (measured against tables).
 * LLN_EINVAL: d = 0, a or b negative, too large or NaN; LLN_ENOMEM; LLN_ENOCONV
 * as in lln_theory_sum_cumulants.
 * Time for d = 64: 1 ms at a = b = 1, 1.6 ms at 2.3, 3 ms at 4; 9 ms at a = 8,
 * b = 1, then increasing as a^2: 0.1 s at 20, 1.7 s at 60. */
LLN_NODISCARD lln_status lln_theory_lln(size_t d, double a, double b,
                                        lln_theory_lln_values *lln);

/* D2 alone, in about half the time. Statuses as above. */
LLN_NODISCARD lln_status lln_theory_lln_row_variance(size_t d, double a,
                                                     double b,
                                                     double *variance);

/* Mean of ln P over all entries of a row of n keys, n large:
 *     E ln S - ln n - b^2 / 2 - E T.
 * LLN_EINVAL: n = 0. */
LLN_NODISCARD lln_status lln_theory_lln_log_mean(
    size_t n, const lln_theory_lln_values *lln, double *log_mean);

/* Typical modulus of the second eigenvalue of P for n tokens,
 *     sqrt((Y2_n(b) - 1/n) (Y2_d(a) - 1/d)),
 * where Y2_m(s) is the concentration of m log-normals of spread s: here of a
 * key feature over tokens, and of a row over features. For n -> inf it is
 * sqrt((e^{b^2} - 1) (Y2_d(a) - 1/d) / n), a limit that is approached slowly:
 * at n = 512 it is 30 % too large at a = b = 2, d = 64, and 7 times too large
 * at 3.
 * It is a scale, not an expectation: simulations (n = 256 to 4096, d = 64)
 * exceed it by 2 to 8 % up to a = b = 1, by 12 to 30 % at 2, and by 20 to 40 %
 * at 3 and 4. b = 0, a = 0, n = 1 and d = 1 give 0.
 * LLN_EINVAL: n = 0; LLN_ENOMEM, LLN_ENOCONV as above. */
LLN_NODISCARD lln_status lln_theory_lln_lambda2(
    size_t n, const lln_theory_lln_values *lln, double *lambda2);

/* The balanced side s = a = b at which D2 equals `target`: exact moment
 * matching in the Gaussian model. Brent's method for ln D2 in ln s, from a
 * bracket around the inverse of lln_theory_fenton_row, if secant steps from
 * lln_theory_lln_match_guess fail.
 * d: features, 1..; target: log-variance of a row, 1e-6 to 200; relative error
 * of s below 1e-9 for target >= 1e-4.
 * LLN_EINVAL: d = 0, target not positive, infinite or NaN; LLN_ENOCONV: no s
 * with 2 s^2 <= LLN_THEORY_S2_MAX gives the target; LLN_ENOMEM. 4 ms at target
 * 1, 15 ms at 40. */
LLN_NODISCARD lln_status lln_theory_lln_match(size_t d, double target,
                                              double *s);

/* The same for a = ratio b: the side b at which D2 equals `target`. The time
 * increases with a, see lln_theory_lln. LLN_EINVAL also if the ratio is not
 * positive and finite. */
LLN_NODISCARD lln_status lln_theory_lln_match_ratio(size_t d, double target,
                                                    double ratio, double *b);

/* *x = ln b near that of lln_theory_lln_match_ratio, from closed forms: within
 * 5 % for ratio 1, d = 16 to 256 and targets 0.25 to 4. The first of two terms
 * of b^2 is the limit of small targets. The second, fitted, is the growth of
 * the largest of d terms, which large sides a bound: then D2 = b^2. Statuses of
 * lln_theory_fenton_row_ratio_inverse. */
LLN_NODISCARD lln_status lln_theory_lln_match_guess(size_t d, double target,
                                                    double ratio, double *x);

#endif
