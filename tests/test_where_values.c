/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the mass falls: closed forms, undefined values, errors of samples of
 * rows, and grids of patches. */
#include "given_matrix.h"
#include "where_case.h"

/* Uniform causal rows, n = 20: sink H_20 / 20, distance (n - 1) / 4; without a
 * mask (n^2 - 1) / (3 n). Half of the mass without a mask is within 6 tokens:
 * (20 + 2 sum_x=1..6 (20 - x)) / 400 = 0.545, and 0.475 within 5. */
START_TEST(measure_uniform)
{
    lln_where_rule rule = {.local = 4};
    for (int causal = 0; causal < 2; causal++) {
        lln_head head =
            dense_head(20, 20, 2, 0, (lln_mask){.causal = causal > 0},
                       _i ? LLN_FLOAT32 : LLN_FLOAT64);
        lln_attention attention;
        lln_where error;
        double harmonic = 0;
        for (int i = 1; i <= 20; i++)
            harmonic += 1.0 / i;
        open_kernel("softmax", &head, NULL, 0, &attention);
        lln_where out = measure(&attention, NULL, 0, &rule, NULL, &error);
        expect_relative(out.sink_mass, causal ? harmonic / 20 : 0.05, 1e-13);
        expect_relative(out.sink_mass, out.sink_mass_uniform, 1e-13);
        expect_relative(out.distance_mean, causal ? 4.75 : 399 / 60.0, 1e-13);
        if (!causal)
            ck_assert_double_eq(out.distance_median, 6);
        ck_assert_double_eq(out.column_share_key, 0);
        ck_assert_double_eq(out.column_mass_key, 0);
        ck_assert_double_eq(error.sink_mass, 0);
        ck_assert(isnan(error.column_share_max));
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
}
END_TEST

/* Of the header: P = (1; 1/4 3/4). */
START_TEST(measure_example)
{
    double p[4] = {1, 0, 0.25, 0.75};
    lln_attention attention = given_attention(p, 2, 2);
    lln_where_rule rule = {.local = 1};
    lln_where_row rows[2];
    attention.mask.causal = true;
    lln_where out = measure(&attention, NULL, 0, &rule, rows, NULL);
    expect_relative(out.sink_mass, 0.625, 1e-15);
    expect_relative(out.self_mass, 0.875, 1e-15);
    expect_relative(out.previous_mass, 0.25, 1e-15);
    expect_relative(out.distance_mean, 0.125, 1e-15);
    ck_assert_double_eq(out.distance_median, 0);
    ck_assert(isnan(rows[0].previous_mass));
    ck_assert_double_eq(rows[1].previous_mass, 0.25);
    ck_assert_double_eq(rows[1].distance_median, 0);
    ck_assert_double_eq(rows[1].local_mass, 0.75);
    ck_assert_double_eq(rows[1].distant_mass, 0); /* key 0 is the sink */
}
END_TEST

/* Negative entries: masses stay, distances are NaN; a row without mass has no
 * distance. */
START_TEST(measure_negative)
{
    double p[6] = {1, 0, 0, 0.5, -0.25, 0.75};
    lln_attention attention = given_attention(p, 3, 2);
    lln_where_rule rule = {.local = 1};
    lln_where_row rows[3];
    attention.mask = (lln_mask){0};
    lln_where out = measure(&attention, NULL, 0, &rule, rows, NULL);
    expect_relative(out.sink_mass, 0.25, 1e-15);
    ck_assert(isnan(out.self_mass)); /* 3 queries, 2 keys, no mask */
    lln_attention square = given_attention(p + 2, 2, 2);
    out = measure(&square, NULL, 0, &rule, rows, NULL);
    expect_relative(out.self_mass, 0.375, 1e-15);
    ck_assert(isnan(out.distance_mean) && isnan(out.distance_median));
    expect_relative(rows[0].distance_mean, 1, 1e-15);
    ck_assert(isnan(rows[1].distance_mean));
    ck_assert(isnan(rows[1].distance_median));
    double zeros[4] = {1, 0, 0, 0};
    lln_attention empty = given_attention(zeros, 2, 2);
    out = measure(&empty, NULL, 0, &rule, rows, NULL);
    ck_assert(isnan(rows[1].distance_mean));
    ck_assert_double_eq(out.distance_mean, 0);
}
END_TEST

/* Medians of rows: of (1/2 - 1e-13, 1/2 + 1e-13) at lags 1, 0. */
START_TEST(measure_row_medians)
{
    double p[9] = {0.4, 0.3, 0.3, 0.5 - 1e-13, 0.5 - 1e-13, 2e-13, 0.6, 0, 0.4};
    lln_attention attention = given_attention(p, 3, 3);
    lln_where_rule rule = {.local = 1};
    lln_where_row rows[3];
    measure(&attention, NULL, 0, &rule, rows, NULL);
    ck_assert_double_eq(rows[0].distance_median, 1);
    ck_assert_double_eq(rows[1].distance_median, 0);
    ck_assert_double_eq(rows[2].distance_median, 2);
}
END_TEST

/* Errors of drawn rows: those of lln_values_mean. */
START_TEST(measure_sample)
{
    lln_head head = dense_head(40, 40, 4, 2, (lln_mask){0}, LLN_FLOAT64);
    const size_t list[] = {3, 9, 20, 31};
    lln_where_rule rule = {.local = 5};
    lln_attention attention;
    lln_where_row rows[4];
    lln_where error;
    double mean = 0, squares = 0;
    open_kernel("softmax", &head, NULL, 0, &attention);
    lln_where out = measure(&attention, list, 4, &rule, rows, &error);
    for (int i = 0; i < 4; i++)
        mean += rows[i].local_mass / 4;
    for (int i = 0; i < 4; i++)
        squares += pow(rows[i].local_mass - mean, 2);
    expect_relative(out.local_mass, mean, 1e-14);
    expect_relative(error.local_mass, sqrt(squares / 3 / 4 * 0.9), 1e-13);
    ck_assert(isnan(error.distance_median));
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* A prefix token and 2 x 2 patches, uniform: the prefix holds 1/5, and the
 * distances of a patch are 0, 1, 1 and sqrt(2). Half of the mass is at 0 and
 * 1. */
START_TEST(measure_grid)
{
    lln_head head = dense_head(5, 5, 2, 0, (lln_mask){0}, LLN_FLOAT64);
    lln_where_rule rule = {.local = 1, .grid = {2, 2, 1}};
    lln_attention attention;
    lln_where_row rows[5];
    lln_where_sums *sums;
    open_kernel("softmax", &head, NULL, 0, &attention);
    lln_where out = measure(&attention, NULL, 0, &rule, rows, NULL);
    expect_relative(out.prefix_mass, 0.2, 1e-15);
    expect_relative(out.grid_distance_mean, (2 + sqrt(2)) / 4, 1e-15);
    ck_assert_double_eq(out.grid_distance_median, 1);
    ck_assert(isnan(rows[0].prefix_mass));
    rule.grid.prefix = 2;
    expect_status(lln_where_open(&attention, NULL, 0, &rule, 0, &sums),
                  LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "a grid of 2x2 patches after 2 tokens needs 6 queries and "
                     "keys, but the head has 5 and 5");
    rule.grid.height = 0;
    expect_status(
        lln_where_open(&attention, (const size_t[]){0}, 0, &rule, 0, &sums),
        LLN_EINVAL);
    lln_where_close(NULL);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("where_values");
    TCase *all = tcase_create("where");
    tcase_add_loop_test(all, measure_uniform, 0, 2);
    tcase_add_test(all, measure_example);
    tcase_add_test(all, measure_negative);
    tcase_add_test(all, measure_row_medians);
    tcase_add_test(all, measure_sample);
    tcase_add_test(all, measure_grid);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
