/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-entropy --summary: a dozen lines about the heads of a model, or a row of
 * a table with --format. */
#ifndef LLN_TOOLS_SUMMARY_H
#define LLN_TOOLS_SUMMARY_H

#include <stdbool.h>

#include "cli.h"
#include "duplicates.h"
#include "measure/summary.h"

extern bool summary_asked;                        /* --summary */
extern lln_summary_thresholds summary_thresholds; /* of its options */

/* The rows of these options in a table of options. */
#define SUMMARY_OPTIONS                                                        \
    {"summary",                                                                \
     0,                                                                        \
     CLI_FLAG,                                                                 \
     NULL,                                                                     \
     "print a summary of the heads of a file for people: unusual heads, "      \
     "and where to look next; with --format, one row of a table",              \
     &summary_asked,                                                           \
     0,                                                                        \
     0,                                                                        \
     false},                                                                   \
        {"local-threshold",                                                    \
         0,                                                                    \
         CLI_REAL,                                                             \
         "X",                                                                  \
         "with --summary, local_mass above which a head is local (0.5)",       \
         &summary_thresholds.local,                                            \
         0,                                                                    \
         1,                                                                    \
         false},                                                               \
        {"distant-threshold",                                                  \
         0,                                                                    \
         CLI_REAL,                                                             \
         "X",                                                                  \
         "with --summary, distant_mass above which a head is distant (0.5)",   \
         &summary_thresholds.distant,                                          \
         0,                                                                    \
         1,                                                                    \
         false},                                                               \
        DUPLICATES_OPTION,                                                     \
    {                                                                          \
        "logit-threshold", 0, CLI_REAL, "X",                                   \
            "with --summary, max_logit above which a head is counted (ln "     \
            "65504 = 11.09, where exp overflows in float16)",                  \
            &summary_thresholds.logit, -1e300, 1e300, false                    \
    }

/* Writes the summaries of the heads of the shared options. Ends the process on
 * bad usage and on failure; returns the exit status for main. */
int summary_write(void);

/* Ends the process if a threshold was given without --summary. */
void summary_check(void);

#endif
