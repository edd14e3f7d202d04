/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the column source says: a file, and perhaps an entry of its batch. */
#ifndef LLN_TOOLS_SOURCE_NAME_H
#define LLN_TOOLS_SOURCE_NAME_H

#include <stdbool.h>

typedef struct {
    char *path;       /* without "./", valid UTF-8, owned */
    const char *base; /* its last part */
    long entry;       /* of the batch; -1: none */
    bool piped;       /* standard input */
} source_name;

/* Reads "runs/qk.npz[3]". Ends the process when out of memory. */
source_name source_name_read(const char *source);
void source_name_free(source_name *name);

/* How much speaks for one file: at most INT_MAX, for the same path; else how
 * many parts of the paths are equal, from the last on; 0 if one of them is
 * standard input. -1: they are different files. */
int source_name_compare(const source_name *a, const source_name *b);

#endif
