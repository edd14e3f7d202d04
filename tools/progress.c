/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A separate thread shows the progress, so that it moves during one long
 * head. */
#include "progress.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "core/progress.h"
#include "core/threads.h"

static struct {
    bool wanted, visible, ended;
    const char *name, *unit;
    char note[128]; /* "": rows and their rate are shown */
    size_t first, total;
    atomic_size_t done;
    double start; /* seconds */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t end;
} progress = {.lock = PTHREAD_MUTEX_INITIALIZER,
              .end = PTHREAD_COND_INITIALIZER};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void show_work(double seconds)
{
    size_t rows = lln_rows_done, products = lln_products_done;
    size_t draws = lln_draws_done;
    fprintf(stderr, ", %zu rows, %.0f rows/s", rows, (double)rows / seconds);
    if (products > 0)
        fprintf(stderr, ", %zu products", products);
    if (draws > 0)
        fprintf(stderr, ", %zu draws", draws);
}

/* The time left is estimated from finished cases or, before the first one is
 * finished, for the current pass over its rows. Rows and products show that the
 * command is working. */
static void show(void)
{
    double seconds = now() - progress.start;
    size_t done = progress.done;
    size_t rows = lln_rows_done, begun = lln_rows_begun;
    double pass_left = seconds * ((double)begun - (double)rows) / (double)rows;
    fprintf(stderr, "\r%s: %zu of %zu %s", progress.name, done, progress.total,
            progress.unit);
    if (progress.note[0] != '\0')
        fprintf(stderr, ", %s", progress.note);
    else
        show_work(seconds);
    if (lln_stop_requested)
        fputs(", stopping", stderr);
    else if (done > progress.first)
        fprintf(stderr, ", %.0f s left",
                seconds * (double)(progress.total - done) /
                    (double)(done - progress.first));
    else if (rows > 0 && pass_left > 1 && progress.note[0] == '\0')
        fprintf(stderr, ", %.0f s left in this pass", pass_left);
    fputs("\033[K", stderr);
    progress.visible = true;
}

/* Shows the progress first after 1 s, then four times a second. */
static void *watch(void *unused)
{
    (void)unused;
    struct timespec next;
    clock_gettime(CLOCK_REALTIME, &next);
    next.tv_sec++;
    pthread_mutex_lock(&progress.lock);
    while (!progress.ended) {
        if (pthread_cond_timedwait(&progress.end, &progress.lock, &next) == 0)
            continue;
        show();
        next.tv_nsec += 250000000;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
    }
    pthread_mutex_unlock(&progress.lock);
    return NULL;
}

void progress_start(const char *name, size_t first, size_t total,
                    const char *unit, bool quiet)
{
    progress.first = first;
    progress.done = first;
    progress.name = name;
    progress.unit = unit;
    progress.total = total;
    progress.start = now();
    progress.wanted = !quiet && isatty(STDERR_FILENO) &&
                      pthread_create(&progress.thread, NULL, watch, NULL) == 0;
}

void progress_show(size_t done)
{
    progress.done = done;
}

void progress_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&progress.lock);
    vsnprintf(progress.note, sizeof progress.note, format, args);
    pthread_mutex_unlock(&progress.lock);
    va_end(args);
}

void progress_clear(void)
{
    pthread_mutex_lock(&progress.lock);
    if (progress.visible)
        fputs("\r\033[K", stderr);
    progress.visible = false;
    pthread_mutex_unlock(&progress.lock);
}

void progress_end(void)
{
    progress_clear();
    if (!progress.wanted)
        return;
    pthread_mutex_lock(&progress.lock);
    progress.ended = true;
    pthread_cond_signal(&progress.end);
    pthread_mutex_unlock(&progress.lock);
    pthread_join(progress.thread, NULL);
    progress_clear();
    progress.wanted = false;
}
