/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Near-duplicate heads of lln-entropy --summary: the comparisons of each layer,
 * while heads are measured in any order. */
#ifndef LLN_TOOLS_DUPLICATES_H
#define LLN_TOOLS_DUPLICATES_H

#include "measure/duplicates.h"
#include "plan.h"

/* Below this, in nats, two heads are near-duplicates. */
#define DUPLICATES_THRESHOLD 0.05

extern double duplicates_threshold; /* --duplicate-threshold */

#define DUPLICATES_OPTION                                                      \
    {                                                                          \
        "duplicate-threshold", 0, CLI_REAL, "X",                               \
            "with --summary, js_nats below which two heads of a layer are "    \
            "near-duplicates (0.05)",                                          \
            &duplicates_threshold, 0, 1, false                                 \
    }

/* Finds out how many heads each layer has; a check of heads of a plan. With
 * --aggregate, only heads of the same row are compared. */
void duplicates_open(const lln_heads *heads);

/* Compares the head of a case with those of its layer that came before it, and
 * stores the comparison, which belongs to all of them. */
LLN_NODISCARD lln_status duplicates_add(const run_case *c,
                                        lln_attention *attention,
                                        const lln_duplicates **out);

void duplicates_close(void);

#endif
