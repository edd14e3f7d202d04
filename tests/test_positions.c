/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Positions of keys, and factors of queries that go by them. */
#include "heads/positions.h"

#include "heads/query_scale.h"
#include "logit_vectors.h"
#include "npy_file.h"

static void read_text(const char *text, lln_positions *positions)
{
    write_bytes("positions", text, strlen(text));
    expect_ok(lln_positions_read("positions", positions));
}

START_TEST(read_offset)
{
    lln_positions positions;
    expect_ok(lln_positions_read("+1000", &positions));
    expect_absolute(lln_position_at(&positions, 3, 2, 7, 0), 1007, 0);
    expect_absolute(lln_positions_length(&positions, 0, 0, 24), 1024, 0);
    expect_ok(lln_positions_check(&positions, "x", 3, 7));
    expect_status(lln_positions_read("+-1", &positions), LLN_EINVAL);
    expect_status(lln_positions_read("+", &positions), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "'+': expected + and a whole number of at least 0");
}
END_TEST

START_TEST(read_lines)
{
    static const char *const forms[] = {"0\n1\n5\n9\n", "0 1 5 9\n",
                                        "0, 1, 5, 9"};
    for (int i = 0; i < 3; i++) {
        lln_positions positions;
        read_text(forms[i], &positions);
        ck_assert_uint_eq(positions.tokens, 4);
        ck_assert_uint_eq(positions.columns, 1);
        expect_absolute(lln_position_at(&positions, 0, 0, 2, 0), 5, 0);
        expect_absolute(lln_position_at(&positions, 0, 1, 2, 0), 9, 0);
        expect_absolute(lln_positions_length(&positions, 0, 0, 3), 6, 0);
        expect_ok(lln_positions_check(&positions, "x", 7, 4));
        expect_status(lln_positions_check(&positions, "x", 1, 5), LLN_EINVAL);
        ck_assert_str_eq(lln_error_message(),
                         "positions: 4 positions; x has 5 keys");
        lln_positions_free(&positions);
    }
}
END_TEST

START_TEST(read_columns)
{
    lln_positions positions;
    read_text("0 0 0\n1 4 2\n", &positions);
    ck_assert_uint_eq(positions.tokens, 2);
    ck_assert_uint_eq(positions.columns, 3);
    expect_absolute(lln_position_at(&positions, 0, 0, 1, 1), 4, 0);
    expect_absolute(lln_positions_length(&positions, 0, 0, 2), 5, 0);
    lln_positions_free(&positions);
    read_text("0 1 2 3\n4 5 6 7\n", &positions);
    ck_assert_uint_eq(positions.entries, 2);
    expect_absolute(lln_position_at(&positions, 1, 0, 2, 0), 6, 0);
    expect_ok(lln_positions_check(&positions, "x", 2, 4));
    expect_status(lln_positions_check(&positions, "x", 3, 4), LLN_EINVAL);
    lln_positions_free(&positions);
}
END_TEST

START_TEST(read_refused)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"0\n1 2\n", "positions: line 2: 2 numbers; expected 1"},
        {"0\n-1\n", "positions: line 2: '-1'; expected the position of a key, "
                    "or two or three of one"},
        {"\n", "positions: no positions"},
        {"1.5\n", NULL},
    };
    lln_positions positions;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_bytes("positions", bad[i].text, strlen(bad[i].text));
        expect_status(lln_positions_read("positions", &positions), LLN_EFORMAT);
        if (bad[i].message)
            ck_assert_str_eq(lln_error_message(), bad[i].message);
        lln_positions_free(&positions);
    }
    expect_status(lln_positions_read("none", &positions), LLN_EIO);
    lln_positions_free(&positions);
}
END_TEST

START_TEST(restart)
{
    const size_t id[] = {7, 7, 7, 2, 7, 7};
    const double expected[] = {0, 1, 2, 0, 0, 1};
    lln_positions positions;
    expect_ok(lln_positions_restart(id, 6, &positions));
    for (size_t i = 0; i < 6; i++)
        expect_absolute(lln_position_at(&positions, 0, 0, i, 0), expected[i],
                        0);
    lln_positions_free(&positions);
}
END_TEST

START_TEST(scale_read)
{
    lln_query_scale scale;
    expect_ok(lln_query_scale_read("llama4", &scale));
    /* 1 + 0.1 ln(1 + floor(8192/8192)), and 1 just below. */
    expect_relative(lln_query_scale_at(&scale, 8191, 0), 1 + 0.1 * log(2),
                    1e-15);
    expect_absolute(lln_query_scale_at(&scale, 8190, 0), 1, 0);
    expect_ok(lln_query_scale_read("llama4:scale=0.5:floor=4", &scale));
    expect_relative(lln_query_scale_at(&scale, 11, 0), 1 + 0.5 * log(4), 1e-15);
    expect_ok(lln_query_scale_read("ministral:original=8", &scale));
    expect_absolute(lln_query_scale_at(&scale, 99, 7), 1, 0);
    expect_relative(lln_query_scale_at(&scale, 0, 8), 1 + 0.1 * log(2), 1e-15);
    expect_ok(lln_query_scale_read("ssmax:factor=0.43", &scale));
    expect_relative(lln_query_scale_at(&scale, 9, 0), 0.43 * log(10), 1e-15);
    expect_ok(lln_query_scale_read("ssmax", &scale));
    ck_assert(isnan(scale.scale));
    expect_ok(lln_query_scale_read("ssmax.npy", &scale));
    ck_assert_int_eq(scale.kind, LLN_SCALE_FILE);
    expect_ok(lln_query_scale_read("none", &scale));
    ck_assert_int_eq(scale.kind, LLN_SCALE_NONE);
}
END_TEST

START_TEST(scale_refused)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"ministral", "'ministral': ministral needs original="},
        {"llama4:original=3", "'llama4:original=3': llama4 takes no original="},
        {"ssmax:scale=3", "'ssmax:scale=3': ssmax takes no scale="},
        {"none:scale=3", "'none:scale=3': none takes no scale="},
        {"llama4:floor=0", NULL},
    };
    lln_query_scale scale;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_status(lln_query_scale_read(bad[i].text, &scale), LLN_EINVAL);
        if (bad[i].message)
            ck_assert_str_eq(lln_error_message(), bad[i].message);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("positions");
    TCase *all = tcase_create("lln_positions");
    tcase_add_checked_fixture(all, enter_folder, remove_folder);
    tcase_add_test(all, read_offset);
    tcase_add_test(all, read_lines);
    tcase_add_test(all, read_columns);
    tcase_add_test(all, read_refused);
    tcase_add_test(all, restart);
    TCase *scale = tcase_create("lln_query_scale");
    tcase_add_test(scale, scale_read);
    tcase_add_test(scale, scale_refused);
    suite_add_tcase(suite, all);
    suite_add_tcase(suite, scale);
    return run_suite(suite);
}
