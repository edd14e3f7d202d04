/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A progress line on the terminal. */
#ifndef LLN_TOOLS_PROGRESS_H
#define LLN_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Starts the progress line of the command `name`, which has `total` cases (or
 * whatever `unit` says) of which `first` are done. The line states the cases
 * done, the rows passed over and their rate, the products with complete
 * matrices, the heads drawn for a bootstrap, and the time left: for all cases
 * once one is finished, before that for the current pass over rows. Nothing is
 * shown in the first second, with `quiet`, or if stderr is not a terminal. */
void progress_start(const char *name, size_t first, size_t total,
                    const char *unit, bool quiet);

/* Sets the number of cases that are done. */
void progress_show(size_t done);

/* Sets the text that the line has in place of rows and their rate. */
__attribute__((format(printf, 1, 2))) void progress_note(const char *format,
                                                         ...);

/* Clears the line before another message; it is shown again later. */
void progress_clear(void);

/* Clears the line and ends it. */
void progress_end(void);

#endif
