/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Distances between two attention matrices over the same queries and keys: two
 * heads, two layers or two checkpoints. Example: in row_pair.h. */
#ifndef LLN_MEASURE_PAIR_H
#define LLN_MEASURE_PAIR_H

#include "kernel/attention.h"
#include "measure/row_pair.h"

/* Means over rows of the fields of lln_row_pair, except for the last three. A
 * row without a value is left out of the mean; if all are, the mean is NaN. */
typedef struct {
    double js, kl, kl_reverse, variation, hellinger, row_cosine;
    double top_overlap, transfer_recall, transfer_recall_relative;
    double cosine;         /* of the outputs P V and R V' */
    double relative_error; /* |P V - R V'|_F / |R V'|_F; NaN if R V' = 0 */
    double matrix_cosine;  /* sum_ij P R / sqrt(sum_ij P^2 sum_ij R^2) */
} lln_pair;

typedef struct {
    lln_matrix values, other_values; /* V and V' [m x dv] of P and R; without
                                        data: outputs are not compared */
    const size_t *queries;           /* to be measured, [count]; NULL: all n */
    size_t count;
    size_t top;     /* number of top keys, up to LLN_ROW_TOP; 0: none */
    bool distances; /* the fields js to row_cosine, and matrix_cosine */
} lln_pair_options;

/* Compares P with R in one pass over the rows of both: blocks of complete rows
 * of scores are kept, of up to 192 rows and 512 KiB (64 rows: 4 MiB) for each
 * of the two and each thread, but at least 16 rows. Scores are compared in the
 * precision of the two attentions, also those of features if none is 0. If the
 * precisions differ or one has rows only, entries are computed in float64 and
 * in a multiple of the time. Rows whose masks allow different keys have no
 * values. Fields that were not requested are NaN. `error`, unless
 * NULL, receives standard errors as of lln_fidelity_measure for listed rows,
 * NaN for matrix_cosine. Time O(n m (rank + dv)), memory O(n + m dv) and the
 * blocks. LLN_EINVAL: count = 0, top out of range, or shapes that do not agree;
 * LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_pair_measure(lln_attention *p, lln_attention *r,
                                          const lln_pair_options *options,
                                          lln_pair *out, lln_pair *error);

/* One of several heads. */
typedef struct {
    lln_attention *attention;
    lln_matrix values; /* without data in one of them: outputs of none are
                          compared */
} lln_pair_side;

/* Some of them: indices, in any order, each once. */
typedef struct {
    const size_t *heads; /* [count] */
    size_t count;
} lln_pair_list;

/* The same for all pairs of a head of lists[0], which is P, with one of
 * lists[1], which is R and may be the same; the values of the options are not
 * used. out, and errors unless it is NULL, are [lists[0].count x
 * lists[1].count]. The results are those of lln_pair_measure to the bit. Blocks
 * of rows of several heads are computed together, as many as fit in 8 MiB for
 * each thread, and the results of their rows in 8 MiB; at least two. */
LLN_NODISCARD lln_status lln_pairs_measure(const lln_pair_side *sides,
                                           size_t count,
                                           const lln_pair_list lists[2],
                                           const lln_pair_options *options,
                                           lln_pair *out, lln_pair *errors);

#endif
