/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax attention of heads whose mask leaves each query a short run of keys:
 * windows and blocks. P is made in float64, tile by tile, from the rows that
 * stand together and the keys that any of them sees; nothing takes n x m work
 * or memory: with runs of w keys O(n (w + 64) (d + c)) for c columns. Tiles
 * are shared among threads, and no result depends on them. */
#ifndef LLN_KERNEL_SOFTMAX_LOCAL_H
#define LLN_KERNEL_SOFTMAX_LOCAL_H

#include "heads/heads.h"

/* Whether runs are so short that this is worth while. */
bool lln_softmax_is_local(const lln_head *head);

/* Rows first .. first + rows - 1 of P, of which only the keys low .. low +
 * keys - 1 can be other than zero. */
typedef struct {
    size_t first, rows, low, keys;
    const double *p; /* [rows x keys] */
} lln_local_tile;

/* Called for each tile, from several threads at once, but for the tiles of
 * one group in order and by one thread. */
typedef void lln_local_visit(void *context, size_t group,
                             const lln_local_tile *tile);

/* Number of groups, and a visit of all tiles. LLN_ENOMEM; LLN_EINTERRUPTED. */
size_t lln_softmax_local_groups(const lln_head *head);
LLN_NODISCARD lln_status lln_softmax_local_visit(const lln_head *head,
                                                 lln_local_visit *visit,
                                                 void *context);

/* y = P x, x [m x columns], and y = P'x, x [n x columns], in the precision of
 * x. LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_softmax_local_product(const lln_head *head,
                                                   lln_matrix x, void *y);
LLN_NODISCARD lln_status lln_softmax_local_transposed(const lln_head *head,
                                                      lln_matrix x, void *y);

/* P_ii of as many queries as keys: out [n]. LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_softmax_local_diagonal(const lln_head *head,
                                                    double *out);

/* Frobenius norm of P - 1 mean', mean [m]. LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_softmax_local_norm(const lln_head *head,
                                                const double *mean,
                                                double *norm);

#endif
