/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Closed forms fitted to the log-variance of balanced LLN attention: the
 * published straight line, and a hyperbola. They are used for comparison and
 * first guesses; lln_theory_lln is exact. s2 = alpha^2 sigma_q^2 + beta^2
 * sigma_k^2. */
#ifndef LLN_THEORY_LINE_H
#define LLN_THEORY_LINE_H

#include <stddef.h>

#include "core/status.h"

/* Slope and intercept of the published line, log-variance = slope s2 +
 * intercept, used there for every d.
 * Source: official code of Nahshan, Kampeas and Haleva, Linear log-normal
 * attention with unbiased concentration (ICLR 2024). */
#define LLN_THEORY_PAPER_SLOPE 0.14855178144710912
#define LLN_THEORY_PAPER_INTERCEPT (-0.35487039130661086)

/* The published balanced side s = alpha sigma_q = beta sigma_k,
 *     s = sqrt((sigma_q^2 sigma_k^2 - intercept) / (2 slope)),
 * which is at least 1.093. Its within-row log-variance D2 differs from
 * sigma_q^2 sigma_k^2 by -17 % to +10 % for sigma_q sigma_k in 0.5..3 at d =
 * 64, and by +41 % to +84 % at d = 16.
 * sigma_q, sigma_k: standard deviations, 0..
 * LLN_EINVAL: either negative, infinite or NaN. */
LLN_NODISCARD lln_status lln_theory_paper_side(double sigma_q, double sigma_k,
                                               double *s);

/* The log-variance that the line predicts: slope s2 + intercept, negative for
 * s2 < 2.389. LLN_EINVAL: s2 negative, infinite or NaN. */
LLN_NODISCARD lln_status lln_theory_paper_variance(double s2, double *variance);

/* Within-row log-variance D2 of balanced LLN attention, from a hyperbola
 * through the origin,
 *     D2 = (m/2) (x - x0 + sqrt((x - x0)^2 + w^2)) - c,   x = s2,
 *     c  = (m/2) (sqrt(x0^2 + w^2) - x0),
 * with m, x0, w fitted on 0 < s2 <= 40 for d = 8, 16, 32, 64, 128, 256 and
 * interpolated between these. Largest error there 0.022 (d = 8) to 0.031; below
 * D2 = 0.2 the relative error reaches 45 %, from 0.35 to 20 the inverse is
 * within 1.5 %.
 * LLN_EINVAL: s2 negative, infinite or NaN; LLN_EUNDEFINED, NaN: d below 8 or
 * above 256. */
LLN_NODISCARD lln_status lln_theory_hyperbola(size_t d, double s2,
                                              double *variance);

/* Its inverse: t = 2 (variance + c) / m, s2 = x0 + (t - w^2 / t) / 2.
 * Statuses as above. */
LLN_NODISCARD lln_status lln_theory_hyperbola_inverse(size_t d, double variance,
                                                      double *s2);

#endif
