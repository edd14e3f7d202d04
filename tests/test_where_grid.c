/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Distances in a grid, by hand; heads are in test_where.c. */
#include "measure/where_grid.h"

#include "expect.h"
#include "given_matrix.h"

static const lln_grid GRID = {2, 3, 1};

START_TEST(check_sizes)
{
    const lln_grid none = {0, 0, 5};
    expect_ok(lln_grid_check(&GRID, 7, 7));
    expect_ok(lln_grid_check(&none, 3, 4));
    expect_status(lln_grid_check(&GRID, 7, 8), LLN_EINVAL);
    expect_status(lln_grid_check(&GRID, 6, 6), LLN_EINVAL);
}
END_TEST

/* Masses 0.5, 0.25, 0.25 at 0, 1 and sqrt(5): half is at 0. */
START_TEST(median_of_profile)
{
    double profile[6] = {0.5, 0.25, 0, 0, 0, 0.25}, median;
    expect_ok(lln_grid_median(&GRID, profile, &median));
    ck_assert_double_eq(median, 0);
    profile[0] = 0.4;
    expect_ok(lln_grid_median(&GRID, profile, &median));
    ck_assert_double_eq(median, 1);
    profile[1] = 0;
    profile[5] = 1;
    expect_ok(lln_grid_median(&GRID, profile, &median));
    expect_relative(median, sqrt(5), 1e-15);
    for (size_t i = 0; i < 6; i++)
        profile[i] = 0;
    expect_ok(lln_grid_median(&GRID, profile, &median));
    ck_assert(isnan(median));
}
END_TEST

typedef struct {
    double prefix, distance;
} grid_values;

static void take(void *context, int thread, const lln_panel *panel)
{
    grid_values *values = context;
    (void)thread;
    for (size_t i = 0; i < panel->rows; i++)
        lln_grid_row(&GRID, panel, i, &values[panel->index + i].prefix,
                     &values[panel->index + i].distance, NULL);
}

/* Query 1 is patch (0, 0): 0.2 on the prefix, 0.6 on patch (0, 2) and 0.2 on
 * patch (1, 0): (0.6 2 + 0.2) / 0.8 = 1.75. Query 2 has no mass on patches,
 * query 3 a negative entry. */
START_TEST(row_by_hand)
{
    double p[49] = {0};
    grid_values values[7];
    p[7] = p[7 + 4] = 0.2;
    p[7 + 3] = 0.6;
    p[14] = 1;
    p[21] = 0.25;
    p[21 + 2] = -0.25;
    lln_attention attention = given_attention(p, 7, 7);
    expect_ok(lln_panels_visit(&attention, NULL, 0, 0, take, values));
    ck_assert(isnan(values[0].prefix) && isnan(values[0].distance));
    expect_relative(values[1].prefix, 0.2, 1e-15);
    expect_relative(values[1].distance, 1.75, 1e-15);
    ck_assert_double_eq(values[2].prefix, 1);
    ck_assert(isnan(values[2].distance));
    ck_assert_double_eq(values[3].prefix, 0.25);
    ck_assert(isnan(values[3].distance));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("where_grid");
    TCase *grid = tcase_create("where_grid");
    tcase_add_test(grid, check_sizes);
    tcase_add_test(grid, median_of_profile);
    tcase_add_test(grid, row_by_hand);
    suite_add_tcase(suite, grid);
    return run_suite(suite);
}
