/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Processes items on several threads at once and delivers the results one by
 * one in their order. */
#ifndef LLN_CORE_ORDERED_H
#define LLN_CORE_ORDERED_H

#include <stddef.h>

#include "core/status.h"

/* Processes or delivers item `item`, whose results are in slot `slot`. */
typedef lln_status lln_ordered_step(void *context, size_t item, size_t slot);

typedef struct {
    size_t count; /* items */
    size_t slots; /* at most this many items are begun but not yet delivered,
                     each with its own slot; >= 1 */
    lln_ordered_step *work; /* runs on several threads at once */
    /* Delivers an item: on any thread, one at a time, in order. */
    lln_ordered_step *hand_on;
    void *context;
} lln_ordered;

/* Runs `work` on all items, and `hand_on` on each as soon as all items before
 * it have been delivered. With threads = 1, `work` runs on the calling thread
 * and may use all threads that lln_threads_set allows. Otherwise each `work`
 * may use only one thread, and lln_threads_count() returns 1 there.
 * If a step fails for an item, that item and later ones are not delivered, and
 * no further item is begun. The result is the status, with its message, of the
 * first failed item in order, whichever thread failed first. */
LLN_NODISCARD lln_status lln_ordered_run(const lln_ordered *job, int threads);

#endif
