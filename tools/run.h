/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop that all measuring commands share: every head x temperature x
 * kernel, one tidy row each, trials averaged. */
#ifndef LLN_TOOLS_RUN_H
#define LLN_TOOLS_RUN_H

#include "plan.h"

/* Runs the plan over everything the shared options ask for, small heads on
 * several threads at once, and writes the table: identity columns
 * source,layer,head,kernel,n,d,causal,samples,tau (after source, step if the
 * names of files have it), then the plan's, then a <column>_se for each real
 * column when trials are averaged (their standard error) or rows drawn (what
 * the measure says), and with --aggregate the spread over heads. Rows are
 * ordered by head, temperature, kernel. Ends the process on bad usage and on
 * failure; returns the exit status for main, CLI_ASSERTION when the table is
 * complete and a row is beyond a bound. When the user interrupts, the rows of
 * finished cases are written and the status is CLI_FAILED. */
int run_plan_write(const run_plan *plan);

#endif
