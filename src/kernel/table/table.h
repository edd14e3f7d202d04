/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of attention kernels, and the text form of a choice:
 * name[:param=value]... */
#ifndef LLN_KERNEL_TABLE_H
#define LLN_KERNEL_TABLE_H

#include "kernel/parameters.h"

/* All kernels, ended by NULL, in the order of table.inc. */
extern const lln_kernel *const lln_kernels[];

/* Parses one choice such as "softmax" or "lln:alpha=2:beta=1.5". LLN_EINVAL: an
 * unknown kernel or parameter (the message lists the known ones), a parameter
 * given twice, a value that is not allowed, or values that contradict each
 * other. */
LLN_NODISCARD lln_status lln_kernel_parse(const char *text,
                                          lln_kernel_choice *choice);

/* The choice of the kernel 'attention', which is not in the list, for heads
 * whose attention weights are stored. */
lln_kernel_choice lln_kernel_stored(void);

/* Opens the attention; lln_attention_close releases it. LLN_EINVAL: the kernel
 * does not support the rule of the head, or a cause of its own. */
LLN_NODISCARD lln_status lln_kernel_open(const lln_kernel_choice *choice,
                                         const lln_head *head,
                                         lln_attention *attention);

#endif
