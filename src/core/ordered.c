/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/ordered.h"

#include <omp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/failure.h"

/* Items before `handed_on` have been delivered; those from there up to `begun`
 * are being processed or are ready. */
typedef struct {
    const lln_ordered *job;
    size_t begun, handed_on;
    bool *ready; /* [slots] */
    bool busy;   /* a thread is delivering */
    lln_failure failure;
    pthread_mutex_t lock;
    pthread_cond_t room;
} state;

/* One after the last item that may still be delivered. */
static size_t end_of(const state *s)
{
    size_t failed = s->failure.item;
    return failed < s->job->count ? failed : s->job->count;
}

/* Begins the next item; false: there is none. */
static bool take_item(state *s, size_t *item)
{
    while (s->begun < end_of(s) && s->begun - s->handed_on == s->job->slots)
        pthread_cond_wait(&s->room, &s->lock);
    *item = s->begun;
    return s->begun < end_of(s) && ++s->begun;
}

/* Delivers the items that are ready, in order. If another thread is doing so,
 * it will find the item that this thread has added. */
static void hand_on(state *s)
{
    const lln_ordered *job = s->job;
    while (!s->busy && s->handed_on < end_of(s) &&
           s->ready[s->handed_on % job->slots]) {
        size_t item = s->handed_on, slot = item % job->slots;
        s->busy = true;
        pthread_mutex_unlock(&s->lock);
        lln_status status = job->hand_on(job->context, item, slot);
        pthread_mutex_lock(&s->lock);
        s->busy = false;
        s->ready[slot] = false;
        lln_failure_note(&s->failure, item, status);
        s->handed_on++;
        pthread_cond_broadcast(&s->room);
    }
}

static void work_on_items(state *s)
{
    const lln_ordered *job = s->job;
    size_t item;
    pthread_mutex_lock(&s->lock);
    while (take_item(s, &item)) {
        size_t slot = item % job->slots;
        pthread_mutex_unlock(&s->lock);
        lln_status status = job->work(job->context, item, slot);
        pthread_mutex_lock(&s->lock);
        s->ready[slot] = status == LLN_OK;
        if (status != LLN_OK) {
            lln_failure_note(&s->failure, item, status);
            pthread_cond_broadcast(&s->room);
        }
        hand_on(s);
    }
    pthread_mutex_unlock(&s->lock);
}

lln_status lln_ordered_run(const lln_ordered *job, int threads)
{
    state s = {.job = job,
               .failure = LLN_NO_FAILURE,
               .lock = PTHREAD_MUTEX_INITIALIZER,
               .room = PTHREAD_COND_INITIALIZER};
    s.ready = calloc(job->slots, sizeof *s.ready);
    if (!s.ready)
        return lln_fail(LLN_ENOMEM, "out of memory");
    if (threads == 1) {
        /* Not in a team of one: nested teams start new threads each time. */
        work_on_items(&s);
    } else {
#pragma omp parallel num_threads(threads)
        {
            omp_set_num_threads(1); /* for this thread, in this region */
            work_on_items(&s);
        }
    }
    free(s.ready);
    return lln_failure_report(&s.failure);
}
