/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to singular*.c: block Lanczos iteration on a symmetric G = A'A with
 * all vectors kept orthogonal. G V = V T + W R, where rows of the arrays v and
 * w are the orthonormal vectors of V and of the next block W, T = V'G V is
 * full, and only the vectors that were added last have a part R in W. A restart
 * replaces V by Ritz vectors, which makes T diagonal. */
#ifndef LLN_MEASURE_LANCZOS_H
#define LLN_MEASURE_LANCZOS_H

#include <stddef.h>

#include "core/status.h"

/* y = G x for each vector; x, y [columns x m], one vector a row. */
typedef lln_status lln_lanczos_apply(void *context, const double *x,
                                     size_t columns, double *y);

typedef struct {
    lln_lanczos_apply *apply;
    void *context;
    size_t m, b, most; /* most: vectors of V, at most m - b */
    size_t used, drawn;
    double *v;     /* [most + b x m] */
    double *y;     /* [b x m] */
    double *c;     /* [b x most + b], or scratch of a chunk */
    double *t;     /* [most x most] */
    double *q;     /* Ritz vectors, number k at q + k used, ascending */
    double *theta; /* [most], ascending */
    double *r;     /* [b x b], column-major */
    double *tau;   /* [b] */
    double scale;  /* length of the longest product so far */
} lln_lanczos;

/* Bytes of the vectors and small matrices. */
double lln_lanczos_bytes(size_t m, size_t block, size_t most);

/* An empty V of at most `most` vectors of m entries, in blocks of `block`; most
 * + block <= m. LLN_ENOMEM. Release with lln_lanczos_close. */
LLN_NODISCARD lln_status lln_lanczos_open(lln_lanczos_apply *apply,
                                          void *context, size_t m, size_t block,
                                          size_t most, lln_lanczos *out);

/* Releases; a zeroed object is legal. */
void lln_lanczos_close(lln_lanczos *l);

/* Fills y, vector `row`, with numbers that are uniform in (-1, 1) and depend
 * only on how many vectors were drawn before. */
void lln_lanczos_draw(lln_lanczos *l, size_t row);

/* The block after V becomes y made orthonormal and orthogonal to V. Directions
 * that are lost become random. LLN_ENOCONV: LAPACK failed; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_lanczos_start_from(lln_lanczos *l);

/* The same from a random y. */
LLN_NODISCARD lln_status lln_lanczos_start(lln_lanczos *l);

/* Multiplies the last block and adds it to V; used + b <= most before.
 * LLN_ENOCONV; LLN_ENOMEM; the statuses of apply. */
LLN_NODISCARD lln_status lln_lanczos_expand(lln_lanczos *l);

/* Ritz values and vectors of V. LLN_ENOCONV; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_lanczos_decompose(lln_lanczos *l);

/* The Ritz value with that rank, largest first, from 0. */
double lln_lanczos_value(const lln_lanczos *l, size_t rank);

/* ||G v - theta v|| for the Ritz vector with that rank, from the part of G V
 * that is not in V: ||R (its last entries)||. */
double lln_lanczos_residual(const lln_lanczos *l, size_t rank);

/* Replaces V by the `keep` largest Ritz vectors, largest first, and keeps the
 * next block. */
void lln_lanczos_turn(lln_lanczos *l, size_t keep);

#endif
