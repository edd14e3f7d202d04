/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Completes names of arrays: the keys in files of the line. */
#ifndef LLN_TOOLS_COMPLETE_ARRAYS_H
#define LLN_TOOLS_COMPLETE_ARRAYS_H

#include "complete_line.h"

/* Offers the names of the arrays in the file that --key-q, --key-k, --key-v or
 * --key-attention is about, and patterns with {layer} that several of them fit.
 * Nothing if it cannot be read. */
void complete_keys(const complete_line *line);

/* Offers the names of files or, after FILE:, those of its arrays. */
void complete_place(void);

#endif
