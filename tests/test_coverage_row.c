/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * K_p, R_k and Gini of single rows: closed forms, and random rows against the
 * sorted row. */
#include "measure/coverage_row.h"

#include <string.h>

#include "coverage_rows.h"
#include "expect.h"

static const lln_coverage_plan plan = {
    .shares = 6,
    .share = {0.01, 0.5, 0.9, 0.95, 0.975, 0.99},
    .tops = 5,
    .top = {1, 2, 4, 16, 64},
    .gini = true,
};
enum { VALUES = 12 };

static void measure(const coverage_row *row, double *out)
{
    const lln_matrix weights = {coverage_precision(row), 1, row->count,
                                coverage_weights(row)};
    lln_coverage_room *room = lln_coverage_room_alloc(row->count, true);
    ck_assert_ptr_nonnull(room);
    lln_coverage_row(&plan, weights, row->keys, room, out);
    lln_coverage_room_free(room);
}

static coverage_row row_of(const double *weights, size_t count, bool single)
{
    coverage_row row = {.count = count, .keys = count, .single = single};
    memcpy(row.weights, weights, count * sizeof *weights);
    coverage_finish(&row);
    return row;
}

static void expect_row(const coverage_row *row, const double *expected,
                       double tolerance)
{
    double out[VALUES];
    measure(row, out);
    for (size_t i = 0; i < VALUES; i++)
        expect_relative(out[i], expected[i], tolerance);
}

/* K_p = ceil(p m) exactly, although p m is a sum of rounded numbers. */
START_TEST(uniform)
{
    static const size_t counts[] = {1, 2, 20, 32, 33, 100, 600};
    size_t m = counts[_i / 2];
    double weights[600], out[VALUES];
    for (size_t j = 0; j < m; j++)
        weights[j] = 0.1 / 3;
    coverage_row row = row_of(weights, m, _i % 2);
    measure(&row, out);
    for (size_t i = 0; i < plan.shares; i++) {
        double keys = ceil(plan.share[i] * (double)m - 1e-9);
        expect_relative(out[i], keys, 0);
    }
    for (size_t i = 0; i < plan.tops; i++)
        expect_relative(out[6 + i], fmin(1, (double)plan.top[i] / (double)m),
                        1e-13);
    expect_absolute(out[11], 0, 1e-14);
}
END_TEST

/* One key has all: K_p = R_k = 1, Gini = 1 - 1/m. */
START_TEST(one_hot)
{
    double weights[300] = {0};
    const double expected[VALUES] = {1, 1, 1, 1, 1, 1,
                                     1, 1, 1, 1, 1, 299.0 / 300};
    weights[211] = 2.385;
    coverage_row row = row_of(weights, 300, _i);
    expect_row(&row, expected, 1e-15);
}
END_TEST

/* (a, 1 - a): K_p = 1 up to p = a; Gini = a - 1/2. */
START_TEST(two_keys)
{
    const double weights[] = {0.09375, 0.90625}; /* exact in float32 */
    const double expected[VALUES] = {1,       1, 1, 2, 2, 2,
                                     0.90625, 1, 1, 1, 1, 0.40625};
    coverage_row row = row_of(weights, 2, _i);
    expect_row(&row, expected, 1e-15);
}
END_TEST

/* (4, 2, 2, 1, 1) of sum 10: 0.9 is reached exactly by four, 0.5 by two. */
START_TEST(ties)
{
    const double weights[] = {1, 2, 4, 1, 2};
    const double expected[VALUES] = {1,   2,   4,   5, 5, 5,
                                     0.4, 0.6, 0.9, 1, 1, 0.28};
    coverage_row row = row_of(weights, 5, _i);
    expect_row(&row, expected, 1e-15);
}
END_TEST

/* Hidden keys are no keys; a key of weight 0 is one. */
START_TEST(hidden_keys)
{
    const double weights[] = {1, 0, 2, 4, 0, 1, 2, 0};
    const double expected[VALUES] = {1,   2,   4,   5, 5, 5,
                                     0.4, 0.6, 0.9, 1, 1, 0.28};
    coverage_row row = row_of(weights, 8, _i);
    row.keys = 5;
    expect_row(&row, expected, 1e-15);
    row.keys = 8; /* each rank rises by 3: (5 x 0.28 + 3) / 8 */
    double out[VALUES];
    measure(&row, out);
    expect_relative(out[11], (0.28 * 5 + 3) / 8, 1e-15);
}
END_TEST

/* No sum, or no distribution: nothing is defined. */
START_TEST(undefined)
{
    static const double bad[] = {0, -1e-9, NAN, INFINITY};
    double expected[VALUES], weights[40] = {0};
    for (size_t i = 0; i < VALUES; i++)
        expected[i] = NAN;
    if (_i >= 2)
        for (size_t j = 0; j < 40; j++)
            weights[j] = 1;
    weights[17] = bad[_i / 2];
    coverage_row row = row_of(weights, 40, _i % 2);
    expect_row(&row, expected, 0);
    row.count = row.keys = 0;
    expect_row(&row, expected, 0);
}
END_TEST

