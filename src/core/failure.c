/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/failure.h"

#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void lln_failure_note(lln_failure *failure, size_t item, lln_status status)
{
    if (status == LLN_OK)
        return;
    pthread_mutex_lock(&lock);
    if (item < failure->item) {
        failure->item = item;
        failure->status = status;
        snprintf(failure->message, sizeof failure->message, "%s",
                 lln_error_message());
    }
    pthread_mutex_unlock(&lock);
}

lln_status lln_failure_report(const lln_failure *failure)
{
    if (failure->status == LLN_OK)
        return LLN_OK;
    return lln_fail(failure->status, "%s", failure->message);
}
