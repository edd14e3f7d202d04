/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The failure that a loop on several threads reports: that of the first item in
 * order, whichever thread failed first. */
#ifndef LLN_CORE_FAILURE_H
#define LLN_CORE_FAILURE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

typedef struct {
    atomic_size_t item; /* index of the failed item; later items need no work */
    lln_status status;
    char message[LLN_MESSAGE];
} lln_failure;

/* Initial value: no item has failed. */
#define LLN_NO_FAILURE                                                         \
    {                                                                          \
        .item = SIZE_MAX                                                       \
    }

/* Stores a status other than LLN_OK with the message of this thread, unless the
 * same or an earlier item has failed already. May be called from any thread. */
void lln_failure_note(lln_failure *failure, size_t item, lln_status status);

/* After the loop: returns the stored status, or LLN_OK. Its message becomes
 * that of this thread. */
LLN_NODISCARD lln_status lln_failure_report(const lln_failure *failure);

#endif
