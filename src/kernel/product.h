/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Products with attention: the door to them, and those by tiles, without a row
 * of P in memory. */
#ifndef LLN_KERNEL_PRODUCT_H
#define LLN_KERNEL_PRODUCT_H

#include "kernel/attention.h"

/* y [n x columns] = P x, x [m x columns], in the precision of x:
 *     y_i = sum_j w_ij x_j / sum_j w_ij,  w_ij = A_ij / max_l A_il,
 * over one tile of keys after another, the maximum being that of the keys so
 * far; when it rises, the sums of its row shrink. Scores, weights and the sums
 * of a tile are in attention->precision, sums over tiles in float64. With
 * float32 an entry of y differs from float64 by less than 1e-5 of the largest
 * |x|, by 1e-7 of it as a rule (tests/test_product.c).
 * O(n m (rank + columns)) time, half of that when causal, and memory for
 * O(m columns) numbers beside the attention. Rows are shared among threads;
 * each row's sums have a fixed order. The attention must be prepared.
 * LLN_ENOMEM; LLN_EINTERRUPTED: y is not complete.
 * Source: Milakov and Gimelshein (2018); Dao et al. (2022), algorithm 1. */
LLN_NODISCARD lln_status lln_product_by_tiles(const lln_attention *attention,
                                              lln_matrix x, void *y);

/* O = P V: y [n x columns] = P x, x [m x columns], in the precision of x. By
 * the kernel's own product; else from tiles or from rows of P, a block at a
 * time, in O(n m (rank + columns)) time. LLN_ENOMEM; LLN_EINTERRUPTED: y is not
 * complete. */
LLN_NODISCARD lln_status lln_attention_product(const lln_attention *attention,
                                               lln_matrix x, void *y);

#endif
