/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A line on the terminal that tells how far long work has come. */
#ifndef LLN_TOOLS_PROGRESS_H
#define LLN_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Starts counting from `first` to `total` cases for the command `name`, or
 * whatever the unit is called: how many are done, the rows passed over and
 * their rate, products with whole matrices, and the time left: once a case is
 * done for all of them, before that for the present pass over its rows. Nothing
 * is shown when quiet, when stderr is no terminal, and in the first second. */
void progress_start(const char *name, size_t first, size_t total,
                    const char *unit, bool quiet);

/* Tells that `done` of them are done. */
void progress_show(size_t done);

/* Clears the line, before any other message; it comes back. */
void progress_clear(void);

/* Clears the line for good. */
void progress_end(void);

#endif
