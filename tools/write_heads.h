/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --write-heads: queries, keys and values as they enter the logits, and P. */
#ifndef LLN_TOOLS_WRITE_HEADS_H
#define LLN_TOOLS_WRITE_HEADS_H

#include <stdbool.h>

/* Writes the heads that the shared options ask for to the file, which appears
 * whole or not at all, and with `p` the attention matrix of the one kernel.
 * Ends the process on bad usage and on failure; returns the exit status for
 * main. */
int write_heads(const char *path, bool p);

#endif
