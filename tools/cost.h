/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The cost of a piece of work: time and memory. */
#ifndef LLN_TOOLS_COST_H
#define LLN_TOOLS_COST_H

#include <stdbool.h>
#include <time.h>

typedef struct {
    double seconds;    /* wall-clock time */
    double peak_bytes; /* largest growth of the resident memory of the process,
                          accurate to a few hundred kilobytes; NaN if the system
                          does not report it (Linux does) */
    struct timespec start;
    double resident; /* bytes, at the start */
    bool counted;    /* the peak was reset at the start */
} cost;

/* Starts the measurement. Memory that was freed before is returned to the
 * system, so that it counts if it is used again. */
void cost_start(cost *c);

/* Sets seconds and peak_bytes. */
void cost_stop(cost *c);

#endif
