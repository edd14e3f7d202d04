/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax attention for heads whose mask allows each query a short run of keys:
 * windows and blocks. P is computed in float64 in tiles: 64 consecutive rows
 * times all keys that any of them may see. No step takes n x m work or memory;
 * with runs of w keys and c columns it is O(n (w + 64) (d + c)). The tiles are
 * divided among threads; no result depends on how. */
#ifndef LLN_KERNEL_DENSE_LOCAL_H
#define LLN_KERNEL_DENSE_LOCAL_H

#include "kernel/parameters.h"

/* The run of a query is that of the head's mask. In addition, it sees those of
 * the keys 0 .. sinks - 1 that `mask` allows. With only `head` set, there are
 * none of these, and tiles are computed anew at every visit. */
typedef struct {
    lln_head head;
    size_t sinks; /* at most the number of keys */
    lln_mask mask;
    double *decay;  /* [2 x m]: sums G, as high and low parts; logit ij gets
                       G_i - G_j, for n = m. Owned. NULL: 0 */
    double *stored; /* the tiles in order; NULL: not stored */
    size_t *start;  /* [tiles]: offset of each tile in `stored` */
} lln_local;

/* The mask with a window of `reach` keys on each side, if its own window is not
 * narrower. */
lln_mask lln_local_narrow(lln_mask mask, size_t reach);

/* Whether the runs are short enough for this path to be faster. */
bool lln_local_worth(const lln_head *head);

/* A tile: rows first .. first + rows - 1 of P, rows <= LLN_LOCAL_ROWS. Its
 * columns are the keys 0 .. sinks - 1, then the keys from low >= sinks on.
 * Entries of other keys are zero. A group of tiles has LLN_LOCAL_GROUP rows. */
enum { LLN_LOCAL_ROWS = 64, LLN_LOCAL_GROUP = 16 * LLN_LOCAL_ROWS };
typedef struct {
    size_t first, rows, sinks, low;
    size_t keys;     /* columns, those of the sinks included */
    const double *p; /* [rows x keys] */
} lln_local_tile;

/* Called for each tile, from several threads at once. One thread visits the
 * tiles of one group, in order. */
typedef void lln_local_visit_tile(void *context, size_t group,
                                  const lln_local_tile *tile);

/* The keys low .. high - 1, without sinks, that any of queries first .. first +
 * rows - 1 may see. */
void lln_local_span(const lln_local *local, size_t first, size_t rows,
                    size_t *low, size_t *high);

/* The number of groups, the number of columns of the widest tile, and a visit
 * of all tiles. LLN_ENOMEM; LLN_EINTERRUPTED. */
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

/* P_ii, for n = m: out [n]. LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_local_diagonal(const lln_local *local,
                                            double *out);

/* Frobenius norm of P - 1 mean', mean [m]. LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_local_norm(const lln_local *local,
                                        const double *mean, double *norm);

/* Opens the attention, by rows, with all of these hooks; its state is a
 * lln_local. Preparing it stores the tiles if they need no more memory than
 * queries and keys in float64. LLN_EINVAL: a mask with n > m; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_local_open(const lln_kernel_choice *choice,
                                        const lln_head *head,
                                        lln_attention *attention);

/* The same with `sinks` first keys, as far as `mask` allows them; the attention
 * has that mask. */
LLN_NODISCARD lln_status lln_local_open_sinks(const lln_kernel_choice *choice,
                                              const lln_head *head,
                                              size_t sinks, lln_mask mask,
                                              lln_attention *attention);

/* Lets the attention of lln_local_open own `decay`, [2 x n]: see lln_local. */
void lln_local_set_decay(lln_attention *attention, double *decay);

#endif
