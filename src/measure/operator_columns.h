/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Products of P, or of P~ = P - 1 p', and of its transpose with many vectors at
 * once. A block of vectors is stored as rows: x [columns x m] or u [columns x
 * n], row-major, one vector a row. The arithmetic is float64 for weights of
 * either precision. No result depends on the number of threads, or on whether P
 * is stored. */
#ifndef LLN_MEASURE_OPERATOR_COLUMNS_H
#define LLN_MEASURE_OPERATOR_COLUMNS_H

#include "measure/operator.h"

enum { LLN_COLUMNS_MOST = 32 };

typedef struct {
    lln_operator *op;
    size_t most;     /* vectors at a time, up to LLN_COLUMNS_MOST */
    bool centred;    /* P~ instead of P */
    double *room;    /* scratch of the threads, or of the kernel's products */
    double *partial; /* sums over groups of rows */
} lln_columns;

/* Prepares products of up to `most` vectors, 1 to LLN_COLUMNS_MOST: `columns`
 * of a product is at most this. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_columns_open(lln_operator *op, size_t most,
                                          bool centred, lln_columns *out);

/* Releases the scratch; a zeroed struct is legal. */
void lln_columns_close(lln_columns *by);

/* u = P x for each vector; u [columns x n]. LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_columns_product(lln_columns *by, const double *x,
                                             size_t columns, double *u);

/* y = P'u for each vector; y [columns x m]. LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_columns_transposed(lln_columns *by,
                                                const double *u, size_t columns,
                                                double *y);

/* y = P'P x for each vector in one pass over P; y [columns x m].
 * LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_columns_gram(lln_columns *by, const double *x,
                                          size_t columns, double *y);

#endif
