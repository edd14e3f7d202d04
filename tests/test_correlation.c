/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/correlation.h"

#include "head_cases.h"

/* scipy 1.10: stats.rankdata([3, 1, 3, -2, 3, 1]). */
START_TEST(ranks_ties)
{
    static const double x[] = {3, 1, 3, -2, 3, 1};
    static const double wanted[] = {5, 2.5, 5, 1, 5, 2.5};
    double ranks[6];
    expect_ok(lln_correlation_ranks(x, 6, ranks));
    for (size_t i = 0; i < 6; i++)
        ck_assert(ranks[i] == wanted[i]);
    expect_ok(lln_correlation_ranks(x, 0, ranks));
}
END_TEST

/* Against counts of smaller and equal values, for lengths around powers of
 * two. */
START_TEST(ranks_counted)
{
    static const size_t counts[] = {1, 2, 3, 31, 32, 33, 100};
    double x[100] = {0}, ranks[100];
    size_t count = counts[_i];
    for (size_t i = 0; i < count; i++)
        x[i] = (double)(lln_random_number(8, i) % 40);
    expect_ok(lln_correlation_ranks(x, count, ranks));
    for (size_t i = 0; i < count; i++) {
        double below = 0, equal = 0;
        for (size_t j = 0; j < count; j++) {
            below += x[j] < x[i];
            equal += x[j] == x[i];
        }
        ck_assert(ranks[i] == below + (equal + 1) / 2);
    }
}
END_TEST

/* x = 1, 2, 3, 4 and y = x^2: by hand, Sxy = 25, Sxx = 5, Syy = 129, so
 * Pearson 25 / sqrt(645); the ranks agree. */
START_TEST(measure_squares)
{
    static const double x[] = {1, 2, 3, 4}, y[] = {1, 4, 9, 16};
    lln_correlation out;
    expect_ok(lln_correlation_measure(x, 0, y, 0, 4, 4, &out));
    expect_relative(out.pearson, 25 / sqrt(645), 1e-15);
    expect_relative(out.spearman, 1, 1e-15);
    ck_assert(out.pearson_error == 0 && out.spearman_error == 0);
    expect_ok(lln_correlation_measure(x, 0, y, 0, 3, 30, &out));
    ck_assert(out.pearson_error > 0 && isnan(out.spearman_error));
}
END_TEST

/* scipy 1.10, stats.pearsonr and stats.spearmanr:
 *     x = [0.3, -1.2, 2.5, 2.5, 0.1, -0.7]; y = [1, 4, -2, -3, 0.5, 4] */
START_TEST(measure_ties)
{
    static const double x[] = {0.3, -1.2, 2.5, 2.5, 0.1, -0.7};
    static const double y[] = {1, 4, -2, -3, 0.5, 4};
    lln_correlation out;
    expect_ok(lln_correlation_measure(x, 0, y, 0, 6, 6, &out));
    expect_relative(out.pearson, -0.966960505985856, 1e-14);
    expect_relative(out.spearman, -0.9117647058823529, 1e-14);
}
END_TEST

/* The size of the values does not matter, even where their squares overflow or
 * underflow. */
START_TEST(measure_units)
{
    static const double x[] = {1, 2, 3, 4}, y[] = {4, 2, 9, 16};
    double large[4], small[4];
    lln_correlation plain, out;
    for (size_t i = 0; i < 4; i++) {
        large[i] = 1e200 * x[i];
        small[i] = 1e-200 * y[i];
    }
    expect_ok(lln_correlation_measure(x, 0, y, 0, 4, 4, &plain));
    expect_ok(lln_correlation_measure(large, 0, small, 0, 4, 4, &out));
    expect_relative(out.pearson, plain.pearson, 1e-14);
}
END_TEST

static void expect_undefined(const double *x, double rounding, const double *y,
                             size_t count)
{
    lln_correlation out;
    expect_ok(lln_correlation_measure(x, rounding, y, 0, count, count, &out));
    ck_assert(isnan(out.pearson) && isnan(out.spearman));
    ck_assert(isnan(out.pearson_error) && isnan(out.spearman_error));
    expect_ok(lln_correlation_measure(y, 0, x, rounding, count, count, &out));
    ck_assert(isnan(out.pearson) && isnan(out.spearman));
}

START_TEST(measure_undefined)
{
    static const double y[] = {4, 2, 9}, same[] = {2, 2, 2};
    static const double near[] = {1, 1 + 1e-15, 1}, none[] = {1, NAN, 2};
    static const double infinite[] = {1, INFINITY, 2};
    expect_undefined(same, 0, y, 3);
    expect_undefined(near, 2e-15, y, 3);
    expect_undefined(none, 0, y, 3);
    expect_undefined(infinite, 0, y, 3);
    expect_undefined(y, 0, y, 1);
    expect_undefined(y, 0, y, 0);
}
END_TEST

/* The errors equal the spread of the correlation over 2000 draws of 200 of 800
 * rows. The spread of 2000 values is known to 1.6 %; the formula of Spearman's
 * is an approximation. */
START_TEST(measure_errors)
{
    enum { N = 800, K = 200, DRAWS = 2000 };
    static double x[N], y[N];
    double some_x[K], some_y[K], p = 0, s = 0, claimed_p = 0, claimed_s = 0;
    lln_correlation all, out;
    draw_numbers(1, N, 1, x);
    draw_numbers(2, N, 1, y);
    for (size_t i = 0; i < N; i++)
        y[i] -= 0.7 * x[i];
    expect_ok(lln_correlation_measure(x, 0, y, 0, N, N, &all));
    for (uint64_t t = 0; t < DRAWS; t++) {
        size_t taken = 0;
        for (size_t i = 0; taken < K; i++) { /* selection sampling */
            double u = (double)(lln_random_number(9 + t, i) >> 11) * 0x1p-53;
            if (u * (double)(N - i) >= (double)(K - taken))
                continue;
            some_x[taken] = x[i];
            some_y[taken++] = y[i];
        }
        expect_ok(lln_correlation_measure(some_x, 0, some_y, 0, K, N, &out));
        p += pow(out.pearson - all.pearson, 2) / DRAWS;
        s += pow(out.spearman - all.spearman, 2) / DRAWS;
        claimed_p += out.pearson_error / DRAWS;
        claimed_s += out.spearman_error / DRAWS;
    }
    expect_relative(claimed_p, sqrt(p), 0.06);
    expect_relative(claimed_s, sqrt(s), 0.1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("correlation");
    TCase *all = tcase_create("correlation");
    tcase_add_test(all, ranks_ties);
    tcase_add_loop_test(all, ranks_counted, 0, 7);
    tcase_add_test(all, measure_squares);
    tcase_add_test(all, measure_ties);
    tcase_add_test(all, measure_units);
    tcase_add_test(all, measure_undefined);
    tcase_add_test(all, measure_errors);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
