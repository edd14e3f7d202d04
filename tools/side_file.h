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
 * must live until then. LLN_EIO: the file cannot be created or replaced;
 * LLN_ENOMEM. Messages of both functions begin with the name. */
LLN_NODISCARD lln_status side_file_open(const char *path, FILE **out);

/* Takes the status of the function that wrote the file, closes the file and
 * gives it its name; after a failure, removes it. Statuses: `written`, and
 * LLN_EIO. */
LLN_NODISCARD lln_status side_file_close(lln_status written);

#endif
