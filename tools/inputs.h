/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What kernels take beside the head: arrays (--arrays, --gate) and draws of
 * random numbers (--seed, --trials). */
#ifndef LLN_TOOLS_INPUTS_H
#define LLN_TOOLS_INPUTS_H

#include "heads/kernel_arrays.h"
#include "selection.h"

/* The arrays that the shared options name; NULL: none. Ends the process if
 * they cannot be read, or if no kernel takes one of that name. */
lln_kernel_arrays *inputs_open(const kernel_list *kernels, bool sampled);

/* The matrices for one head, to be freed. NULL is a legal `extras`. */
typedef struct {
    lln_kernel_array *items; /* [count] */
    size_t count;
} input_list;

LLN_NODISCARD lln_status inputs_load(const lln_kernel_arrays *extras,
                                     const lln_head *head, input_list *list);
void inputs_free(input_list *list);

/* How many draws of each random kernel there are for a head: one for sampled
 * heads, which are trials themselves. Ends the process if --trials has nothing
 * to be for among the kernels, or --seed among all, the reference too. */
size_t inputs_draws(const kernel_list *kernels, const kernel_list *all,
                    bool sampled);

#endif
