/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cases.h"
#include "measure/entropy.h"

START_TEST(rows_draw_set)
{
    size_t rows[300], again[300], other[300];
    expect_ok(lln_rows_draw(1000, 300, 7, 3, rows));
    for (size_t i = 0; i < 300; i++)
        ck_assert(rows[i] < 1000 && (i == 0 || rows[i] > rows[i - 1]));
    expect_ok(lln_rows_draw(1000, 300, 7, 3, again));
    ck_assert_mem_eq(rows, again, sizeof rows);
    expect_ok(lln_rows_draw(1000, 300, 7, 4, other));
    ck_assert_mem_ne(rows, other, sizeof rows);
    expect_ok(lln_rows_draw(300, 300, 7, 4, other));
    ck_assert(other[0] == 0 && other[299] == 299);
    expect_status(lln_rows_draw(10, 0, 7, 0, rows), LLN_EINVAL);
    expect_status(lln_rows_draw(10, 11, 7, 0, rows), LLN_EINVAL);
}
END_TEST

/* Every row is drawn equally often: 4000 draws of 10 out of 40 give each a
 * count of 1000 with standard deviation sqrt(4000 * 1/4 * 3/4) = 27.4. */
START_TEST(rows_draw_fair)
{
    size_t counts[40] = {0}, rows[10];
    for (uint32_t stream = 0; stream < 4000; stream++) {
        expect_ok(lln_rows_draw(40, 10, 1, stream, rows));
        for (size_t i = 0; i < 10; i++)
            counts[rows[i]]++;
    }
    for (size_t i = 0; i < 40; i++)
        expect_absolute((double)counts[i], 1000, 4 * 27.4);
}
END_TEST

static double entropy(const lln_row *row)
{
    return row->entropy;
}

/* By hand: 1.5, 2, 4 of n = 12 rows: mean 2.5, variance 1.75, error
 * sqrt(1.75/3 * 3/4). */
START_TEST(rows_mean_values)
{
    lln_row rows[4] = {
        {.entropy = 1.5}, {.entropy = 2}, {.entropy = 4}, {.entropy = NAN}};
    double mean, error;
    lln_rows_mean(rows, 3, 12, entropy, &mean, &error);
    expect_relative(mean, 2.5, 1e-15);
    expect_relative(error, 0.66143782776614768, 1e-15);
    lln_rows_mean(rows, 4, 16, entropy, &mean, &error);
    expect_relative(mean, 2.5, 1e-15);
    expect_relative(error, 0.66143782776614768, 1e-15);
    lln_rows_mean(rows, 3, 3, entropy, &mean, &error);
    ck_assert(error == 0);
    lln_rows_mean(rows + 3, 1, 9, entropy, &mean, &error);
    ck_assert(isnan(mean) && isnan(error));
    lln_rows_mean(rows, 1, 9, entropy, &mean, &error);
    ck_assert(mean == 1.5 && isnan(error));
}
END_TEST

/* The same values, with a stride of two. */
START_TEST(values_mean_stride)
{
    static const double values[] = {1.5, 9, 2, 9, 4, 9, NAN};
    double mean, error;
    lln_values_mean(values, 2, 4, 16, &mean, &error);
    expect_relative(mean, 2.5, 1e-15);
    expect_relative(error, 0.66143782776614768, 1e-15);
}
END_TEST

/* By hand: sum of squares 5.962 of three keys. */
START_TEST(row_variance_keys)
{
    lln_row row = {.keys = 3, .scores = {.m2 = 5.962}};
    expect_relative(lln_row_variance(&row), 2.981, 1e-15);
    row.keys = 1;
    ck_assert(isnan(lln_row_variance(&row)));
    row.keys = 0;
    ck_assert(isnan(lln_row_variance(&row)));
}
END_TEST

/* The standard error equals the spread over 200 draws of 32 rows of case B. The
 * spread of 200 values is known to 5 %; the tolerance is four times that. */
/* Values 0, 0, 0, 1: mean 1/4, m2 = 3/4, skewness 2/sqrt(3), kurtosis 7/3 - 3.
 */
START_TEST(row_shape)
{
    static const double x[] = {0, 0, 0, 1};
    lln_row row = {.keys = 4};
    lln_moments_add(&row.scores, x, 4);
    expect_relative(lln_row_skewness(&row), 2 / sqrt(3), 1e-14);
    expect_relative(lln_row_kurtosis(&row), 7.0 / 3 - 3, 1e-14);
    row.keys = 1;
    ck_assert(isnan(lln_row_skewness(&row)) && isnan(lln_row_kurtosis(&row)));
    row = (lln_row){.keys = 3};
    lln_moments_add(&row.scores, x, 3);
    ck_assert(isnan(lln_row_skewness(&row)) && isnan(lln_row_kurtosis(&row)));
}
END_TEST

START_TEST(rows_mean_coverage)
{
    lln_head head = case_head("B", LLN_FLOAT64, false);
    lln_attention attention;
    lln_entropy all, some, error;
    double squares = 0, claimed = 0;
    case_open(&head, "softmax", &attention);
    expect_ok(lln_entropy_measure(&attention, NULL, 0, &all, &error));
    expect_relative(all.entropy,
                    case_scalar("B", "softmax", "mean_entropy_nats"), 1e-12);
    ck_assert(error.entropy == 0 && isnan(error.min));
    for (uint32_t stream = 0; stream < 200; stream++) {
        size_t rows[32];
        expect_ok(lln_rows_draw(256, 32, 5, stream, rows));
        expect_ok(lln_entropy_measure(&attention, rows, 32, &some, &error));
        squares +=
            (some.entropy - all.entropy) * (some.entropy - all.entropy) / 200;
        claimed += error.entropy * error.entropy / 200;
    }
    expect_relative(sqrt(squares), sqrt(claimed), 0.2);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("row_sample");
    TCase *rows = tcase_create("rows");
    tcase_add_test(rows, rows_draw_set);
    tcase_add_test(rows, rows_draw_fair);
    tcase_add_test(rows, rows_mean_values);
    tcase_add_test(rows, values_mean_stride);
    tcase_add_test(rows, rows_mean_coverage);
    tcase_add_test(rows, row_variance_keys);
    tcase_add_test(rows, row_shape);
    suite_add_tcase(suite, rows);
    return run_suite(suite);
}
