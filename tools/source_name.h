/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A value of the column source: a file, and perhaps an entry of its batch. */
#ifndef LLN_TOOLS_SOURCE_NAME_H
#define LLN_TOOLS_SOURCE_NAME_H

#include <stdbool.h>

typedef struct {
    char *path;       /* without "./", valid UTF-8, owned */
    const char *base; /* its last part */
    long entry;       /* batch entry; -1: none */
    bool piped;       /* standard input */
} source_name;

/* Reads "runs/qk.npz[3]". Ends the process when out of memory. */
source_name source_name_read(const char *source);
void source_name_free(source_name *name);

/* How likely two names refer to the same file: INT_MAX for equal paths, else
 * the number of equal parts at the end of the paths; 0 if one of them is
 * standard input; -1 for different files. */
int source_name_compare(const source_name *a, const source_name *b);

#endif
