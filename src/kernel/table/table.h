/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of attention kernels, and the text form of a choice:
 * name[:param=value]... */
#ifndef LLN_KERNEL_TABLE_H
#define LLN_KERNEL_TABLE_H

#include "kernel/parameters.h"

/* All kernels, ended by NULL: those of table.inc in its order, then those of
 * lln_kernel_register. */
extern const lln_kernel *const *const lln_kernels;

/* Adds a kernel to the table, which keeps the pointer. lln_kernel_parse and
 * lln_kernel_open then treat it as one of their own. Call it before other
 * threads use the library. LLN_EINVAL: the name is empty, is that of another
 * kernel or has other characters than a-z, 0-9, '_', '+' and '-'; there is no
 * open(); the default of a parameter is not allowed by its own range or words;
 * or LLN_KERNELS_REGISTERED kernels have been added. */
enum { LLN_KERNELS_REGISTERED = 64 };
LLN_NODISCARD lln_status lln_kernel_register(const lln_kernel *kernel);

/* Parses one choice such as "softmax" or "lln:alpha=2:beta=1.5". LLN_EINVAL: an
 * unknown kernel or parameter (the message lists the known ones), a parameter
 * given twice, a value that is not allowed, or values that contradict each
 * other. */
LLN_NODISCARD lln_status lln_kernel_parse(const char *text,
                                          lln_kernel_choice *choice);

/* The choice of the kernel 'attention', which is not in the list, for heads
 * whose attention weights are stored. */
lln_kernel_choice lln_kernel_stored(void);

/* Opens the attention; lln_attention_close releases it. It may keep pointers to
 * the head and the choice, which must live as long. LLN_EINVAL: the kernel does
 * not support the rule of the head, queries and keys differ in features or
 * precision, or a cause of the kernel's own. */
LLN_NODISCARD lln_status lln_kernel_open(const lln_kernel_choice *choice,
                                         const lln_head *head,
                                         lln_attention *attention);

#endif
