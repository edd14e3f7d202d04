/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The search on functions with known roots. */
#include "match/search.h"

#include "expect.h"

/* s^3 */
static lln_status cube(void *context, double s, double *value)
{
    ++*(size_t *)context;
    *value = s * s * s;
    return LLN_OK;
}

/* A hump: s e^-s, largest at s = 1. */
static lln_status hump(void *context, double s, double *value)
{
    ++*(size_t *)context;
    *value = s * exp(-s);
    return LLN_OK;
}

static lln_status refuse(void *context, double s, double *value)
{
    (void)context;
    (void)s;
    (void)value;
    return lln_fail(LLN_EINTERRUPTED, "interrupted");
}

/* A power law is a straight line in logarithms: two evaluations with the
 * correct slope, a few with another one. */
START_TEST(root_of_power)
{
    static const double slopes[] = {3, 2, 4.5};
    size_t calls = 0;
    static lln_search search;
    search = (lln_search){"cube", cube, &calls, 20, 1e-13, {{0, 0}}, 0, LLN_OK};
    double x = 0, slope = slopes[_i], excess = NAN;
    expect_ok(lln_search_root(&search, &x, &slope, &excess));
    expect_relative(exp(x), cbrt(20), 1e-13);
    expect_absolute(excess, 0, 1e-13);
    expect_relative(slope, 3, 1e-6);
    ck_assert_uint_le(calls, _i == 0 ? 2 : 8);
}
END_TEST

/* Almost 0 below s = 1, s^3 from there on. */
static lln_status cliff(void *context, double s, double *value)
{
    ++*(size_t *)context;
    *value = s < 1 ? 1e-18 * s : s * s * s;
    return LLN_OK;
}

/* A first guess that is 3000 times too small, on a function that does not show
 * where it rises. Heads with nearly equal keys have such a D2. */
START_TEST(root_far_above)
{
    size_t calls = 0;
    static lln_search search;
    search =
        (lln_search){"cliff", cliff, &calls, 20, 1e-12, {{0, 0}}, 0, LLN_OK};
    double x = log(0.001), slope = 2, excess;
    expect_ok(lln_search_root(&search, &x, &slope, &excess));
    expect_relative(exp(x), cbrt(20), 1e-12);
}
END_TEST

/* s e^-s = 0.3 has the roots 0.48940222718021494 and 1.7813370234216277
 * (-W(-0.3) on both branches, scipy.special.lambertw); above 1/e there is none.
 */
START_TEST(root_of_hump)
{
    size_t calls = 0;
    static lln_search search;
    search =
        (lln_search){"hump", hump, &calls, 0.3, 1e-12, {{0, 0}}, 0, LLN_OK};
    double x = log(0.1), slope = 1, excess;
    expect_ok(lln_search_root(&search, &x, &slope, &excess));
    ck_assert_msg(fabs(exp(x) - 0.48940222718021494) < 1e-9 ||
                      fabs(exp(x) - 1.7813370234216277) < 1e-9,
                  "%.17g", exp(x));
    search.target = 0.4;
    expect_status(lln_search_root(&search, &x, &slope, &excess), LLN_ENOCONV);
    ck_assert_str_eq(lln_error_message(),
                     "no alpha and beta reach hump 0.4; the largest found "
                     "is 0.367879441, at beta sigma_k = 1");
    expect_relative(exp(x), 1, 1e-3);
    expect_relative(excess, log(exp(-1) / 0.4), 1e-6);
    search.value = refuse;
    expect_status(lln_search_root(&search, &x, &slope, &excess),
                  LLN_EINTERRUPTED);
}
END_TEST

/* The roots of the hump, each found from the other. */
START_TEST(scan_of_hump)
{
    static const double roots[] = {0.48940222718021494, 1.7813370234216277};
    size_t calls = 0, count;
    static lln_search search;
    lln_search_interval intervals[3];
    search =
        (lln_search){"hump", hump, &calls, 0.3, 1e-12, {{0, 0}}, 0, LLN_OK};
    double x, excess;
    expect_ok(lln_search_scan(&search, log(roots[_i]), intervals, 3, &count));
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_le(calls, 30);
    expect_ok(lln_search_between(&search, intervals[0], &x, &excess));
    expect_relative(exp(x), roots[1 - _i], 1e-9);
    expect_ok(lln_search_scan(&search, log(roots[_i]), intervals, 0, &count));
    ck_assert_uint_eq(count, 0);
    intervals[0] = (lln_search_interval){-2, -1};
    expect_status(lln_search_between(&search, intervals[0], &x, &excess),
                  LLN_ENOCONV);
    search.value = refuse;
    expect_status(lln_search_scan(&search, 0, intervals, 3, &count),
                  LLN_EINTERRUPTED);
    expect_status(lln_search_between(&search, intervals[0], &x, &excess),
                  LLN_EINTERRUPTED);
}
END_TEST

/* A function that increases has one root, and a start far outside the grid is
 * legal. */
START_TEST(scan_of_power)
{
    size_t calls = 0, count;
    static lln_search search;
    lln_search_interval intervals[3];
    search = (lln_search){"cube", cube, &calls, 20, 1e-13, {{0, 0}}, 0, LLN_OK};
    expect_ok(lln_search_scan(&search, log(20) / 3, intervals, 3, &count));
    ck_assert_uint_eq(count, 0);
    search.target = 1e30;
    expect_ok(lln_search_scan(&search, log(1e10), intervals, 3, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("search");
    TCase *search = tcase_create("search");
    tcase_add_loop_test(search, root_of_power, 0, 3);
    tcase_add_test(search, root_of_hump);
    tcase_add_loop_test(search, scan_of_hump, 0, 2);
    tcase_add_test(search, scan_of_power);
    tcase_add_test(search, root_far_above);
    suite_add_tcase(suite, search);
    return run_suite(suite);
}
