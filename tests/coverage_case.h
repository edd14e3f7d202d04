/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests of coverage measure. */
#ifndef LLN_TESTS_COVERAGE_CASE_H
#define LLN_TESTS_COVERAGE_CASE_H

#include "measure/coverage.h"
#include "shapes.h"

static const lln_coverage_plan plan = {
    .shares = 3,
    .share = {0.5, 0.9, 0.99},
    .tops = 3,
    .top = {1, 4, 50},
    .gini = true,
};
enum { SIZE = 7, EXACT = 64 << 20 };

/* All rows, or those of queries [count]. */
static inline lln_coverage *measure(lln_attention *attention,
                                    const size_t *queries, size_t count,
                                    size_t memory)
{
    lln_coverage *coverage;
    count = queries ? count : attention->n;
    expect_ok(lln_coverage_open(&plan, attention->m, count, &coverage));
    expect_ok(lln_coverage_measure(attention, queries, count, memory, 0, NULL,
                                   0, NULL, coverage));
    return coverage;
}

#endif
