/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention beside that of another kernel: a table. */
#ifndef LLN_TOOLS_COMPARE_H
#define LLN_TOOLS_COMPARE_H

#include <stddef.h>

/* Compares the kernels that the shared options ask for with the reference, a
 * kernel as --kernel has it, by the `top` keys of each row among others, and
 * writes a table with a row each. Ends the process on bad usage and on
 * failure; returns the exit status for main. */
int compare_write(const char *reference, size_t top);

#endif
