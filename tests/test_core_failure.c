/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/failure.h"

#include <string.h>

#include "expect.h"

/* Items fail from 37 on; the first of them fails long after others. */
static lln_status fail_late(size_t item, const lln_failure *failure)
{
    while (item == 37 && failure->item == SIZE_MAX)
        continue;
    return item < 37 ? LLN_OK : lln_fail(LLN_ENOCONV, "item %zu", item);
}

START_TEST(failure_first_in_order)
{
    lln_failure failure = LLN_NO_FAILURE;
    (void)lln_fail(LLN_OK, "before");
#pragma omp parallel for schedule(dynamic, 1) num_threads(4)
    for (size_t i = 0; i < 64; i++)
        if (i < failure.item)
            lln_failure_note(&failure, i, fail_late(i, &failure));
    expect_status(lln_failure_report(&failure), LLN_ENOCONV);
    ck_assert_str_eq(lln_error_message(), "item 37");
    ck_assert_uint_eq(failure.item, 37);
}
END_TEST

START_TEST(failure_none)
{
    lln_failure failure = LLN_NO_FAILURE;
    (void)lln_fail(LLN_OK, "before");
    for (size_t i = 0; i < 3; i++)
        lln_failure_note(&failure, i, LLN_OK);
    expect_ok(lln_failure_report(&failure));
    ck_assert_uint_eq(failure.item, SIZE_MAX);
    ck_assert_str_eq(lln_error_message(), "before");
}
END_TEST

/* The first message of an item stays; percent signs are not formats. */
START_TEST(failure_same_item)
{
    lln_failure failure = LLN_NO_FAILURE;
    lln_failure_note(&failure, 5, lln_fail(LLN_EIO, "%s", "100 %s"));
    lln_failure_note(&failure, 5, lln_fail(LLN_ENOMEM, "again"));
    lln_failure_note(&failure, 6, lln_fail(LLN_EFORMAT, "later"));
    expect_status(lln_failure_report(&failure), LLN_EIO);
    ck_assert_str_eq(lln_error_message(), "100 %s");
}
END_TEST

START_TEST(failure_long_message)
{
    char text[2 * LLN_MESSAGE];
    lln_failure failure = LLN_NO_FAILURE;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    lln_failure_note(&failure, 0, lln_fail(LLN_EIO, "%s", text));
    expect_status(lln_failure_report(&failure), LLN_EIO);
    ck_assert_uint_eq(strlen(lln_error_message()), LLN_MESSAGE - 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("failure");
    TCase *cases = tcase_create("failure");
    tcase_add_test(cases, failure_first_in_order);
    tcase_add_test(cases, failure_none);
    tcase_add_test(cases, failure_same_item);
    tcase_add_test(cases, failure_long_message);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
