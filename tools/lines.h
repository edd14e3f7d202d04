/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A stream that gives the system whole lines alone, so that neither the end of
 * the process nor other writers of the same pipe cut one. */
#ifndef LLN_TOOLS_LINES_H
#define LLN_TOOLS_LINES_H

#include <stdio.h>

/* Opens the stream over a descriptor, once a process; closing it closes the
 * descriptor. Each write is one of at most PIPE_BUF bytes, which the system
 * does not divide, or a single longer line. A terminal gets each line at once.
 * NULL: out of memory. */
FILE *lines_open(int file);

/* Writes the lines that are complete; 0, or why some could not be written.
 * What follows the last line end stays. */
int lines_flush(void);

/* The same, unless lines were written less than a tenth of a second ago. */
void lines_offer(void);

#endif
