/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file that is written without a name and is named when it is complete. If
 * the file system supports unnamed files, nothing is left however the process
 * ends, unless SIGKILL comes in the moment in which the file replaces another;
 * otherwise the file has a temporary name meanwhile. */
#ifndef LLN_TOOLS_TEMPORARY_H
#define LLN_TOOLS_TEMPORARY_H

#include <limits.h>
#include <sys/stat.h>

/* The files that one process can write at the same time. */
typedef enum {
    TEMPORARY_OUTPUT, /* of --output */
    TEMPORARY_SIDE,   /* another file, see side_file.h */
    TEMPORARY_FILES
} temporary_file;

/* Opens the file in the folder of `path` for writing. A file of this kind that
 * was opened before must have been published or discarded. -1 and errno: the
 * file cannot be created there. */
int temporary_open(temporary_file which, const char *path, mode_t permissions);

/* Permissions for the new file: those of the file that it replaces or, for
 * NULL, those of a new file. */
mode_t temporary_permissions(const struct stat *old);

/* Gives the file the name `path` in the same folder, replacing any file of that
 * name. -1 and errno: it failed. */
int temporary_publish(temporary_file which, const char *path);

/* Removes a file that was opened; another one may then be opened. */
void temporary_abandon(temporary_file which);

/* Removes the files that are not published. Safe in a signal handler. */
void temporary_discard(void);

/* The length of the folder at the start of a path, including its slash; 0: the
 * current folder. */
int temporary_folder(const char *path);

/* Resolves the links of a path, whether the file exists or not: out [PATH_MAX].
 * -1 and errno: for example, links form a circle. */
int temporary_resolve(const char *path, char out[PATH_MAX]);

#endif
