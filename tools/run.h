/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop of all measuring commands: every head x temperature x kernel, with
 * one row each, or averaged over trials. */
#ifndef LLN_TOOLS_RUN_H
#define LLN_TOOLS_RUN_H

#include "plan.h"

/* Runs the plan for all heads, temperatures and kernels of the shared options
 * and writes the table. Small heads are measured on several threads at once.
 * The columns are source,layer,head,kernel,n,d,causal,samples,tau (with step
 * after source if file names contain it), then those of the plan. A <column>_se
 * for each real column follows if trials are averaged (their standard error) or
 * rows are drawn (the error that the measure stored); with --aggregate, the
 * spread over heads. Rows are ordered by head, temperature, kernel. Ends the
 * process on bad usage and on failure; returns the exit status for main,
 * CLI_ASSERTION if the table is complete but a row violates a bound. After
 * SIGINT, SIGTERM or SIGHUP, the rows of finished cases are written, and the
 * process ends by that signal. */
int run_plan_write(const run_plan *plan);

/* The values of --aggregate, ended by NULL. */
extern const char *const run_aggregates[];

#endif
