/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Compares heads with heads, in a table. */
#ifndef LLN_TOOLS_PAIRS_H
#define LLN_TOOLS_PAIRS_H

#include <stddef.h>

/* Compares the heads of the shared options with those of --against, or of
 * --pairs, and writes a table with one row for each pair. `top`: number of top
 * keys. Ends the process on bad usage and on failure; returns the exit status
 * for main. */
int pairs_write(size_t top);

#endif
