/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How the scores of attention by tiles change if a query becomes c times as
 * long, while its direction and all keys stay: their derivatives by ln c at c =
 * 1. Example: the logit 1.5 without a cap has derivative 1.5; with a cap of 2,
 * 2 tanh(1.5 / 2) has 1.5 / cosh(1.5 / 2)^2 = 0.895. */
#ifndef LLN_KERNEL_SCORE_SLOPE_H
#define LLN_KERNEL_SCORE_SLOPE_H

#include "kernel/tiles.h"

/* Whether the derivatives are known: for logits scale q.k, with a cap and a
 * bias or without, and for kernels with pack_slope(). */
bool lln_score_slope_is_known(const lln_attention *attention);

/* Prepares for the tiles of a block that has been started: packed [rows x
 * rank] in the precision of the attention. */
void lln_score_slope_start(const lln_tiles *tiles, void *packed);

/* The derivatives of the scores of the present tile: out [rows x keys] in the
 * precision of the attention, `keys` elements from one row to the next, without
 * the mask. The derivative of a logit is that of scale q.k without what
 * tiles.offset leaves out, which is equal for all keys of the query. Scores
 * must not have been changed. */
void lln_score_slope_tile(const lln_tiles *tiles, const void *packed,
                          void *out);

#endif
