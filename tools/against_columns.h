/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --against in commands that measure single heads: the columns of both heads
 * and their differences. */
#ifndef LLN_TOOLS_AGAINST_COLUMNS_H
#define LLN_TOOLS_AGAINST_COLUMNS_H

#include "against.h"
#include "plan.h"

/* The row of the option in the table of a tool. */
#define AGAINST_COLUMNS_OPTION                                                 \
    AGAINST_OPTION(                                                            \
        "print each column for the heads and for the same heads of FILE, "     \
        "and the differences")

/* run_plan_write. With --against, each column NAME becomes NAME_a of the head,
 * NAME_b of the other head and, for real numbers, NAME_delta = b - a. They have
 * the groups of the column, and its name as one more group. Ends the process if
 * the plan cannot be used with the option. */
int against_run(const run_plan *plan);

#endif
