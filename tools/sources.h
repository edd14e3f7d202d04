/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where heads come from: a Gaussian model, or files. */
#ifndef LLN_TOOLS_SOURCES_H
#define LLN_TOOLS_SOURCES_H

#include "heads/heads.h"
#include "heads/lengths.h"

/* Checks the shared options that say so against each other; ends the process
 * on bad usage. */
void sources_check(void);

/* Whether heads are sampled: no option names a file of them. */
bool sources_sampled(void);

/* Ends the process: this option is for sampled heads alone. */
__attribute__((noreturn)) void sources_refuse(const char *option);

/* Ends the process if there is more than one file of heads. */
void sources_refuse_several(void);

/* Opens the heads that the shared options ask for, and says which arrays were
 * taken if names decided. Ends the process on failure. */
void sources_open(lln_heads *heads);

/* The lengths that are asked for, which hold for every file; to be freed. Ends
 * the process on failure. */
lln_lengths sources_lengths(void);

/* Ends the process if the output would replace a file that is read. */
void sources_refuse_overwrite(void);

/* Writes the table of --list: the arrays of the files. Returns the exit status
 * for main. */
int sources_list(void);

#endif
