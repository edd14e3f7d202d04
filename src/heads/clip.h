/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Queries, keys and values clamped to a range: `clip_qkv` of MPT, OLMo, DBRX.
 */
#ifndef LLN_HEADS_CLIP_H
#define LLN_HEADS_CLIP_H

#include "core/matrix.h"
#include "core/status.h"

/* Reads "none" (*limit is infinite) or the limit, a number above 0.
 * LLN_EINVAL: it is neither. */
LLN_NODISCARD lln_status lln_clip_read(const char *text, double *limit);

/* x <- min(max(x, -limit), limit) for x [count], limit > 0; infinite: x stays.
 */
void lln_clip(double limit, double *x, size_t count);

#endif
