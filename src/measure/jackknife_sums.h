/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The inner loops of the jackknife: the scores of a row in one tile, cut where
 * groups of keys begin, and the sums over each piece, vectorised. */
#ifndef LLN_MEASURE_JACKKNIFE_SUMS_H
#define LLN_MEASURE_JACKKNIFE_SUMS_H

#include "kernel/tiles.h"
#include "measure/jackknife.h"

/* Piece p has the scores end[p - 1] .. end[p] - 1, where end[-1] = 0, all of
 * keys in group[p]. */
typedef struct {
    size_t count;
    size_t group[LLN_TILE_KEYS], end[LLN_TILE_KEYS];
} lln_pieces;

/* Cuts the keys key .. key + count - 1, at most a tile. */
void lln_pieces_cut(const lln_jackknife *groups, size_t key, size_t count,
                    lln_pieces *pieces);

/* Moves the scores above -inf to the front, in order, and adapts the pieces;
 * those without scores are removed. Returns the number of scores that are
 * left. */
size_t lln_pieces_drop_hidden(lln_pieces *pieces, void *scores, bool single);

enum { LLN_PIECE_SLACK = 64, LLN_PIECE_SCRATCH = 6 * LLN_PIECE_SLACK };

/* Sums over a piece. */
typedef struct {
    double sum, slope, square; /* of exp(y), -y exp(y), exp(y)^2 */
    double top;                /* the largest exp(y) */
    double power[5];           /* power[r] = sum of (s - center)^r, r = 1..4 */
} lln_piece_sums;

/* Sums over all pieces of scores s, as logarithms, and weights exp(y), y = s -
 * reference: out [pieces->count]. With `moments`, sum and power[] are computed;
 * else sum, slope, square and top. The others are 0. LLN_PIECE_SLACK bytes
 * after the scores and weights of a piece may be read, but are not used.
 * scratch: LLN_PIECE_SCRATCH bytes for each piece, aligned as a double. */
void lln_piece_sums_f32(const float *scores, const float *weights,
                        const lln_pieces *pieces, bool moments,
                        double reference, double center, void *scratch,
                        lln_piece_sums *out);
void lln_piece_sums_f64(const double *scores, const double *weights,
                        const lln_pieces *pieces, bool moments,
                        double reference, double center, void *scratch,
                        lln_piece_sums *out);

#endif
