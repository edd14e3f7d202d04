/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Checks of the options about heads against each other, before a file is
 * opened. */
#ifndef LLN_TOOLS_SOURCE_CHECKS_H
#define LLN_TOOLS_SOURCE_CHECKS_H

#include <stdbool.h>

#include "options.h"

/* Ends the process if standard input is named more than once: it may be one
 * FILE, or all of --q, --k and --v (it is read once), or one text file. */
void sources_check_pipes(void);

/* Checks the shared options about heads against each other; ends the process on
 * bad usage. */
void sources_check(void);

/* Ends the process: this option applies only to sampled heads. */
__attribute__((noreturn)) void sources_refuse(const char *option);

/* Whether the text is "-" or "-:KEY" and no file has this name. */
bool sources_is_pipe(const char *text);

/* The given option that does not need values; NULL: values are needed. */
const values_option *sources_values_optional(void);

/* The values of --padding, ended by NULL. */
extern const char *const sources_sides[];

#endif
