/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --plan: the amount of work of a command, without doing it. */
#ifndef LLN_TOOLS_FORECAST_H
#define LLN_TOOLS_FORECAST_H

#include "case_set.h"

/* Writes one row about the cases of an open set: their number and sizes, and
 * estimates of time and memory. The estimates come from cases of sampled heads,
 * which are smaller if the heads of the set are large. `workers`: cases in
 * progress at a time; if more than 1, each uses one thread. Ends the process on
 * failure; returns the exit status for main. */
int forecast_write(const case_set *set, int workers);

#endif
