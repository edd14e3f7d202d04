/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Steps that lack a layer or a head, by hand. */
#include "heads/missing_paths.h"

#include "expect.h"

enum { MOST = 8 };

START_TEST(find)
{
    static const struct {
        size_t count;
        long number[MOST][LLN_MARKS];
        size_t missing;
        long first[LLN_MARKS];
    } cases[] = {
        {0, {{0}}, 0, {0}},
        {1, {{5, -1, -1}}, 0, {0}},
        {3, {{5, -1, -1}, {6, -1, -1}, {9, -1, -1}}, 0, {0}},
        {4, {{5, 0, -1}, {5, 1, -1}, {6, 0, -1}, {6, 1, -1}}, 0, {0}},
        {3, {{5, 0, -1}, {6, 0, -1}, {6, 1, -1}}, 1, {5, 1, -1}},
        {3, {{5, 0, -1}, {5, 1, -1}, {6, 1, -1}}, 1, {6, 0, -1}},
        {3, {{5, 2, 0}, {6, 2, 1}, {7, 3, 0}}, 6, {5, 2, 1}},
        {4, {{-1, 0, 0}, {-1, 0, 1}, {-1, 1, 0}, {-1, 1, 1}}, 0, {0}},
    };
    lln_found_path found[MOST];
    size_t count = cases[_i].count, missing = 9;
    long first[LLN_MARKS];
    for (size_t i = 0; i < count; i++)
        for (int mark = 0; mark < LLN_MARKS; mark++)
            found[i].number[mark] = cases[_i].number[i][mark];
    expect_ok(lln_found_paths_missing(found, count, &missing, first));
    ck_assert_uint_eq(missing, cases[_i].missing);
    for (int mark = 0; missing > 0 && mark < LLN_MARKS; mark++)
        ck_assert_int_eq(first[mark], cases[_i].first[mark]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("missing_paths");
    TCase *tests = tcase_create("missing_paths");
    tcase_add_loop_test(tests, find, 0, 8);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
