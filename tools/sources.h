/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The source of heads: a Gaussian model, or files. */
#ifndef LLN_TOOLS_SOURCES_H
#define LLN_TOOLS_SOURCES_H

#include "heads/heads.h"
#include "heads/lengths.h"

/* Ends the process if there is more than one file of heads. */
void sources_refuse_several(void);

/* Opens the heads of the shared options, and prints which arrays were chosen by
 * name. Ends the process on failure. */
void sources_open(lln_heads *heads);

/* Reads --lengths, which applies to every file; the caller frees the result.
 * Ends the process on failure. */
lln_lengths sources_lengths(void);

/* Ends the process if the output would replace a file that is read. */
void sources_refuse_overwrite(void);

/* Writes the table of --list: the arrays of the files. Returns the exit status
 * for main. */
int sources_list(void);

#endif
