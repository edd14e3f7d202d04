/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-entropy --distribution: how K_p is distributed over the rows of a head,
 * in a table. */
#ifndef LLN_TOOLS_COVERAGE_DISTRIBUTION_H
#define LLN_TOOLS_COVERAGE_DISTRIBUTION_H

#include <stddef.h>

/* The number of bins; set by the option. */
extern size_t coverage_distribution_bins;

/* The most bins; the last of 40 begins at 2^39 keys. */
enum { COVERAGE_DISTRIBUTION_MOST = 40 };

/* The row of the option in the table of a tool. */
#define COVERAGE_DISTRIBUTION_OPTION                                           \
    {                                                                          \
        "distribution", 0, CLI_MAYBE_COUNT, "BINS",                            \
            "print how the numbers of keys of --coverage are distributed "     \
            "over rows, in BINS octaves (16)",                                 \
            &coverage_distribution_bins, 1, COVERAGE_DISTRIBUTION_MOST, false  \
    }

/* Runs the command; returns its exit status. Call it after coverage_read. */
int coverage_distribution_write(void);

#endif
