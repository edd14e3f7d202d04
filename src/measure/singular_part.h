/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How many of the largest singular values hold a fraction of the sum of their
 * squares. Example: singular values 3, 2, 1 with squares 9, 4, 1 hold 0.64,
 * 0.93 and all of the sum 14, so that 2 of them hold 0.9. */
#ifndef LLN_MEASURE_SINGULAR_PART_H
#define LLN_MEASURE_SINGULAR_PART_H

#include "measure/operator_columns.h"

typedef struct {
    double total;    /* sum of the squares: ||P||_F^2 */
    double fraction; /* of the total, in (0, 1) */
    double slack;    /* of the total, that rounding may take from the sum */
    size_t most;     /* values */
} lln_singular_part;

typedef enum {
    LLN_PART_KNOWN,
    LLN_PART_BEYOND,    /* more than part->most values are needed */
    LLN_PART_UNCERTAIN, /* not settled by 2 part->most + 128 vectors */
} lln_part_status;

/* Of sigma [count], largest first: the least r with sum_{i<=r} sigma_i^2 >=
 * (fraction - slack) total; count if there is none. */
size_t lln_singular_part_count(const double *sigma, size_t count,
                               const lln_singular_part *part);

/* The same for the P of an operator, by block Lanczos iteration on P'P without
 * restarts. Sums of Ritz values are never larger than those of the squared
 * singular values, so that r Ritz values that hold the fraction prove that r is
 * enough. r - 1 are not enough if they miss the fraction by more than their
 * error, the sum of min(residual, residual^2 / gap), with gap the distance to
 * the next Ritz value. total > 0; m > by->most. LLN_ENOMEM; LLN_ENOCONV: LAPACK
 * failed; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_singular_part_search(lln_columns *by,
                                                  const lln_singular_part *part,
                                                  size_t *rank,
                                                  lln_part_status *known);

/* Bytes of the vectors and small matrices of the search. */
double lln_singular_part_bytes(size_t m, size_t block, size_t most);

#endif
