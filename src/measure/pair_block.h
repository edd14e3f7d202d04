/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Comparison of one block of rows of several heads. Internal to pair.c. */
#ifndef LLN_MEASURE_PAIR_BLOCK_H
#define LLN_MEASURE_PAIR_BLOCK_H

#include "measure/pair.h"
#include "measure/pair_entries.h"
#include "measure/pair_rows.h"

/* What is compared, and where the results of rows go. */
typedef struct {
    const lln_pair_side *sides;
    const lln_pair_options *options;
    lln_score_source *sources; /* of each side */
    bool by_scores; /* else by entries in float64, and one pair at a time */
    lln_precision precision;
    void **values; /* of each side in `precision`; NULL: outputs are not
                      compared */
    size_t n, m, columns;
    size_t count; /* of rows to be measured */
    size_t block; /* rows of one block */

    /* The part that is being compared: P is one of size[0] heads, R one of
     * size[1]. */
    size_t *heads; /* [head_count] sides, each once */
    size_t head_count;
    size_t *places[2]; /* [size] of P and R in `heads` */
    size_t size[2];
    lln_row_pair *rows; /* [pairs of the part x count] */
} lln_pair_job;

/* Scratch of one thread. */
typedef struct {
    size_t count;
    lln_score_block *scores; /* [count] */
    void **outputs;          /* [count][block x columns] */
    lln_entry_block entries;
} lln_pair_scratch;

/* The caller calls lln_pair_scratch_free, also if this fails. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_pair_scratch_alloc(const lln_pair_job *job,
                                                lln_pair_scratch *work);
void lln_pair_scratch_free(lln_pair_scratch *work);

/* The results of the rows of pair (i, j) of the part, [count]. */
lln_row_pair *lln_pair_rows_of(const lln_pair_job *job, size_t i, size_t j);

/* Compares rows start .. start + rows - 1 of the list for all pairs of the
 * part. LLN_ENOMEM; the statuses of lln_attention_rows. */
LLN_NODISCARD lln_status lln_pair_compare_block(const lln_pair_job *job,
                                                size_t start, size_t rows,
                                                lln_pair_scratch *work);

#endif
