/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to lln_window*.c: the parts of lln+window and their weights. */
#ifndef LLN_KERNEL_LLN_LLN_WINDOW_H
#define LLN_KERNEL_LLN_LLN_WINDOW_H

#include "kernel/lln/lln_internal.h"

typedef struct {
    lln_attention lln, near; /* near: softmax within the window */
    lln_mask window;         /* its mask */
    size_t reach;            /* keys on each side, below m */
    double factor;
    double *near_weight; /* [n], of the softmax: g N_i / (g N_i + F_i); NULL:
                            not needed yet */
    double *far_weight;  /* [n], of u_i.w_j as in lln_product.c */
} lln_window;

/* The keys first .. end - 1 in the window of query i. */
static inline void lln_window_run(const lln_window *s, size_t i, size_t *first,
                                  size_t *end)
{
    lln_mask_keys(s->window, s->lln.n, s->lln.m, i, first, end);
}

/* Sets both weights, if they are not set, in O((n + m) d). Scores must not be
 * logarithms. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_window_find_weights(lln_window *state);

#endif
