/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A sparse P in compressed rows, and its attention. */
#ifndef LLN_KERNEL_SPARSE_SPARSE_ATTENTION_H
#define LLN_KERNEL_SPARSE_SPARSE_ATTENTION_H

#include <stdint.h>

#include "kernel/attention.h"

/* P [n x m]: entry e of row i, start[i] <= e < start[i + 1], has value[e] at
 * key key[e]. rest[i] is added to every key that the mask allows row i. */
typedef struct {
    size_t n, m;
    lln_mask mask;
    size_t *start; /* [n + 1] */
    uint32_t *key;
    double *value;
    double *rest; /* [n], or NULL: none */
} lln_sparse;

/* NULL is legal. */
void lln_sparse_free(lln_sparse *sparse);

/* Makes the attention of that matrix, which it owns from now on. */
void lln_sparse_attention(lln_sparse *sparse, bool unnormalised,
                          lln_attention *attention);

#endif
