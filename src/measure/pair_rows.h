/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blocks of complete rows of scores of one attention. Internal to comparisons
 * of two (pair.c, fidelity.c). */
#ifndef LLN_MEASURE_PAIR_ROWS_H
#define LLN_MEASURE_PAIR_ROWS_H

#include "kernel/tiles.h"
#include "measure/row_pair.h"
#include "measure/row_state.h"

/* The scores of an attention. It must not be copied. */
typedef struct {
    const lln_attention *tiles; /* has them: the attention, or `given`; NULL:
                                   the attention has rows only */
    lln_attention_scores given; /* opened, if the attention is by rows that are
                                   made of scores */
} lln_score_source;

/* Finds them, and prepares the attention unless the scores are given. The
 * caller calls lln_score_source_close, also if this fails. LLN_ENOMEM;
 * LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_score_source_open(lln_attention *attention,
                                               lln_score_source *source);
void lln_score_source_close(lln_score_source *source);

/* Whether all keys that the mask allows have scores that are logarithms, or
 * can become logarithms. */
bool lln_score_source_positive(const lln_score_source *source);

/* A block of rows, and its memory: one for each thread and attention. */
typedef struct {
    lln_tiles tiles; /* first[i] .. end[i] - 1 are the allowed keys of row i */
    void *panel; /* [rows x m] scores, in the domain and the precision of the
                    attention; only those of allowed keys are set */
    lln_row_scores *rows; /* [rows], with log_norm and sum; max = -inf: the mask
                             hides all keys */
    lln_row_state *states; /* [rows], of the sums */
    size_t most;           /* rows that it has memory for */
    void *scratch;         /* for the scores of a tile */
    size_t *top;           /* [rows x top], see lln_score_block_settle;
                              NULL: not used yet */

    /* Of given scores. */
    bool zeros;         /* scores may be 0, which are no keys */
    const double *sums; /* [n] of the rows of P; NULL: those of the scores */
} lln_score_block;

/* The rows of a block of scores, or else of entries in float64, of m keys: as
 * many as fit in 512 KiB, up to 192 or 64; but at least 64 if they fit in 4
 * MiB, and at least 16. They depend on nothing else, and so do the results. */
size_t lln_pair_block_rows(size_t m, lln_precision precision, bool by_scores);

/* Allocates memory for blocks of at most `rows` <= LLN_TILE_ROWS rows of a
 * source with tiles. The caller calls lln_score_block_close, also if this
 * fails. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_score_block_open(const lln_score_source *source,
                                              size_t rows,
                                              lln_score_block *block);
void lln_score_block_close(lln_score_block *block);

/* Computes the rows queries[0 .. rows - 1] or, if queries is NULL, first ..
 * first + rows - 1. */
void lln_score_block_fill(lln_score_block *block, const size_t *queries,
                          size_t first, size_t rows);

/* Finds the `top` largest scores of the rows that have no gaps, unless it is 0,
 * and makes linear scores logarithms: once for several comparisons, which then
 * do not depend on their order. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_score_block_settle(lln_score_block *block,
                                                size_t rows, size_t top);

/* Outputs of rows: out = panel V, for panel [rows x m] and V [m x columns] of
 * one precision, which is that of out [rows x columns] too. */
void lln_rows_multiply(const void *panel, size_t rows, lln_matrix values,
                       void *out);

/* Makes the scores weights of sum 1, for all m keys. */
void lln_score_block_weigh(lln_score_block *block, size_t rows);

#endif
