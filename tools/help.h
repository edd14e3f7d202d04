/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Prints --help from the option tables. */
#ifndef LLN_TOOLS_HELP_H
#define LLN_TOOLS_HELP_H

#include "cli.h"

/* The options --help and --version, which end all tables; ended by name
 * NULL. */
extern const cli_option help_standard[];

/* Prints the help of a tool on stdout. */
void help_print(const cli_tool *tool);

/* The help text of an option of the tool. */
const char *help_text(const cli_tool *tool, const cli_option *option);

/* Describes the values that an option takes: "a number above 0". */
void help_range(const cli_option *option, char *out, size_t size);

#endif
