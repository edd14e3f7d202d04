/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which failures concern one head, and the last message. */
#include "core/status.h"

#include <string.h>

#include "expect.h"

START_TEST(local_statuses)
{
    for (int status = LLN_OK; status <= LLN_EUNSUPPORTED; status++) {
        bool local = status == LLN_EINVAL || status == LLN_EUNDEFINED ||
                     status == LLN_ETOOBIG || status == LLN_ENOCONV;
        ck_assert(lln_status_is_local((lln_status)status) == local);
    }
}
END_TEST

/* A message has LLN_MESSAGE bytes at most, and keeps its beginning. */
START_TEST(fail_long)
{
    char text[2 * LLN_MESSAGE];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(lln_fail(LLN_EIO, "key %d: %s", 7, text), LLN_EIO);
    ck_assert_uint_eq(strlen(lln_error_message()), LLN_MESSAGE - 1);
    ck_assert_int_eq(lln_fail_in(LLN_EFORMAT, "a.npz"), LLN_EFORMAT);
    ck_assert(strncmp(lln_error_message(), "a.npz: key 7: xx", 16) == 0);
    ck_assert_uint_eq(strlen(lln_error_message()), LLN_MESSAGE - 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core_status");
    TCase *tests = tcase_create("status");
    tcase_add_test(tests, local_statuses);
    tcase_add_test(tests, fail_long);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
