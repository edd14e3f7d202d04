/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Distances in an image: one token and 2 x 2 patches, in closed form. */
#include "measure/where_grid.h"

#include <math.h>

#include "expect.h"

static const lln_grid grid = {2, 2, 1};

/* Two rows of 5 keys: of the token before the patches, and of patch 0. Entries
 * are half of the weights. */
enum { KEYS = 5 };
static const double weights[2][KEYS] = {{2, 0, 0, 0, 0},
                                        {0.4, 0.2, 0.4, 0.6, 0.4}};
static const size_t queries[2] = {0, 1}, first[2] = {0, 0}, end[2] = {5, 5};

static lln_panel panel_of(const lln_row statistics[2], const size_t keys[2])
{
    static const double half[2] = {0.5, 0.5};
    return (lln_panel){.rows = 2,
                       .queries = queries,
                       .first = first,
                       .end = end,
                       .keys = keys,
                       .high = KEYS,
                       .precision = LLN_FLOAT64,
                       .stride = KEYS,
                       .weights = weights,
                       .scale = half,
                       .statistics = statistics};
}

/* Patch 0: 1/8 of the mass of the patches is on itself, 2/8 and 3/8 on the
 * patches at distance 1, 2/8 on that at sqrt(2). */
START_TEST(row_patch)
{
    static const lln_row rows[2];
    static const size_t keys[2] = {5, 5};
    lln_panel panel = panel_of(rows, keys);
    double profile[4] = {1, 1, 1, 1}, prefix, distance;
    lln_grid_row(&grid, &panel, 1, &prefix, &distance, profile);
    expect_relative(prefix, 0.2, 1e-15);
    expect_relative(distance, 0.625 + 0.25 * sqrt(2), 1e-15);
    expect_relative(profile[0], 1.125, 1e-15);
    expect_relative(profile[1], 1.25, 1e-15);
    expect_relative(profile[2], 1.375, 1e-15);
    expect_relative(profile[3], 1.25, 1e-15);
    lln_grid_row(&grid, &panel, 1, &prefix, &distance, NULL);
    expect_relative(distance, 0.625 + 0.25 * sqrt(2), 1e-15);
}
END_TEST

START_TEST(row_missing)
{
    static const lln_row rows[2] = {{0}, {.negative = 0.1}};
    static const size_t keys[2] = {5, 5}, none[2] = {5, 0};
    lln_panel panel = panel_of(rows, keys);
    double profile[4] = {1, 1, 1, 1}, prefix, distance;
    lln_grid_row(&grid, &panel, 0, &prefix, &distance, profile);
    ck_assert(isnan(prefix) && isnan(distance));
    lln_grid_row(&grid, &panel, 1, &prefix, &distance, profile);
    expect_relative(prefix, 0.2, 1e-15);
    ck_assert(isnan(distance));
    panel = panel_of(rows, none);
    lln_grid_row(&grid, &panel, 1, &prefix, &distance, profile);
    ck_assert(isnan(prefix) && isnan(distance));
    for (size_t d = 0; d < 4; d++)
        ck_assert(profile[d] == 1);
}
END_TEST

START_TEST(median_profile)
{
    static const double middle[] = {1, 2, 3, 2}, far[] = {1, 1, 1, 4},
                        half[] = {3, 1, 1, 1}, none[4];
    double median;
    expect_ok(lln_grid_median(&grid, middle, &median));
    ck_assert(median == 1);
    expect_ok(lln_grid_median(&grid, far, &median));
    expect_relative(median, sqrt(2), 1e-15);
    expect_ok(lln_grid_median(&grid, half, &median));
    ck_assert(median == 0);
    expect_ok(lln_grid_median(&grid, none, &median));
    ck_assert(isnan(median));
}
END_TEST

START_TEST(check_tokens)
{
    static const lln_grid without = {0};
    expect_ok(lln_grid_check(&grid, 5, 5));
    expect_ok(lln_grid_check(&without, 3, 4));
    expect_status(lln_grid_check(&grid, 5, 6), LLN_EINVAL);
    expect_status(lln_grid_check(&grid, 4, 4), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "a grid of 2x2 patches after 1 tokens needs 5 queries and "
                     "keys, but the head has 4 and 4");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("where_grid");
    TCase *row = tcase_create("lln_grid_row");
    TCase *median = tcase_create("lln_grid_median");
    TCase *check = tcase_create("lln_grid_check");
    tcase_add_test(row, row_patch);
    tcase_add_test(row, row_missing);
    tcase_add_test(median, median_profile);
    tcase_add_test(check, check_tokens);
    suite_add_tcase(suite, row);
    suite_add_tcase(suite, median);
    suite_add_tcase(suite, check);
    return run_suite(suite);
}
