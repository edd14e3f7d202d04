/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Compares kernels with a reference kernel, in a table. */
#ifndef LLN_TOOLS_COMPARE_H
#define LLN_TOOLS_COMPARE_H

#include <stddef.h>

/* Compares the kernels of the shared options with `reference`, a kernel as in
 * --kernel, and writes a table with one row each. `top`: number of keys per row
 * for top_overlap. Ends the process on bad usage and on failure; returns the
 * exit status for main. */
int compare_write(const char *reference, size_t top);

#endif
