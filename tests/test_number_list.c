/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lists of numbers, valid and invalid. */
#include "table/number_list.h"

#include "expect.h"

START_TEST(list_values)
{
    static const double wanted[] = {0.5, 1, 3, 5, 0.1, 1, 10, 2.385};
    lln_number_list list;
    expect_ok(lln_number_list_read("0.5,1:5:3,0.1:10:3:log,2.385", &list));
    ck_assert_uint_eq(list.count, 8);
    ck_assert_mem_eq(list.values, wanted, sizeof wanted);
    free(list.values);
    expect_ok(lln_number_list_read("2:1:2", &list));
    ck_assert(list.count == 2 && list.values[0] == 2 && list.values[1] == 1);
    free(list.values);
}
END_TEST

START_TEST(list_refused)
{
#define FORM "; expected a number above 0, a list 0.5,1,2 or lo:hi:count[:log]"
    static const char *const bad[][2] = {
        {"", "'' is not a number" FORM},
        {"1,,2", "'' is not a number" FORM},
        {"1,", "'' is not a number" FORM},
        {"0.5x", "'0.5x' is not a number" FORM},
        {"nan", "'nan' is not a number" FORM},
        {"0", "'0' is out of range" FORM},
        {"-1:2:3", "'-1' is out of range" FORM},
        {"1:b:3", "'b' is not a number" FORM},
        {"1:2", "expected lo:hi:count[:log], found '1:2'"},
        {"1:2:3:", "expected lo:hi:count[:log], found '1:2:3:'"},
        {"1:2:3:log:", "expected lo:hi:count[:log], found '1:2:3:log:'"},
        {"1:2:1", "count '1' is not a whole number from 2 to 100000"},
        {"1:2:2.5", "count '2.5' is not a whole number from 2 to 100000"},
        {"1,1:2:100000", "more than 100000 numbers"},
    };
    lln_number_list list = {7, NULL};
    expect_status(lln_number_list_read(bad[_i][0], &list), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), bad[_i][1]);
    ck_assert(list.count == 0 && list.values == NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("number_list");
    TCase *read = tcase_create("number_list_read");
    tcase_add_test(read, list_values);
    tcase_add_loop_test(read, list_refused, 0, 14);
    suite_add_tcase(suite, read);
    return run_suite(suite);
}
