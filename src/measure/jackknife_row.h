/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A row of P without each group of keys, from sums over the scores of each
 * group. Example: scores A = (1, 3, 4) in three groups: without the last,
 * log_norm = ln 4, entropy 0.562, squares 0.625, top 0.75. */
#ifndef LLN_MEASURE_JACKKNIFE_ROW_H
#define LLN_MEASURE_JACKKNIFE_ROW_H

#include "core/moments.h"
#include "measure/jackknife_sums.h"
#include "measure/tile_sums.h"

/* A row without group t, for t = 0 .. g - 1; fields as in lln_row. */
typedef struct {
    double *keys;                /* [g] number of keys that are left */
    double *norm;                /* [g] ln Z */
    double *entropy;             /* [g] these three are NaN if no key is left */
    double *squares;             /* [g] sum_j P_j^2; like entropy, meaningless
                                    if there are moments */
    double *top;                 /* [g] largest P_j, without a sink */
    double *mean, *m2, *m3, *m4; /* [g] moments of the scores, as in
                                    lln_moments; NULL: not wanted */
} lln_left_out;

/* Sums for the rows of a block, and scratch. */
typedef struct {
    const lln_jackknife *groups;
    bool moments;    /* are wanted */
    double *sums;    /* [rows x fields x g], owned */
    size_t stride;   /* fields x g */
    double *scratch; /* owned */
    lln_left_out out;
    lln_piece_sums pieces[LLN_TILE_KEYS];
    double lanes[LLN_TILE_KEYS * LLN_PIECE_SCRATCH / sizeof(double)];
} lln_group_rows;

/* Allocates sums for blocks of `rows` rows; release them with
 * lln_group_rows_free, also if this fails. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_group_rows_open(const lln_jackknife *groups,
                                             size_t rows, bool moments,
                                             lln_group_rows **out);

/* NULL is legal. */
void lln_group_rows_free(lln_group_rows *work);

/* Starts a block of `rows` rows. */
void lln_group_rows_start(lln_group_rows *work, size_t rows);

/* Adds scores of row i, cut into pieces. `sums` are those over all of them,
 * with weights, and logs if the domain is linear, in float32 if `single`.
 * Scores far below the reference are weighed again, relative to the largest of
 * their piece. */
void lln_group_rows_add(lln_group_rows *work, size_t i,
                        const lln_pieces *pieces, const void *scores,
                        lln_domain domain, bool single,
                        const lln_tile_sums *sums);

/* Row i without each group. center: near the mean of its scores. The result is
 * valid until the next call. All sums are of terms of one sign, and nothing is
 * subtracted. */
const lln_left_out *lln_group_rows_finish(lln_group_rows *work, size_t i,
                                          double center);

#endif
