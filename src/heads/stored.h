/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention weights P of one head in a file, read by rows. */
#ifndef LLN_HEADS_STORED_H
#define LLN_HEADS_STORED_H

#include "heads/arrays.h"
#include "heads/lengths.h"
#include "heads/views.h"

/* What was found in the rows of P without padding. */
typedef struct {
    bool causal;    /* every key after the query has weight 0, and there are
                       such keys; queries are aligned to the end */
    size_t stray;   /* rows that do not sum to 1 (lln_stored_sums_to_one) */
    size_t first;   /* the first of these rows, padding counted */
    double sum;     /* of that row */
    double padding; /* weights of that row on keys that are padding */
} lln_stored_survey;

/* P [n x m] of a head, without padding. */
typedef struct lln_stored {
    size_t n, m;
    lln_view view;  /* of its rows and columns */
    lln_view whole; /* of its rows with all columns */
    lln_stored_survey survey;
    lln_arrays *arrays; /* keep array `number` open */
    size_t number;
} lln_stored;

/* Opens array `number`, with the axes and without the padding of that place;
 * the survey is empty. lln_stored_close releases it; NULL is legal. LLN_ENOMEM,
 * or the statuses of lln_arrays_hold and lln_view_open. */
LLN_NODISCARD lln_status lln_stored_open(lln_arrays *arrays, size_t number,
                                         const lln_axes *axes, lln_place at,
                                         lln_length length,
                                         lln_stored **stored);
void lln_stored_close(lln_stored *stored);

/* Reads all entries, and sets the survey. LLN_EFORMAT: an entry is negative or
 * not finite; the message names the first. LLN_ENOMEM, or the statuses of
 * lln_view_copy_any. */
LLN_NODISCARD lln_status lln_stored_examine(lln_stored *stored);

/* Rows first .. first + count - 1 of P, out [count x m], unchanged. From any
 * thread. Statuses are those of lln_view_copy_any. */
LLN_NODISCARD lln_status lln_stored_rows(const lln_stored *stored, size_t first,
                                         size_t count, double *out);

/* Whether a row[m] of this sum differs from 1 by no more than the rounding of
 * its entries: |sum - 1| is at most 1e-6 in float64, 1e-5 in float32, 2^-9 +
 * m 2^-25 in float16 and 2^-6 in bfloat16. For both of the latter that is four
 * roundings (of the exponential, the sum, the quotient and the stored entry),
 * and for float16 that of entries below its normal range. A row whose entries
 * are all numbers of a half precision is one of that, whatever the array. */
bool lln_stored_sums_to_one(const lln_stored *stored, const double *row,
                            double sum);

/* Sum of a row[m]. */
double lln_stored_sum(const double *row, size_t m);

#endif
