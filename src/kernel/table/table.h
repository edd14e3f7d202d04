/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of attention kernels, and the text form of a choice from it:
 * name[:param=value]... */
#ifndef LLN_KERNEL_TABLE_H
#define LLN_KERNEL_TABLE_H

#include "kernel/parameters.h"

/* All kernels, ended by NULL, in the order of table.inc. */
extern const lln_kernel *const lln_kernels[];

/* Reads one choice such as "softmax" or "lln:alpha=2:beta=1.5".
 * LLN_EINVAL: unknown kernel or parameter (the message lists what exists), a
 * parameter twice, a value that the table of the kernel does not allow, or
 * values that contradict each other. */
LLN_NODISCARD lln_status lln_kernel_parse(const char *text,
                                          lln_kernel_choice *choice);

/* The choice of the kernel 'attention', which is not in the list, for heads
 * whose attention weights are stored. */
lln_kernel_choice lln_kernel_stored(void);

/* Opens the attention; release it with lln_attention_close. LLN_EINVAL: the
 * kernel does not honour the rule of the head, or what it says itself. */
LLN_NODISCARD lln_status lln_kernel_open(const lln_kernel_choice *choice,
                                         const lln_head *head,
                                         lln_attention *attention);

#endif
