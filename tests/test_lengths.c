/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/lengths.h"

#include "expect.h"
#include "npy_file.h"

START_TEST(lengths_read_lines)
{
    static const char text[] = "12\n\n  7\t9 \r\n 1\n3 2";
    const lln_length expected[] = {
        {12, 12, 1}, {7, 9, 3}, {1, 1, 4}, {3, 2, 5}};
    lln_lengths lengths;
    write_bytes("lengths", text, strlen(text));
    expect_ok(lln_lengths_read("lengths", &lengths));
    ck_assert_str_eq(lengths.name, "lengths");
    ck_assert_uint_eq(lengths.count, 4);
    for (size_t b = 0; b < 4; b++) {
        lln_length here = lln_lengths_at(&lengths, b, 99, 98);
        ck_assert_uint_eq(here.queries, expected[b].queries);
        ck_assert_uint_eq(here.keys, expected[b].keys);
        ck_assert_uint_eq(here.line, expected[b].line);
    }
    lln_lengths_free(&lengths);
}
END_TEST

START_TEST(lengths_at_one_and_none)
{
    lln_lengths lengths = {0};
    ck_assert_uint_eq(lln_lengths_at(&lengths, 5, 99, 98).queries, 99);
    ck_assert_uint_eq(lln_lengths_at(&lengths, 5, 99, 98).keys, 98);
    write_bytes("lengths", "12 13\n", 6);
    expect_ok(lln_lengths_read("lengths", &lengths));
    ck_assert_uint_eq(lln_lengths_at(&lengths, 5, 99, 98).queries, 12);
    ck_assert_uint_eq(lln_lengths_at(&lengths, 5, 99, 98).keys, 13);
    lln_lengths_free(&lengths);
}
END_TEST

#define EXPECTED                                                               \
    "; expected a length above 0, or one of queries and one of keys"

static const struct {
    const char *text, *message;
} bad[] = {
    {"\n \n", "lengths: no lengths"},
    {"3\n0\n", "lengths: line 2: '0'" EXPECTED},
    {"-3\n", "lengths: line 1: '-3'" EXPECTED},
    {"3.5", "lengths: line 1: '3.5'" EXPECTED},
    {"3 x", "lengths: line 1: '3 x'" EXPECTED},
    {"3 4 5", "lengths: line 1: '3 4 5'" EXPECTED},
    {"3,4", "lengths: line 1: '3,4'" EXPECTED},
    {"99999999999999999999999",
     "lengths: line 1: '99999999999999999999999'" EXPECTED},
    {"3\n\x1b[2J\n", "lengths: line 2: '\\x1b[2J'" EXPECTED},
};

START_TEST(lengths_read_refused)
{
    lln_lengths lengths;
    write_bytes("lengths", bad[_i].text, strlen(bad[_i].text));
    expect_status(lln_lengths_read("lengths", &lengths), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), bad[_i].message);
    ck_assert_ptr_null(lengths.list);
}
END_TEST

START_TEST(lengths_read_missing)
{
    lln_lengths lengths;
    expect_status(lln_lengths_read("lengths", &lengths), LLN_EIO);
    ck_assert_str_eq(lln_error_message(), "lengths: No such file or directory");
}
END_TEST

START_TEST(lengths_check_fit)
{
    lln_length list[] = {{5, 5, 1}, {7, 7, 3}};
    lln_lengths lengths = {"lengths", 2, list};
    expect_ok(lln_lengths_check(&lengths, "q.npy", 2, 7, 7));
    expect_status(lln_lengths_check(&lengths, "q.npy", 3, 7, 7), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(),
                     "lengths: 2 lengths; expected one, or one for each of the "
                     "3 batch entries of q.npy");
    expect_status(lln_lengths_check(&lengths, "q.npy", 2, 7, 6), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), "lengths: line 3: 7 queries and 7 "
                                          "keys; q.npy has 7 and 6");
    lengths.count = 1;
    expect_ok(lln_lengths_check(&lengths, "q.npy", 3, 7, 6));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lengths");
    TCase *lengths = tcase_create("lengths");
    tcase_add_checked_fixture(lengths, enter_folder, remove_folder);
    tcase_add_test(lengths, lengths_read_lines);
    tcase_add_test(lengths, lengths_at_one_and_none);
    tcase_add_loop_test(lengths, lengths_read_refused, 0,
                        (int)(sizeof bad / sizeof *bad));
    tcase_add_test(lengths, lengths_read_missing);
    tcase_add_test(lengths, lengths_check_fit);
    suite_add_tcase(suite, lengths);
    return run_suite(suite);
}
