/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Fenton-Wilkinson approximation: a sum of log-normals is replaced by a
 * log-normal with the same mean and variance. Closed forms that do not
 * overflow. */
#ifndef LLN_THEORY_FENTON_H
#define LLN_THEORY_FENTON_H

#include <stddef.h>

#include "core/status.h"

/* Mean and variance of ln S, S = sum of d iid e^{s Z}:
 *     variance = ln(1 + (e^{s2} - 1) / d),
 *     mean     = ln d + s2 / 2 - variance / 2.
 * The moments of S itself are exact; for ln S the relative error of the
 * variance is about e^{2 s2} / d: 5 % at s2 = 1.15, 50 % at 2.7 (d = 64).
 * d: terms, 1.. (1 is exact); s2: variance of one logarithm, 0.. (0 gives ln d,
 * 0). Either result may be NULL.
 * LLN_EINVAL: d = 0, or s2 negative, infinite or NaN.
 * Source: L. F. Fenton, IRE Trans. Commun. Syst. 8 (1960). */
LLN_NODISCARD lln_status lln_theory_fenton(size_t d, double s2, double *mean,
                                           double *variance);

/* The s2 at which lln_theory_fenton gives this variance:
 *     s2 = ln(1 + d (e^{variance} - 1)).
 * LLN_EINVAL: d = 0, or variance negative, infinite or NaN. */
LLN_NODISCARD lln_status lln_theory_fenton_inverse(size_t d, double variance,
                                                   double *s2);

/* The same for ln P of LLN attention within a row, including the normaliser:
 *     variance = ln(1 + (e^{b2} - 1) e^{a2} / d),
 * a2 = alpha^2 sigma_q^2, b2 = beta^2 sigma_k^2. It is the moment log-variance
 * of P with E sum_l w_l^2 (w = softmax of alpha q) replaced by e^{a2} / d. It
 * is within 5 % of the within-row log-variance D2 for a2 + b2 < 0.94, and
 * within 50 % for 2.4 (d = 64). b2 = 0 gives 0.
 * LLN_EINVAL: d = 0, or a2 or b2 negative, infinite or NaN. */
LLN_NODISCARD lln_status lln_theory_fenton_row(size_t d, double a2, double b2,
                                               double *variance);

/* The balanced side s^2 = a2 = b2 at which lln_theory_fenton_row gives this
 * variance: s^2 = ln((1 + sqrt(1 + 4 d (e^{variance} - 1))) / 2).
 * LLN_EINVAL: d = 0, or variance negative, infinite or NaN. */
LLN_NODISCARD lln_status lln_theory_fenton_row_inverse(size_t d,
                                                       double variance,
                                                       double *side2);

/* The same for a2 = ratio^2 b2: the b2 with
 *     (e^{b2} - 1) e^{ratio^2 b2} = d (e^{variance} - 1),
 * by Newton's method for the logarithm, which is concave, from below; relative
 * error below 1e-14. variance = 0 gives 0.
 * LLN_EINVAL also if the ratio is not positive and finite. */
LLN_NODISCARD lln_status lln_theory_fenton_row_ratio_inverse(size_t d,
                                                             double variance,
                                                             double ratio,
                                                             double *b2);

#endif
