/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Prints --help from the option tables. */
#ifndef LLN_TOOLS_HELP_H
#define LLN_TOOLS_HELP_H

#include "cli.h"

/* Prints the help of a tool on stdout; `standard` are --help and --version. */
void help_print(const cli_tool *tool, const cli_option *standard);

/* Prints an entry of a list that a tool adds to its help. */
void help_choice(const char *name, const char *summary);

/* Describes the values that an option takes: "a number above 0". */
void help_range(const cli_option *option, char *out, size_t size);

#endif
