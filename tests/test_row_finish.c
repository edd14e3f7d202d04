/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Statistics of a row from its sums, by hand. */
#include "measure/row_finish.h"

#include "expect.h"
#include "given_matrix.h"

/* Scores (0, ln 3): weights relative to ln 3 are 1/3 and 1. */
static const lln_row_state STATE = {.reference = 1.0986122886681098,
                                    .max = 1.0986122886681098,
                                    .ties = 1,
                                    .rest = 1.0 / 3,
                                    .slope = 0.36620409622270328,
                                    .square = 1.0 / 9,
                                    .count = 2};

START_TEST(finish_tiles)
{
    const double offset[3] = {0, 0, 0.25};
    lln_attention attention = {.kind = LLN_ATTENTION_TILES,
                               .n = 3,
                               .m = 2,
                               .precision = LLN_FLOAT64,
                               .tiles = {.offset = offset}};
    lln_row row = lln_row_finish(&attention, 2, &STATE, LLN_ROW_ENTROPY);
    ck_assert_uint_eq(row.keys, 2);
    expect_relative(row.log_norm, log(4), 1e-15);
    expect_relative(row.entropy, log(4) - 0.75 * log(3), 1e-15);
    expect_relative(row.sum_squares, 0.625, 1e-15);
    expect_relative(row.top, 0.75, 1e-15);
    expect_relative(row.logit, log(3) + 0.25, 1e-15);
    ck_assert(isnan(row.scores.mean));
    row = lln_row_finish(&attention, 2, &STATE, 0);
    ck_assert(isnan(row.entropy));
}
END_TEST

START_TEST(finish_no_keys)
{
    lln_attention attention = {.kind = LLN_ATTENTION_TILES, .n = 3, .m = 2};
    lln_row_state none = {0};
    lln_row row = lln_row_finish(&attention, 0, &none, LLN_ROW_ENTROPY);
    ck_assert(isnan(row.entropy) && row.sum == 0 && row.keys == 0);
    ck_assert_double_eq(row.max, -INFINITY);
}
END_TEST

START_TEST(finish_entries)
{
    double p[3] = {0.25, 0, 0.75}, logs[3], sums[1] = {2.385};
    lln_attention attention = given_attention(p, 1, 3);
    lln_row row =
        lln_row_finish_entries(&attention, 0, p, LLN_ROW_ENTROPY, logs);
    ck_assert_uint_eq(row.keys, 2);
    expect_relative(row.entropy, log(4) - 0.75 * log(3), 1e-15);
    ck_assert_double_eq(row.sum, 1);
    attention.rows.sums = sums;
    row = lln_row_finish_entries(&attention, 0, p, 0, logs);
    ck_assert_double_eq(row.sum, 2.385);
}
END_TEST

/* 8 units in the last place of the largest score or, of logarithms that are no
 * logits, of that and 1. */
START_TEST(rounding)
{
    lln_row row = {.max = 3, .scores = {.mean = -5}};
    lln_attention attention = {.kind = LLN_ATTENTION_TILES,
                               .precision = LLN_FLOAT32,
                               .tiles = {.scaled_scores = true}};
    ck_assert_double_eq(lln_row_rounding(&attention, &row), 40 * 0x1p-23);
    attention.tiles.scaled_scores = false;
    ck_assert_double_eq(lln_row_rounding(&attention, &row), 48 * 0x1p-23);
    attention.kind = LLN_ATTENTION_ROWS;
    ck_assert_double_eq(lln_row_rounding(&attention, &row), 48 * 0x1p-52);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("row_finish");
    TCase *finish = tcase_create("row_finish");
    tcase_add_test(finish, finish_tiles);
    tcase_add_test(finish, finish_no_keys);
    tcase_add_test(finish, finish_entries);
    tcase_add_test(finish, rounding);
    suite_add_tcase(suite, finish);
    return run_suite(suite);
}
