/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file that is written without a name and is named when it is complete. If
 * the file system supports unnamed files, nothing is left however the process
 * ends, unless SIGKILL comes in the moment in which the file replaces another;
 * otherwise the file has a temporary name meanwhile. */
#ifndef LLN_TOOLS_TEMPORARY_H
#define LLN_TOOLS_TEMPORARY_H

#include <limits.h>
#include <sys/types.h>

/* Opens the file in the folder of `path` for writing, once per process. -1 and
 * errno: the file cannot be created there. */
int temporary_open(const char *path, mode_t permissions);

/* Gives the file the name `path` in the same folder, replacing any file of that
 * name. -1 and errno: it failed. */
int temporary_publish(const char *path);

/* Removes the file, if there is one. Safe in a signal handler. */
void temporary_discard(void);

/* The length of the folder at the start of a path, including its slash; 0: the
 * current folder. */
int temporary_folder(const char *path);

/* Resolves the links of a path, whether the file exists or not: out [PATH_MAX].
 * -1 and errno: for example, links form a circle. */
int temporary_resolve(const char *path, char out[PATH_MAX]);

#endif
