/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What was found about the attention weights of a set of heads, and a message
 * about rows that do not sum to 1. */
#ifndef LLN_HEADS_STRAY_ROWS_H
#define LLN_HEADS_STRAY_ROWS_H

#include "heads/stored.h"

typedef struct lln_stray_rows lln_stray_rows;

/* For `heads` heads that are not examined yet. Release with
 * lln_stray_rows_free, after failures too; NULL is legal. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_stray_rows_alloc(size_t heads,
                                              lln_stray_rows **rows);
void lln_stray_rows_free(lln_stray_rows *rows);

/* Examines the weights of a head, and keeps the survey. Not for several threads
 * at once. Statuses are those of lln_stored_examine. */
LLN_NODISCARD lln_status lln_stray_rows_examine(lln_stray_rows *rows,
                                                size_t head,
                                                lln_stored *stored);

/* Gives the weights of a head the survey that is kept, else examines them. */
LLN_NODISCARD lln_status lln_stray_rows_survey(const lln_stray_rows *rows,
                                               size_t head, lln_stored *stored);

/* Makes what is described a head without queries and keys, but with weights
 * that may be known to be causal. */
void lln_stray_rows_describe(const lln_stray_rows *rows, size_t head,
                             lln_head *described);

/* "x.npz: key 'a': head 3, row 17 sums to 0.93, expected 1 ...; 412 more rows
 * of 5 heads ..."; NULL: all rows sum to 1. */
const char *lln_stray_rows_text(lln_stray_rows *rows);

#endif
