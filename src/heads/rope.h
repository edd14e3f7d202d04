/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rotary position embedding: pairs of channels of queries and keys turned by an
 * angle that grows with the position. */
#ifndef LLN_HEADS_ROPE_H
#define LLN_HEADS_ROPE_H

#include "heads/rope_frequencies.h"

enum { LLN_ROPE_SECTIONS = 3 };

typedef enum {
    LLN_ROPE_NONE,
    LLN_ROPE_HALF, /* channels c and c + r/2 */
    LLN_ROPE_PAIRS /* channels 2c and 2c + 1 */
} lln_rope_pairing;

typedef struct {
    lln_rope_pairing pairing;
    double theta;
    bool theta_given;
    size_t dims; /* r; 0: all channels */
    bool last;   /* the last channels are turned, not the first */
    lln_rope_scaling scaling;
    /* Pairs that take their angle from each column of the positions, one after
     * another, as in mRoPE; none: all take the only one. */
    size_t sections[LLN_ROPE_SECTIONS];
    size_t section_count;
    bool interleaved; /* pairs take the columns in turn, each as many pairs as
                         its section has; the first column has the rest */
} lln_rope;

/* Turned channels of a head with d: dims, or d. LLN_EINVAL: dims is odd or
 * above d, d is odd, or sections do not add up to r/2. */
LLN_NODISCARD lln_status lln_rope_dims(const lln_rope *rope, size_t d,
                                       size_t *dims);

/* Column of the positions, below `columns`, that pair c takes. */
size_t lln_rope_column(const lln_rope *rope, size_t columns, size_t c);

/* Cosines and sines of the angles p f_c, times the attention factor: of
 * `rows` positions and `pairs` pairs, each [rows x pairs]. */
typedef struct {
    size_t rows, pairs;
    double *cosine, *sine;
} lln_turns;

/* Turns the rows of x [rows x d] by rows `first` ... of the turns:
 *     x_e <- x_e cos - x_o sin,  x_o <- x_o cos + x_e sin
 * for channels (e, o) of pair c: (c, c + r/2) or (2c, 2c + 1) from the first
 * channel, or from channel d - r on; with scaling=proportional (c, c + d/2).
 * `dims` is that of lln_rope_dims. Source: Su et al. (2021), eq. 34. */
void lln_rope_turn(const lln_rope *rope, const lln_turns *turns, size_t first,
                   size_t dims, double *x, size_t rows, size_t d);

#endif
