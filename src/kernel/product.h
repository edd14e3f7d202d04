/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Products with attention: the function that callers use, and the algorithm by
 * tiles, which needs no row of P in memory. */
#ifndef LLN_KERNEL_PRODUCT_H
#define LLN_KERNEL_PRODUCT_H

#include "kernel/attention.h"

/* y [n x columns] = P x, x [m x columns], in the precision of x:
 *     y_i = sum_j w_ij x_j / sum_j w_ij,  w_ij = A_ij / max_l A_il,
 * computed tile by tile with the maximum over the keys so far. When the maximum
 * of a row increases, its sums are rescaled. Scores, weights and the sums of
 * one tile are in attention->precision, sums over tiles in float64. In float32
 * an entry of y differs from float64 by less than 1e-5 of the largest |x|, and
 * usually by 1e-7 of it (tests/test_product.c). Time is O(n m (rank +
 * columns)), half of that when causal; memory in addition to the attention is
 * O(m columns). Threads share the rows; the sums of a row have a fixed order.
 * The attention must be prepared.
 * LLN_ENOMEM; LLN_EINTERRUPTED: y is not complete.
 * Source: Milakov and Gimelshein (2018); Dao et al. (2022), algorithm 1. */
LLN_NODISCARD lln_status lln_product_by_tiles(const lln_attention *attention,
                                              lln_matrix x, void *y);

/* O = P V: y [n x columns] = P x, x [m x columns], in the precision of x. Uses
 * the kernel's own product if it has one. Otherwise it uses tiles or blocks of
 * rows of P, in O(n m (rank + columns)) time. LLN_ENOMEM; LLN_EINTERRUPTED: y
 * is not complete. */
LLN_NODISCARD lln_status lln_attention_product(const lln_attention *attention,
                                               lln_matrix x, void *y);

#endif
