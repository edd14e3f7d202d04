/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Singular values of a P of low rank, from its factors. */
#ifndef LLN_MEASURE_SINGULAR_LOWRANK_H
#define LLN_MEASURE_SINGULAR_LOWRANK_H

#include "measure/singular.h"

/* Those of P and P~, for attention with features; zeros after the first
 * `rank`. LLN_ENOMEM; LLN_ENOCONV: LAPACK failed; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_singular_lowrank(lln_attention *attention,
                                              lln_singular *out);

#endif
