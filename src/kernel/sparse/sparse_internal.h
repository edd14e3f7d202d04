/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of sparse attention share; not for others. */
#ifndef LLN_KERNEL_SPARSE_SPARSE_INTERNAL_H
#define LLN_KERNEL_SPARSE_SPARSE_INTERNAL_H

#include "kernel/sparse/sparse.h"

/* The state of the attention: entry e of row i, start[i] <= e < start[i + 1],
 * is value[e] at key[e]. */
typedef struct {
    size_t n, m;
    lln_mask mask;
    size_t *start; /* [n + 1] */
    uint32_t *key;
    double *value;
    double *rest; /* [n], or NULL: none */
} lln_sparse;

void lln_sparse_free(lln_sparse *sparse);

/* The attention of that matrix, which it owns from now on. */
void lln_sparse_attention(lln_sparse *sparse, bool unnormalised,
                          lln_attention *attention);

#endif
