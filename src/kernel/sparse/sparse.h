/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention with few keys in each row. P is computed once, when it is opened,
 * and stored in compressed rows, in float64. In addition, each row may have a
 * constant that is added to all allowed keys (`rest`). Products take O(nnz c)
 * time. Example: with m = 4, one entry 0.6 at key 2 and rest 0.1, the row is
 * (0.1, 0.1, 0.7, 0.1). */
#ifndef LLN_KERNEL_SPARSE_SPARSE_H
#define LLN_KERNEL_SPARSE_SPARSE_H

#include <stdint.h>

#include "kernel/parameters.h"

/* Data from which a kernel makes row i: the allowed keys first .. end - 1 and
 * the logits of row i with them. */
typedef struct {
    size_t n, m;                    /* of the head */
    size_t i, first, end, position; /* position: of the query among the keys */
    size_t d;
    const double *q; /* the query [d] */
    const double *k; /* all keys [m x d] */
    double *logits;  /* scale q.k, [end - first]; may be overwritten */
    double *scratch; /* [end - first] */
} lln_sparse_query;

/* The row to be made: at most `most` entries, keys ascending. `rest` is added
 * to every allowed key. */
typedef struct {
    size_t count;
    uint32_t *keys;
    double *values;
    double rest;
} lln_sparse_row;

typedef struct {
    const lln_kernel_choice *choice;
    const lln_head *head;
    size_t most;   /* entries of a row that make() needs room for */
    size_t expect; /* usual number of entries of a row with enough keys */
    bool logits;   /* whether logits are needed, which takes n m d time */
    void *state;   /* the kernel's own data */
    /* Called from several threads at once. */
    void (*make)(const void *state, const lln_sparse_query *query,
                 lln_sparse_row *out);
} lln_sparse_kernel;

/* Makes all rows. The attention is unnormalised if a row does not sum to 1. It
 * keeps no pointer to the kernel. LLN_EINVAL: a mask with n > m, or m > 2^32 -
 * 1; LLN_ETOOBIG: the entries need more than half of the free memory;
 * LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_sparse_open(const lln_sparse_kernel *kernel,
                                         lln_attention *attention);

#endif
