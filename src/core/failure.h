/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The failure that a loop shared among threads reports: that of the first item
 * in order, whichever thread was quicker. */
#ifndef LLN_CORE_FAILURE_H
#define LLN_CORE_FAILURE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

typedef struct {
    atomic_size_t item; /* that failed; items behind it need no work */
    lln_status status;
    char message[LLN_MESSAGE];
} lln_failure;

/* Before the loop: no item has failed. */
#define LLN_NO_FAILURE                                                         \
    {                                                                          \
        .item = SIZE_MAX                                                       \
    }

/* Keeps a status other than LLN_OK, with the message of this thread, unless
 * an item that does not come later has failed already. From any thread. */
void lln_failure_note(lln_failure *failure, size_t item, lln_status status);

/* After the loop: the status that was kept, LLN_OK if there is none; its
 * message becomes that of this thread. */
LLN_NODISCARD lln_status lln_failure_report(const lln_failure *failure);

#endif
