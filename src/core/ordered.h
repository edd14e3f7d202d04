/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Items that several threads work on at once, and that are handed on one by
 * one in their order. */
#ifndef LLN_CORE_ORDERED_H
#define LLN_CORE_ORDERED_H

#include <stddef.h>

#include "core/status.h"

/* Something is done to item `item`, whose results are kept in slot `slot`. */
typedef lln_status lln_ordered_step(void *context, size_t item, size_t slot);

typedef struct {
    size_t count; /* items */
    size_t slots; /* items begun and not yet handed on are at most so many, each
                     with a slot of its own; >= 1 */
    lln_ordered_step *work;    /* several threads at once */
    lln_ordered_step *hand_on; /* by any thread, one at a time, in order */
    void *context;
} lln_ordered;

/* Works on all items and hands each on as soon as those before it are. With
 * one thread, the calling one, `work` may use all threads that lln_threads_set
 * allows; else one alone, which is what lln_threads_count() says there.
 * When a step fails no item from that one on is handed on, none is begun, and
 * the result is the status of the first such item in order, whichever thread
 * was quicker, with its message. */
LLN_NODISCARD lln_status lln_ordered_run(const lln_ordered *job, int threads);

#endif
