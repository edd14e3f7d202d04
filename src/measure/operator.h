/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Products with P and P~ = P - 1 p', where p holds the column means of P, for
 * spectrum*.c. They use the kernel's own products or, if it has none, rows of P
 * (operator_blocks.h), stored or computed each time, in loops of
 * operator_rows.h. Rows are kept as weights relative to their largest entry.
 * Example: scores A = (1, 3) become weights (1/3, 1) with scale 3/4, so P =
 * (1/4, 3/4). */
#ifndef LLN_MEASURE_OPERATOR_H
#define LLN_MEASURE_OPERATOR_H

#include "kernel/attention.h"

typedef struct {
    lln_attention *attention;
    size_t n, m;
    int threads;
    lln_precision precision; /* of the weights */
    void *stored;  /* weights [n x m], P_ij = scale_i weights_ij; or NULL */
    double *scale; /* [n]; for the kernel's own products it is scratch */
    double *mean;  /* p [m] */
    struct lln_operator_block *blocks; /* of stored weights */
    struct lln_operator_work *work;    /* [threads] */
    double *partial; /* sums over groups of rows, see operator.c */
} lln_operator;

/* Prepares products. P is stored if it needs at most `memory` bytes.
 * LLN_ENOMEM; LLN_EINTERRUPTED. Release with lln_operator_close. */
LLN_NODISCARD lln_status lln_operator_open(lln_attention *attention,
                                           size_t memory, lln_operator *op);

/* The same, except that weights of float64 attention by tiles are rounded to
 * float32 at the end. This halves the memory and costs 6e-8 of each entry, but
 * no accuracy of logits. Other attention is opened as above. */
LLN_NODISCARD lln_status lln_operator_open_narrow(lln_attention *attention,
                                                  size_t memory,
                                                  lln_operator *op);

/* As lln_operator_open or, with narrow, lln_operator_open_narrow, but for
 * products with P alone: mean is 0, which saves a pass over P. */
LLN_NODISCARD lln_status lln_operator_open_plain(lln_attention *attention,
                                                 size_t memory, bool narrow,
                                                 lln_operator *op);

/* Releases; a zeroed object is legal. */
void lln_operator_close(lln_operator *op);

/* y = P x; x [m], y [n], float64. LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_operator_product(lln_operator *op, const double *x,
                                              double *y);

/* The same for a block of 1, 4 or 8 columns: x [m x columns], y [n x columns],
 * row-major. */
LLN_NODISCARD lln_status lln_operator_products(lln_operator *op,
                                               const double *x, size_t columns,
                                               double *y);

/* y = P' x; x [n], y [m]. LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_operator_transposed(lln_operator *op,
                                                 const double *x, double *y);

/* y = P~' P~ x in one pass over P; x, y [m]. LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_operator_gram(lln_operator *op, const double *x,
                                           double *y);

/* y = P'P x in one pass over P; x, y [m]. LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_operator_square(lln_operator *op, const double *x,
                                             double *y);

/* The largest entry of P, if its rows are weights relative to their largest
 * entry, else 1. LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_operator_largest(lln_operator *op,
                                              double *largest);

/* Frobenius norm of P~, by the kernel's own formula or from the differences
 * themselves, so that it is accurate when P is nearly constant.
 * LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_operator_norm(lln_operator *op, double *norm);

#endif
