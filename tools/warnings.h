/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Warnings about cases: why the values of a head are nan. They are printed at
 * the end of the run, each reason once, with the number of cases. */
#ifndef LLN_TOOLS_WARNINGS_H
#define LLN_TOOLS_WARNINGS_H

#include <stdbool.h>

#include "heads/heads.h"
#include "identity.h"

typedef struct case_warning case_warning;

/* Adds a warning about the case of this thread: a place such as "x.npz: head 3:
 * ", and the reason. Reasons that differ only in numbers outside quotes are the
 * same, for any head. Ends the process when out of memory. */
void warnings_add(const row_identity *identity, const char *reason);

/* The same about this head at this temperature. The reason of a failure is
 * `what`, such as "method 'paper': ", and the stored message. */
void warnings_add_text(const lln_head *head, double tau, const char *reason);
void warnings_add_failure(const lln_head *head, double tau, const char *what);

/* Whether a failure concerns only this head, or a kernel on this head, so that
 * a warning is enough and the run continues. Read errors, lack of memory,
 * failures that affect all heads, and interruptions end the run. */
bool warnings_suffice(lln_status status);

/* Takes the warnings of the case from this thread; NULL: there are none. */
case_warning *warnings_take(void);

/* Counts the warnings of a case and frees them; NULL is legal. Call it in the
 * order of cases, for one case at a time. A reason counts once per case. */
void warnings_count(case_warning *list);

/* Frees the warnings of a case without counting them; NULL is legal. */
void warnings_forget(case_warning *list);

/* Prints the counted warnings and forgets them. */
void warnings_print(void);

#endif
