/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention with few keys a row. P is made once, when it is opened, and kept in
 * compressed rows, in float64; it may have, beside, the same number at all keys
 * that the mask allows a row. Products take O(nnz c) time. */
#ifndef LLN_KERNEL_SPARSE_SPARSE_H
#define LLN_KERNEL_SPARSE_SPARSE_H

#include <stdint.h>

#include "kernel/parameters.h"

/* What a kernel may look at to make row i: the keys first .. end - 1 that the
 * mask allows, and its logits with them. */
typedef struct {
    size_t n, m;                    /* of the head */
    size_t i, first, end, position; /* position: of the query among the keys */
    size_t d;
    const double *q; /* the query [d] */
    const double *k; /* all keys [m x d] */
    double *logits;  /* scale q.k, [end - first]; scratch too */
    double *scratch; /* [end - first] */
} lln_sparse_query;

/* Entries of the row to be made: keys ascending, at most as many as the kernel
 * has promised. `rest` is added to every key the mask allows. */
typedef struct {
    size_t count;
    uint32_t *keys;
    double *values;
    double rest;
} lln_sparse_row;

typedef struct {
    const lln_kernel_choice *choice;
    const lln_head *head;
    size_t most;   /* room for entries of a row that make() needs */
    size_t expect; /* entries of a row of enough keys, as a rule */
    bool logits;   /* are needed: n m d time */
    void *state;   /* the kernel's own */
    /* Called from several threads at once. */
    void (*make)(const void *state, const lln_sparse_query *query,
                 lln_sparse_row *out);
} lln_sparse_kernel;

/* Makes all rows. The attention is unnormalised if a row does not sum to 1. It
 * owns nothing of the kernel. LLN_EINVAL: a mask and n > m, or m > 2^32 - 1;
 * LLN_ETOOBIG: the entries would need more than half of the memory that is
 * free; LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_sparse_open(const lln_sparse_kernel *kernel,
                                         lln_attention *attention);

#endif
