/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blocks of rows of two attentions as entries in float64, for kinds that have
 * no scores in one precision. Internal to comparisons of two (pair.c). */
#ifndef LLN_MEASURE_PAIR_ENTRIES_H
#define LLN_MEASURE_PAIR_ENTRIES_H

#include "kernel/attention.h"
#include "measure/row_pair.h"

/* Rows of P (0) and R (1), and the memory of one thread. */
typedef struct {
    const lln_attention *attention[2];
    double *entries[2]; /* [rows x m] */
    double *visible[2]; /* [m]: entries of the keys that a row may see */
    double *bias[2];    /* [m] */
} lln_entry_block;

/* Allocates memory for blocks of at most `rows` rows of two attentions of one
 * shape. The caller calls lln_entry_block_close, also if this fails.
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_entry_block_open(const lln_attention *p,
                                              const lln_attention *r,
                                              size_t rows,
                                              lln_entry_block *block);
void lln_entry_block_close(lln_entry_block *block);

/* Computes the rows queries[0 .. rows - 1] or, if queries is NULL, first ..
 * first + rows - 1. Statuses are those of lln_attention_rows. */
LLN_NODISCARD lln_status lln_entry_block_fill(lln_entry_block *block,
                                              const size_t *queries,
                                              size_t first, size_t rows);

/* The same for the first of the two attentions only. */
LLN_NODISCARD lln_status lln_entry_block_fill_first(lln_entry_block *block,
                                                    const size_t *queries,
                                                    size_t first, size_t rows);

/* The entries of keys first .. end - 1, which this query may see, in row i of
 * the first attention; those that the mask hides become NaN. */
const double *lln_entry_block_visible(const lln_entry_block *block, size_t i,
                                      size_t query, size_t *first, size_t *end);

/* lln_row_pair_from_entries of row i of the block, which is this query. All
 * fields are NaN if the query may see other keys in R than in P. */
lln_row_pair lln_entry_block_compare(const lln_entry_block *block, size_t i,
                                     size_t query, size_t top);

#endif
