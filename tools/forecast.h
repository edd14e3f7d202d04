/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --plan: how much work a command is, without doing it. */
#ifndef LLN_TOOLS_FORECAST_H
#define LLN_TOOLS_FORECAST_H

#include "case_set.h"

/* Writes one row about the cases of an open set: their number and sizes, and
 * an estimate of time and memory from cases of sampled heads that are smaller
 * if those of the set are large. `workers`: cases in work at a time, with one
 * thread each if there are several. Ends the process on failure; returns the
 * exit status for main. */
int forecast_write(const case_set *set, int workers);

#endif
