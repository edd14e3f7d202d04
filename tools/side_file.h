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

/* Opens a temporary file for `path`, a text that lives until side_file_close,
 * which gives it this name. Both end the process on failure, and so does
 * side_file_expect for a status other than LLN_OK of what writes the file. */
FILE *side_file_open(const char *path);
void side_file_expect(lln_status status);
void side_file_close(void);

#endif
