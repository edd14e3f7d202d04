/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Warnings about cases: why there is nothing but nan for a head. They come at
 * the end of the run, each reason once, with the number of cases. */
#ifndef LLN_TOOLS_WARNINGS_H
#define LLN_TOOLS_WARNINGS_H

#include <stdbool.h>

#include "identity.h"

typedef struct case_warning case_warning;

/* Adds a warning about the case that this thread works on: "x.npz: head 3: "
 * and the reason. Reasons that differ only in numbers outside quotes are the
 * same, whatever the head. Ends the process when out of memory. */
void warnings_add(const row_identity *identity, const char *reason);

/* Whether a failure is about a head alone, or a kernel and the head, so that a
 * warning suffices and the run goes on. What cannot be read, has no memory,
 * holds for all heads or was interrupted ends the run. */
bool warnings_suffice(lln_status status);

/* Takes the warnings of the case from this thread; NULL: there were none. */
case_warning *warnings_take(void);

/* Counts the warnings of a case, so that they come in the order of cases, and
 * frees them; NULL is legal. A reason counts once a case. Not from several
 * threads at once. */
void warnings_count(case_warning *list);

/* Frees the warnings of a case that does not count; NULL is legal. */
void warnings_forget(case_warning *list);

/* Prints what has been counted, and forgets it. */
void warnings_print(void);

#endif