/* Weights beyond the last bin, subnormal ones and those of any scale. */
START_TEST(wide_range)
{
    double weights[200], out[VALUES];
    for (size_t j = 0; j < 200; j++)
        weights[j] = ldexp(1, _i % 2 ? -(int)j / 2 - 20 : -3 * (int)j);
    coverage_row row = row_of(weights, 200, _i % 2);
    measure(&row, out);
    for (size_t i = 0; i < plan.shares; i++)
        expect_relative(out[i], coverage_keys(&row, plan.share[i]), 0);
    for (size_t i = 0; i < plan.tops; i++)
        expect_relative(out[6 + i],
                        coverage_largest(&row, plan.top[i]) / row.total, 1e-15);
    expect_relative(out[11], coverage_gini(&row), 1e-15);
}
END_TEST

/* Against the sorted row. R_k has no more error than its sums. */
START_TEST(random_rows)
{
    for (uint32_t i = 0; i < COVERAGE_ROWS; i++) {
        coverage_row row = coverage_draw(i);
        double out[VALUES];
        measure(&row, out);
        for (size_t s = 0; s < plan.shares; s++)
            expect_relative(out[s], coverage_keys(&row, plan.share[s]), 0);
        for (size_t s = 0; s < plan.tops; s++) {
            size_t k = plan.top[s];
            double sum = k < row.keys ? coverage_largest(&row, k) : row.total;
            expect_relative(out[6 + s], sum / row.total, 1e-13);
        }
        expect_absolute(out[11], coverage_gini(&row), 1e-13);
    }
}
END_TEST

/* Inequalities that hold for any row. */
START_TEST(inequalities)
{
    for (uint32_t i = 0; i < COVERAGE_ROWS; i++) {
        coverage_row row = coverage_draw(i);
        double out[VALUES], m = (double)row.keys;
        double slack = lln_coverage_slack(coverage_precision(&row));
        measure(&row, out);
        for (size_t s = 0; s < plan.shares; s++) {
            double p = plan.share[s] - slack;
            size_t k = (size_t)out[s];
            ck_assert(out[s] >= 1 && out[s] <= m);
            ck_assert(out[s] <= ceil(plan.share[s] * m));
            ck_assert(s == 0 || out[s] >= out[s - 1]);
            ck_assert(coverage_largest(&row, k) >= (p - 1e-13) * row.total);
            ck_assert(coverage_largest(&row, k - 1) < (p + 1e-13) * row.total);
        }
        for (size_t s = 0; s < plan.tops; s++) {
            double k = (double)plan.top[s], recall = out[6 + s];
            ck_assert(recall <= 1 && recall >= fmin(1, k / m) - 1e-13);
            ck_assert(s == 0 || recall >= out[5 + s]);
            ck_assert(recall <= fmin(1, k * out[6]) + 1e-13);
        }
        ck_assert(out[11] >= -1e-13 && out[11] <= 1 - 1 / m + 1e-13);
    }
}
END_TEST

/* The middle of the bracket is within half its width of the exact value. */
START_TEST(middle)
{
    for (uint32_t i = 0; i < COVERAGE_ROWS; i++) {
        coverage_row row = coverage_draw(i);
        static lln_coverage_bins bins;
        static lln_coverage_counters counters;
        static uint8_t index[COVERAGE_LONGEST];
        double exact[VALUES], out[VALUES], half[VALUES];
        row.count = row.keys; /* without hidden keys, in descending order */
        memcpy(row.weights, row.sorted, sizeof row.weights);
        coverage_finish(&row);
        measure(&row, exact);
        lln_coverage_bins_start(coverage_precision(&row), row.sorted[0], 0,
                                &bins);
        lln_coverage_bins_add(&bins, coverage_weights(&row), row.count, index,
                              &counters);
        lln_coverage_middle(&plan, &bins, (double)row.keys, row.total, out,
                            half);
        for (size_t v = 0; v < VALUES; v++)
            ck_assert_msg(fabs(out[v] - exact[v]) <= half[v] + 1e-13,
                          "row %u, value %zu: %.17g +- %.3g, exact %.17g", i, v,
                          out[v], half[v], exact[v]);
    }
}
END_TEST

START_TEST(middle_undefined)
{
    lln_coverage_bins bins;
    double out[VALUES], half[VALUES];
    lln_coverage_bins_start(LLN_FLOAT64, 1, 0, &bins);
    lln_coverage_middle(&plan, &bins, 3, 0, out, half);
    for (size_t i = 0; i < VALUES; i++)
        ck_assert(isnan(out[i]) && isnan(half[i]));
}
END_TEST

START_TEST(size)
{
    const lln_coverage_plan none = {0};
    ck_assert_uint_eq(lln_coverage_size(&plan), VALUES);
    ck_assert_uint_eq(lln_coverage_size(&none), 0);
    lln_coverage_room_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("coverage_row");
    TCase *rows = tcase_create("lln_coverage_row");
    tcase_set_timeout(rows, 60);
    tcase_add_loop_test(rows, uniform, 0, 14);
    tcase_add_loop_test(rows, one_hot, 0, 2);
    tcase_add_loop_test(rows, two_keys, 0, 2);
    tcase_add_loop_test(rows, ties, 0, 2);
    tcase_add_loop_test(rows, hidden_keys, 0, 2);
    tcase_add_loop_test(rows, undefined, 0, 8);
    tcase_add_loop_test(rows, wide_range, 0, 2);
    tcase_add_test(rows, random_rows);
    tcase_add_test(rows, inequalities);
    suite_add_tcase(suite, rows);
    TCase *middles = tcase_create("lln_coverage_middle");
    tcase_set_timeout(middles, 60);
    tcase_add_test(middles, middle);
    tcase_add_test(middles, middle_undefined);
    tcase_add_test(middles, size);
    suite_add_tcase(suite, middles);
    return run_suite(suite);
}
