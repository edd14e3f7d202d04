/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Choices of columns, good and bad. */
#include "table/choice.h"

#include "expect.h"

static const lln_column_name names[] = {
    {"source", LLN_COLUMNS_ID},       {"layer", LLN_COLUMNS_ID},
    {"entropy", LLN_COLUMNS_DEFAULT}, {"entropy_se", "errors"},
    {"shown", "errors default"},      {"hidden", NULL}};
enum { COUNT = sizeof names / sizeof *names };

/* Each list, with the positions that it selects as digits. */
START_TEST(choose_columns)
{
    static const char *const lists[][2] = {{NULL, "0124"},
                                           {"default", "0124"},
                                           {"id", "01"},
                                           {"all", "012345"},
                                           {"errors,id", "3401"},
                                           {"entropy*", "23"},
                                           {"hidden,h*,all", "501234"},
                                           {"?ayer", "1"},
                                           {"[es]*", "0234"},
                                           {"layer,layer", "1"}};
    size_t selected[COUNT], used;
    char found[COUNT + 1] = "";
    expect_ok(lln_columns_choose(lists[_i][0], names, COUNT, selected, &used));
    for (size_t i = 0; i < used; i++)
        found[i] = (char)('0' + selected[i]);
    ck_assert_str_eq(found, lists[_i][1]);
}
END_TEST

START_TEST(choose_refused)
{
    static const char *const bad[][2] = {
        {"entropi", "no column or group 'entropi'; similar names are entropy"},
        {"layer,",
         "no column or group ''; expected one of all, id, default, errors, "
         "source, layer, entropy, entropy_se, shown, hidden"},
        {"x",
         "no column or group 'x'; expected one of all, id, default, errors, "
         "source, layer, entropy, entropy_se, shown, hidden"},
    };
    size_t selected[COUNT], used;
    expect_status(lln_columns_choose(bad[_i][0], names, COUNT, selected, &used),
                  LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), bad[_i][1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("choice");
    TCase *choose = tcase_create("columns_choose");
    tcase_add_loop_test(choose, choose_columns, 0, 10);
    tcase_add_loop_test(choose, choose_refused, 0, 3);
    suite_add_tcase(suite, choose);
    return run_suite(suite);
}
