/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one output of a command: standard output, or a file that appears whole
 * or not at all; and what signals do to it. */
#ifndef LLN_TOOLS_OUTPUT_H
#define LLN_TOOLS_OUTPUT_H

#include <stdio.h>

#include "core/status.h"

/* Opens the output: stdout for NULL or "-", else a temporary file beside
 * `path` that takes its name in cli_finish, with the permissions of the file
 * it replaces or those of any new file. What is not a regular file (a
 * device, a pipe) is written as it is. A missing folder is an error here,
 * before any work. Once a process. The temporary file is removed when the
 * process ends in any way but cli_finish, SIGKILL and a crash excepted. */
FILE *cli_output(const char *path);

/* Ends the process if the output would replace this file; NULL is legal. */
void cli_refuse_overwrite(const char *input);

/* The same for all files that are mapped: shards too. */
void cli_refuse_mapped(void);

/* Forgets an output file that is not worth keeping: the file that it would
 * have replaced stays. */
void cli_discard(void);

/* Name of the output in messages: "standard output" or the path. */
const char *cli_output_name(void);

/* cli_check for writing to the output: LLN_EIO is reported with the name of
 * the output, and not at all if the reader of a pipe has gone. */
void cli_check_output(lln_status status);

/* Flushes, checks and publishes the output and returns the exit status for
 * main: failure to write (a full disk) is exit 1. A signal that comes meanwhile
 * does not keep a file from its name. */
int cli_finish(void);

/* Makes Ctrl-C and SIGTERM set lln_stop_requested, for a command that looks
 * at it; a second one ends the process. */
void cli_catch_signals(void);

#endif
