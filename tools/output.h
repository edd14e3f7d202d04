/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one output of a command: standard output, or a file that appears whole
 * or not at all. */
#ifndef LLN_TOOLS_OUTPUT_H
#define LLN_TOOLS_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "core/status.h"

/* Opens the output: stdout for NULL or "-", else a temporary file in the folder
 * of `path` that takes its name in cli_finish, with the permissions of the file
 * it replaces or those of any new file. Links are followed. What is not a
 * regular file (a device, a pipe) is written as it is. A folder that is missing
 * or cannot be written is an error here, before any work. Once a process. The
 * temporary file does not outlive the process, except where the file system
 * does not know files without a name and SIGKILL or a crash ends it.
 * A table goes to standard output, and to what is not a regular file, in whole
 * lines (lines.h). */
FILE *cli_output(const char *path);
FILE *cli_output_table(const char *path);

/* Ends the process if the output would replace this file; NULL is legal. */
void cli_refuse_overwrite(const char *input);

/* The same for all files that are mapped: shards too. */
void cli_refuse_mapped(void);

/* Whether the table goes to a terminal. */
bool cli_output_is_terminal(void);

/* Name of the output in messages: "standard output" or the path. */
const char *cli_output_name(void);

/* FILE.partial, which keeps the rows of an interrupted table; NULL: the output
 * is no regular file. */
const char *cli_partial_name(void);

/* Lets cli_finish remove FILE.partial, whose rows the output has taken over. */
void cli_replaces_partial(void);

/* cli_check for writing to the output: LLN_EIO is reported with the name of
 * the output, and not at all if the reader of a pipe has gone. */
void cli_check_output(lln_status status);

/* Flushes, checks and publishes the output and returns the exit status for
 * main: failure to write (a full disk) is exit 1. Ends the process by the
 * signal that came meanwhile, if one did, once all of this is done. */
int cli_finish(void);

/* The same for a table that was interrupted: a file is kept as FILE.partial,
 * in place of an older one. False: it cannot be written, as a message says. */
bool cli_finish_early(void);

#endif
