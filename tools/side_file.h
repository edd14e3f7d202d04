/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files that a command writes beside its table, one after another. Each appears
 * complete or not at all. */
#ifndef LLN_TOOLS_SIDE_FILE_H
#define LLN_TOOLS_SIDE_FILE_H

#include <stdio.h>

#include "core/status.h"

/* Ends the process if the file cannot be created or replaced, or if it is one
 * of `inputs`, which end with NULL. Call it before any work. */
void side_file_check(const char *path, const char *const *inputs);

/* Opens a temporary file, which side_file_close renames to `path`; this text
 * must live until then. Ends the process on failure. */
FILE *side_file_open(const char *path);

/* Takes the status of the function that writes the file; ends the process with
 * its message if it failed. */
void side_file_expect(lln_status status);

/* Closes the file and gives it its name. Ends the process on failure. */
void side_file_close(void);

#endif
