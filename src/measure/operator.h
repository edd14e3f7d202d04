/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Products with P and P~ = P - 1 p', p the column means of P: by the kernel's
 * own products; else from a stored copy in the precision of the attention, or
 * from rows made each time. */
#ifndef LLN_MEASURE_OPERATOR_H
#define LLN_MEASURE_OPERATOR_H

#include "kernel/attention.h"

typedef struct {
    lln_attention *attention;
    size_t n, m;
    int threads;
    lln_precision precision; /* of the weights */
    void *stored;  /* weights [n x m], P_ij = scale_i weights_ij; or NULL */
    double *scale; /* [n]; scratch for the kernel's own products */
    double *mean;  /* p [m] */
    struct lln_operator_block *blocks; /* of what is stored */
    struct lln_operator_work *work;    /* [threads] */
    double *partial; /* sums over groups of rows, see operator.c */
} lln_operator;

/* Prepares products; P is stored if it takes at most `memory` bytes.
 * LLN_ENOMEM; LLN_EINTERRUPTED. Release with lln_operator_close. */
LLN_NODISCARD lln_status lln_operator_open(lln_attention *attention,
                                           size_t memory, lln_operator *op);

/* The same of float64 attention by tiles with weights that are rounded to
 * float32 at the end: half of the memory, with 6e-8 of each entry lost and none
 * of its logit. Other attention is opened as above. */
LLN_NODISCARD lln_status lln_operator_open_narrow(lln_attention *attention,
                                                  size_t memory,
                                                  lln_operator *op);

/* Releases; a zeroed object is legal. */
void lln_operator_close(lln_operator *op);

/* y = P x; x [m], y [n], float64. LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_operator_product(lln_operator *op, const double *x,
                                              double *y);

/* The same of a block of 1, 4 or 8 columns: x [m x columns], y [n x columns],
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

/* Frobenius norm of P~, by the kernel's own formula or from the differences
 * themselves, so that it keeps its digits when P is nearly constant.
 * LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_operator_norm(lln_operator *op, double *norm);

#endif
