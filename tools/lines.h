/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A stream that writes only complete lines, so that neither the end of the
 * process nor other writers of the same pipe cut a line. */
#ifndef LLN_TOOLS_LINES_H
#define LLN_TOOLS_LINES_H

#include <stdio.h>

/* Opens the stream on a descriptor, once per process; closing it closes the
 * descriptor. Each write has at most PIPE_BUF bytes, which the system does not
 * divide, or is a single longer line. On a terminal, each line is written at
 * once. NULL: out of memory. */
FILE *lines_open(int file);

/* Writes the complete lines; text after the last line end is kept. Returns 0 or
 * the errno of a failure. */
int lines_flush(void);

/* The same, unless lines were written less than 0.1 s ago. */
void lines_offer(void);

#endif
