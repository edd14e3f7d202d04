/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How every command begins. */
#ifndef LLN_TOOLS_COMMAND_H
#define LLN_TOOLS_COMMAND_H

#include "cli.h"

/* Parses the command line and checks the shared options against each other;
 * answers --list-kernels and --list. Ends the process on bad usage. Between
 * this and run_plan_write a tool checks its own options and picks its plan. */
void command_parse(const cli_tool *tool, int argc, char **argv);

#endif
