/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a piece of work costs: time and memory. */
#ifndef LLN_TOOLS_COST_H
#define LLN_TOOLS_COST_H

#include <stdbool.h>
#include <time.h>

typedef struct {
    double seconds;    /* by the clock on the wall */
    double peak_bytes; /* by which resident memory of the process grew at most,
                          to within some hundred kilobytes; NaN where the system
                          does not tell (Linux does) */
    struct timespec start;
    double resident; /* bytes, at the start */
    bool counted;    /* the peak, from the start on */
} cost;

/* Starts to count; memory that was freed before goes back to the system, so
 * that it counts when it is used again. */
void cost_start(cost *c);

/* Sets seconds and peak_bytes. */
void cost_stop(cost *c);

#endif
