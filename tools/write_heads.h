/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --write-heads: queries, keys and values as they enter the logits, and P. */
#ifndef LLN_TOOLS_WRITE_HEADS_H
#define LLN_TOOLS_WRITE_HEADS_H

#include <stdbool.h>

/* Writes the heads of the shared options to the file, which appears complete or
 * not at all; with `p`, also the attention matrix of the one kernel. Ends the
 * process on bad usage and on failure; returns the exit status for main. */
int write_heads(const char *path, bool p);

#endif
