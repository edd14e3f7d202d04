/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/by_layer.h"

#include "expect.h"

START_TEST(find_values)
{
    static const char *const orders[] = {"half\n0-2,7@none\n5@pairs",
                                         "5@pairs\n0-2,7@none\nhalf"};
    for (int i = 0; i < 2; i++) {
        lln_by_layer values;
        expect_ok(lln_by_layer_read(orders[i], &values));
        ck_assert_str_eq(lln_by_layer_find(&values, 0), "none");
        ck_assert_str_eq(lln_by_layer_find(&values, 2), "none");
        ck_assert_str_eq(lln_by_layer_find(&values, 3), "half");
        ck_assert_str_eq(lln_by_layer_find(&values, 5), "pairs");
        ck_assert_str_eq(lln_by_layer_find(&values, 7), "none");
        ck_assert_str_eq(lln_by_layer_find(&values, -1), "half");
        lln_by_layer_free(&values);
    }
}
END_TEST

START_TEST(find_nothing)
{
    lln_by_layer values;
    expect_ok(lln_by_layer_read(NULL, &values));
    ck_assert_ptr_null(lln_by_layer_find(&values, 0));
    lln_by_layer_free(&values);
    expect_ok(lln_by_layer_read("3@x", &values));
    ck_assert_ptr_null(lln_by_layer_find(&values, 2));
    ck_assert_ptr_null(lln_by_layer_find(&values, -1));
    lln_by_layer_free(&values);
}
END_TEST

/* An @ that no layers come before is part of the value. */
START_TEST(read_other_at)
{
    lln_by_layer values;
    expect_ok(lln_by_layer_read("a@b.npy\n2@c@d", &values));
    ck_assert_str_eq(lln_by_layer_find(&values, 1), "a@b.npy");
    ck_assert_str_eq(lln_by_layer_find(&values, 2), "c@d");
    lln_by_layer_free(&values);
}
END_TEST

static const struct {
    const char *text, *message;
} bad[] = {
    {"1-@x", "'1-@x': expected layers before the @, such as 0-3,7@VALUE"},
    {"2-1@x", "'2-1@x': expected layers before the @, such as 0-3,7@VALUE"},
    {"1,@x", "'1,@x': expected layers before the @, such as 0-3,7@VALUE"},
    {"99999999999999999999@x", NULL},
    {"1@", "'1@': empty value"},
    {"", "'': empty value"},
    {"1-4@x\n3@y", "layer 3 has two values, 'x' and 'y'"},
    {"1-4,2@x", "layer 2 has two values, 'x' and 'x'"},
    {"x\ny", "two values for all layers, 'x' and 'y'; write LAYERS@VALUE for "
             "a value of some layers"},
};

START_TEST(read_refused)
{
    lln_by_layer values;
    expect_status(lln_by_layer_read(bad[_i].text, &values), LLN_EINVAL);
    if (bad[_i].message)
        ck_assert_str_eq(lln_error_message(), bad[_i].message);
    lln_by_layer_free(&values);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("by_layer");
    TCase *all = tcase_create("lln_by_layer");
    tcase_add_test(all, find_values);
    tcase_add_test(all, find_nothing);
    tcase_add_test(all, read_other_at);
    tcase_add_loop_test(all, read_refused, 0, sizeof bad / sizeof *bad);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
