/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Covariance of the logarithms of two sums of log-normals that have the same
 * row factors: a two-dimensional integral on which the theory of LLN attention
 * is based. Private to src/theory. */
#ifndef LLN_THEORY_COVARIANCE_H
#define LLN_THEORY_COVARIANCE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* Cov(ln S, ln S'), S = sum over l = 1..d of e^{a x_l + b y_l}. S' is the same
 * with y'_l (alike), or the sum of e^{a x_l}; x, y, y' independent standard
 * normal. By Hoeffding's identity, with psi = E_z phi_b(e^{u + az})
 * phi_b'(e^{u'
 * + az}), b' = b or 0,
 *     Cov = integral over u, u' of psi^d - (phi(e^u) phi'(e^{u'}))^d,
 * phi_b the Laplace transform of e^{bZ}, phi and phi' those of one term. d >=
 * 1; a > 0, b >= 0 with a^2 + b^2 up to LLN_THEORY_S2_MAX.
 * Absolute error about 1e-14 plus 1e-14 relative. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_sum_covariance(size_t d, double a, double b,
                                            bool alike, double *covariance);

#endif
