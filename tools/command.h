/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The start of every command. */
#ifndef LLN_TOOLS_COMMAND_H
#define LLN_TOOLS_COMMAND_H

#include "cli.h"

/* Parses the command line of a tool that measures no heads of files, and
 * answers questions of completion. Ends the process on bad usage. */
void command_start(const cli_tool *tool, int argc, char **argv);

/* Parses the command line, checks the shared options against each other, and
 * answers --list-kernels and --list. Ends the process on bad usage. Between
 * this call and run_plan_write, a tool checks its own options and chooses its
 * plan. */
void command_parse(const cli_tool *tool, int argc, char **argv);

#endif
