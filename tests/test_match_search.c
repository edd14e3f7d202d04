/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The search on functions with known roots, and the rows that stand for all
 * on a head where their figure is the log-variance itself. */
#include "cases.h"
#include "match/search.h"
#include "match/strata.h"

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

/* A power law is straight in the logarithms: two evaluations with the right
 * slope, few with another one. */
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

/* Next to nothing below s = 1, s^3 from there. */
static lln_status cliff(void *context, double s, double *value)
{
    ++*(size_t *)context;
    *value = s < 1 ? 1e-18 * s : s * s * s;
    return LLN_OK;
}

/* A first guess that is 3000 times too small, on a function that says nothing
 * about where it rises: heads of nearly equal keys have such a D2. */
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
    ck_assert_str_eq(
        lln_error_message(),
        "match: no alpha and beta reach hump 0.4; the largest found "
        "is 0.367879441, at alpha sigma_q = 1");
    search.value = refuse;
    expect_status(lln_search_root(&search, &x, &slope, &excess),
                  LLN_EINTERRUPTED);
}
END_TEST

enum { N = 640, D = 2, COUNT = 10 };

/* Queries (c, -c) with c from 0 to 3: the figure of a row grows with c from
 * half the variance of the keys' feature to all of it, so that strata are runs
 * of 64 rows and their middle rows 32, 96, ... stand for them. Shuffled by
 * i -> 37 i mod N, the choice is shuffled alike. */
START_TEST(strata_in_order)
{
    static double q[N * D], k[N * D];
    size_t rows[COUNT];
    bool wanted[N] = {false};
    for (size_t i = 0; i < N; i++) {
        size_t at = _i ? 37 * i % N : i;
        q[at * D] = 3.0 * (double)i / N;
        q[at * D + 1] = -q[at * D];
        k[i * D] = sin((double)i);
        k[i * D + 1] = cos((double)i);
        if (i % 64 == 32)
            wanted[at] = true;
    }
    lln_head head = {.q = {LLN_FLOAT64, N, D, q}, .k = {LLN_FLOAT64, N, D, k}};
    expect_ok(lln_strata_choose(&head, 1, 1e-3, COUNT, rows));
    for (size_t i = 0; i < COUNT; i++) {
        ck_assert_msg(wanted[rows[i]], "row %zu", rows[i]);
        ck_assert(i == 0 || rows[i] > rows[i - 1]);
    }
}
END_TEST

/* Every second row sees other things: it is chosen as often as the rest,
 * among rows of equal figures too. */
START_TEST(strata_period)
{
    enum { MANY = 32768 };
    double *q = calloc(MANY * D, sizeof *q), k[N * D];
    size_t rows[200], odd = 0;
    for (size_t i = 0; i < MANY; i++) {
        q[i * D + i % 2] = _i ? 3 : (double)(i % 2);
        k[i % N * D] = k[i % N * D + 1] = sin((double)(i % N));
    }
    lln_head head = {.q = {LLN_FLOAT64, MANY, D, q},
                     .k = {LLN_FLOAT64, N, D, k}};
    expect_ok(lln_strata_choose(&head, 1, 1e-3, 200, rows));
    for (size_t i = 0; i < 200; i++)
        odd += rows[i] % 2;
    ck_assert(odd > 70 && odd < 130);
    free(q);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match_search");
    TCase *search = tcase_create("search");
    tcase_add_loop_test(search, root_of_power, 0, 3);
    tcase_add_test(search, root_of_hump);
    tcase_add_test(search, root_far_above);
    suite_add_tcase(suite, search);
    TCase *strata = tcase_create("strata");
    tcase_add_loop_test(strata, strata_in_order, 0, 2);
    tcase_add_loop_test(strata, strata_period, 0, 2);
    suite_add_tcase(suite, strata);
    return run_suite(suite);
}
