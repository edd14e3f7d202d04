/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax attention of heads whose mask leaves each query a short run of keys:
 * windows and blocks. P is made in float64, tile by tile, from the rows that
 * stand together and the keys that any of them sees; nothing takes n x m work
 * or memory: with runs of w keys O(n (w + 64) (d + c)) for c columns. Tiles
 * are shared among threads, and no result depends on them. */
#ifndef LLN_KERNEL_DENSE_LOCAL_H
#define LLN_KERNEL_DENSE_LOCAL_H

#include "kernel/parameters.h"

/* The attention; its mask is that of the head. Zeroed but for the head it makes
 * its tiles anew for every visit. */
typedef struct {
    lln_head head;
    double *stored; /* the tiles one behind the other; NULL: not kept */
    size_t *start;  /* of each tile, [tiles] */
} lln_local;

/* Whether runs are so short that this is worth while. */
bool lln_local_worth(const lln_head *head);

/* Rows first .. first + rows - 1 of P, at most LLN_LOCAL_ROWS, of which only
 * the keys low .. low + keys - 1 can be other than zero. */
enum { LLN_LOCAL_ROWS = 64 };
typedef struct {
    size_t first, rows, low, keys;
    const double *p; /* [rows x keys] */
} lln_local_tile;

/* Called for each tile, from several threads at once, but for the tiles of
 * one group in order and by one thread. */
typedef void lln_local_visit_tile(void *context, size_t group,
                                  const lln_local_tile *tile);

/* The keys low .. high - 1 that queries first .. first + rows - 1 see. */
void lln_local_span(const lln_head *head, size_t first, size_t rows,
                    size_t *low, size_t *high);

/* Number of groups, the most keys of a tile, and a visit of all tiles.
 * LLN_ENOMEM; LLN_EINTERRUPTED. */
size_t lln_local_groups(const lln_local *local);
size_t lln_local_width(const lln_local *local);
LLN_NODISCARD lln_status lln_local_visit(const lln_local *local,
                                         lln_local_visit_tile *visit,
                                         void *context);

/* Rows first .. first + count - 1 of P, out [count x m]. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_local_rows(const lln_local *local, size_t first,
                                        size_t count, double *out);

/* y = P x, x [m x columns], and y = P'x, x [n x columns], in the precision of
 * x. LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_local_product(const lln_local *local, lln_matrix x,
                                           void *y);
LLN_NODISCARD lln_status lln_local_transposed(const lln_local *local,
                                              lln_matrix x, void *y);

/* P_ii of as many queries as keys: out [n]. LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_local_diagonal(const lln_local *local,
                                            double *out);

/* Frobenius norm of P - 1 mean', mean [m]. LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_local_norm(const lln_local *local,
                                        const double *mean, double *norm);

/* The attention, by rows, with all of these; its state is a lln_local. To be
 * prepared means that the tiles are kept if they take no more than queries and
 * keys do in float64. LLN_EINVAL: a mask and n > m; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_local_open(const lln_kernel_choice *choice,
                                        const lln_head *head,
                                        lln_attention *attention);

#endif
