/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The output of a command: standard output, or a file that appears complete or
 * not at all. */
#ifndef LLN_TOOLS_OUTPUT_H
#define LLN_TOOLS_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "core/status.h"

/* Opens the output, once per process: stdout for NULL or "-", else a temporary
 * file in the folder of `path`. cli_finish gives it the name `path`. Its
 * permissions are those of the file it replaces, or those of a new file. Links
 * are followed. A device or pipe is written directly. A folder that is missing
 * or not writable is an error here, before any work. The temporary file does
 * not outlive the process, unless the file system has no unnamed files and
 * SIGKILL or a crash ends the process. cli_output_table writes only complete
 * lines (lines.h) to standard output, a device or a pipe. */
FILE *cli_output(const char *path);
FILE *cli_output_table(const char *path);

/* Ends the process if the output would replace this file; NULL is legal. */
void cli_refuse_overwrite(const char *input);

/* The same for all mapped files, including shards. */
void cli_refuse_mapped(void);

/* Whether the table goes to a terminal. */
bool cli_output_is_terminal(void);

/* Name of the output in messages: "standard output" or the path. */
const char *cli_output_name(void);

/* FILE.partial, for the rows of an interrupted table; NULL: the output is not a
 * regular file. */
const char *cli_partial_name(void);

/* Makes cli_finish remove FILE.partial, whose rows are now in the output. */
void cli_replaces_partial(void);

/* cli_check for writing to the output: LLN_EIO is reported with the name of the
 * output, or silently if the reader of a pipe has closed it. */
void cli_check_output(lln_status status);

/* Flushes, checks and publishes the output and returns the exit status for
 * main: 1 if writing failed, as on a full disk. If a signal arrived meanwhile,
 * the process ends by it after all this is done. */
int cli_finish(void);

/* The same for an interrupted table: a file is kept as FILE.partial and
 * replaces an older one. False: it could not be written, and a message says
 * why. */
bool cli_finish_early(void);

#endif
