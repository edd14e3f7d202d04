/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums of independent log-normal variables: exact cumulants of the logarithm of
 * the sum, and how much its largest terms contribute. */
#ifndef LLN_THEORY_LOGNORMAL_SUM_H
#define LLN_THEORY_LOGNORMAL_SUM_H

#include <stddef.h>

#include "core/status.h"

/* The largest s2 = Var ln(term) that the quadratures in src/theory accept. */
#define LLN_THEORY_S2_MAX 4096.0

/* Cumulants k1..k4 (mean, variance, third, fourth) of ln S for
 *     S = sum over l = 1..d of e^{s Z_l},   Z_l iid standard normal.
 * With G = ln of an independent standard exponential, X = G - ln S has
 *     P(X > u) = phi(e^u)^d,   phi(t) = E exp(-t e^{sZ}),
 * and the cumulants of X are those of -ln S plus the known ones of G; the
 * density of X is integrated by the trapezoidal rule, step 3/16. With d = N and
 * s2 = Var of the logits, ln S is the log-normaliser of a row of softmax
 * attention.
 * d: terms, 1..; s2: variance of the logarithm of one term, 0..4096.
 * Absolute error about 1e-14 for k1, k2 and 1e-12 for k3, k4 while s2 <= 16; it
 * grows like the cumulants. s2 = 0 gives exactly ln d, 0, 0, 0; d = 1 is
 * normal: 0, s2, 0, 0.
 * LLN_EINVAL: d = 0, s2 negative, above the limit or NaN; LLN_ENOMEM;
 * LLN_ENOCONV: the density does not integrate to 1 (not seen). 0.03 ms at s2 =
 * 1, 0.5 ms at 400, 0.15 ms at 0.01.
 * Source: the identity X = G - ln S is folklore (Gumbel trick); for Laplace
 * transforms of log-normals see Asmussen, Jensen and Rojas-Nandayapa (2016). */
LLN_NODISCARD lln_status lln_theory_sum_cumulants(size_t d, double s2,
                                                  double cumulants[4]);

/* Concentration E sum_l w_l^2 of the weights w_l = e^{s Z_l} / S:
 *     d integral over t of t E[x^2 e^{-tx}] phi(t)^{d-1} dt,   x = e^{sZ}.
 * It increases from 1/d at s2 = 0 to 1 as s2 grows; it is 1 for d = 1. Its
 * inverse is the effective number of terms. Arguments and statuses as above;
 * relative error 1e-13. */
LLN_NODISCARD lln_status lln_theory_sum_concentration(size_t d, double s2,
                                                      double *concentration);

/* Concentration minus that of equal weights, 1/d. Below s2 = 1e-8, where the
 * difference would lose its digits, it is (d - 1) (e^s2 - 1)/d^2, which is
 * correct to first order in s2. Statuses as above. */
LLN_NODISCARD lln_status lln_theory_sum_excess(size_t d, double s2,
                                               double *excess);

/* The same first order, for concentrations computed elsewhere; NaN if s2 is
 * above 1e-8. */
double lln_theory_small_excess(size_t d, double s2);

#endif
