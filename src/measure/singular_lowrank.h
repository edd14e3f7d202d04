/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Singular values of a P of low rank, from its factors. */
#ifndef LLN_MEASURE_SINGULAR_LOWRANK_H
#define LLN_MEASURE_SINGULAR_LOWRANK_H

#include "measure/singular.h"

/* Whether the attention has features and their rank is at most 256 and a
 * quarter of min(n, m). */
bool lln_singular_lowrank_applies(const lln_attention *attention);

/* Those of P and P~, for attention with features; zeros after the first
 * `rank`. LLN_ENOMEM; LLN_ENOCONV: LAPACK failed; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_singular_lowrank(lln_attention *attention,
                                              lln_singular *out);

/* Those of P, [rank], largest first; the other singular values are 0.
 * rank <= min(n, m). The same statuses. */
LLN_NODISCARD lln_status lln_singular_lowrank_plain(lln_attention *attention,
                                                    lln_singular_value *values);

/* squares [m]: sum_i P_ij^2 for P = B A', as |R a_j|^2 with the triangular
 * factor R of B, in O((n + m) rank^2). The same statuses. */
LLN_NODISCARD lln_status lln_singular_lowrank_squares(lln_attention *attention,
                                                      double *squares);

#endif
