/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the unit tests share: comparisons with a stated tolerance, and a main
 * function for one suite. */
#ifndef LLN_TESTS_EXPECT_H
#define LLN_TESTS_EXPECT_H

#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "core/status.h"

/* |actual - expected| <= tolerance |expected|; NaN equals NaN. */
#define expect_relative(actual, expected, tolerance)                           \
    do {                                                                       \
        double a_ = (actual), e_ = (expected), t_ = (tolerance);               \
        if (!(isnan(a_) && isnan(e_)))                                         \
            ck_assert_msg(a_ == e_ || fabs(a_ - e_) <= t_ * fabs(e_),          \
                          "%s = %.17g, expected %.17g (relative error %.2g, "  \
                          "allowed %.2g)",                                     \
                          #actual, a_, e_, fabs(a_ - e_) / fabs(e_), t_);      \
    } while (0)

/* |actual - expected| <= tolerance; NaN equals NaN. */
#define expect_absolute(actual, expected, tolerance)                           \
    do {                                                                       \
        double a_ = (actual), e_ = (expected), t_ = (tolerance);               \
        if (!(isnan(a_) && isnan(e_)))                                         \
            ck_assert_msg(fabs(a_ - e_) <= t_,                                 \
                          "%s = %.17g, expected %.17g (error %.2g, "           \
                          "allowed %.2g)",                                     \
                          #actual, a_, e_, fabs(a_ - e_), t_);                 \
    } while (0)

#define expect_status(call, expected)                                          \
    do {                                                                       \
        lln_status s_ = (call);                                                \
        ck_assert_msg(s_ == (expected), "%s: status %d, expected %d: %s",      \
                      #call, s_, (expected), lln_error_message());             \
    } while (0)

#define expect_ok(call) expect_status(call, LLN_OK)

/* Runs the suite in this process's order and fails the process if any test
 * fails. CK_FORK=no in the environment helps a debugger. */
static inline int run_suite(Suite *suite)
{
    const char *temporary = getenv("TMPDIR");
    if (temporary && *temporary)
        setenv("TEMP", temporary, 1); /* where Check has its own files */
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
