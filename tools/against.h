/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads that are compared with heads: --against FILE, --pairs heads and --pairs
 * layers. */
#ifndef LLN_TOOLS_AGAINST_H
#define LLN_TOOLS_AGAINST_H

#include "case_set.h"
#include "cli.h"
#include "options.h"

/* The row of the option in the table of a tool. */
#define AGAINST_OPTION(help)                                                   \
    {                                                                          \
        "against", 0, CLI_TEXT, "FILE[:KEY]", help, &run_shared.against, 0, 0, \
            false                                                              \
    }

/* Whether one of the options was given. */
bool against_asked(void);

/* Ends the process if the options cannot be used with another that was given.
 * Call it before operands are looked for. */
void against_check(void);

/* Takes the heads to compare with from the open heads of the set. Ends the
 * process if a head has no partner, or if partners differ in shape and the plan
 * does not allow it. */
void against_open(case_set *set);

/* The heads of set->others to compare with `head`: indices in found
 * [others.count], in order. Returns their number. */
size_t against_find(const case_set *set, const lln_head *head, size_t *found);

#endif
