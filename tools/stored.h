/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention weights from files: --attention. */
#ifndef LLN_TOOLS_STORED_H
#define LLN_TOOLS_STORED_H

#include "selection.h"

/* Makes FILE of --attention, and the operands after it, the files of heads.
 * Ends the process if an option needs queries and keys. Without --attention it
 * only refuses --key-attention. */
void stored_check(void);

/* Whether heads are attention weights; or have weights to be compared with what
 * their queries and keys make. */
bool stored_given(void);
bool stored_beside(void);

/* Ends the process if they are: what is asked for needs queries and keys. */
void stored_refuse(const char *option);

/* The kernel 'attention', and the kernels of a list after it. */
kernel_list stored_kernels(const kernel_list *others);

#endif
