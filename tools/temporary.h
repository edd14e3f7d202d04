/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file that is written without a name and gets one when it is whole. Where
 * the file system knows files without a name, whatever ends the process leaves
 * nothing behind; elsewhere it has a name of its own meanwhile. */
#ifndef LLN_TOOLS_TEMPORARY_H
#define LLN_TOOLS_TEMPORARY_H

#include <limits.h>
#include <sys/types.h>

/* Opens the file in the folder of `path`, for writing, once a process. -1 and
 * errno: it cannot be made there. */
int temporary_open(const char *path, mode_t permissions);

/* Gives it the name `path`, in the same folder, in place of any file that has
 * it. -1 and errno. */
int temporary_publish(const char *path);

/* Forgets the file; nothing is done without one. Safe in a signal handler. */
void temporary_discard(void);

/* Length of the name of a folder at the start of a path, with its slash; 0: it
 * is the current one. */
int temporary_folder(const char *path);

/* The file that a name means when links are followed, whether it exists or
 * not: out [PATH_MAX]. -1 and errno, as for links in a circle. */
int temporary_resolve(const char *path, char out[PATH_MAX]);

#endif
