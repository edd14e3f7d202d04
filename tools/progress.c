/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

static struct {
    bool wanted, visible;
    size_t total;
    double start, shown; /* seconds */
} progress;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress_start(size_t total, bool quiet)
{
    progress.wanted = !quiet && isatty(STDERR_FILENO);
    progress.total = total;
    progress.start = now();
    progress.shown = progress.start + 0.8; /* first shown after a second */
}

void progress_show(size_t done)
{
    double time = now();
    if (!progress.wanted || done == 0 || time < progress.shown + 0.2)
        return;
    double rate = (double)done / (time - progress.start);
    fprintf(stderr, "\r%s: %zu of %zu heads, %.3g/s, %.0f s left\033[K",
            cli_name(), done, progress.total, rate,
            (double)(progress.total - done) / rate);
    progress.shown = time;
    progress.visible = true;
}

void progress_clear(void)
{
    if (progress.visible)
        fputs("\r\033[K", stderr);
    progress.visible = false;
}
