/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Selection of the largest entries of a row, and their order in another row,
 * against slow versions. */
#include "measure/row_top.h"

#include "head_cases.h"

enum { MOST = 5000 };

static double x[MOST], y[MOST];
static float single[MOST];

/* Rows of many sizes: normal, all equal, few values, infinitely low, ascending,
 * descending, and powers of 10 from 1e-30. */
enum { KINDS = 7 };

static void draw_row(size_t kind, size_t count)
{
    draw_numbers(17 + kind, count, 3, x);
    for (size_t j = 0; j < count; j++) {
        if (kind == 1)
            x[j] = -2.5;
        if (kind == 2)
            x[j] = rint(x[j] / 2);
        if (kind == 3 && j % 3 > 0)
            x[j] = -1e30;
        if (kind == 4)
            x[j] = (double)j;
        if (kind == 5)
            x[j] = -(double)j;
        if (kind == 6)
            x[j] = pow(10, 3 * x[j] - 20);
        single[j] = (float)x[j];
        x[j] = (double)single[j];
    }
}

/* The number of keys that come before key j. */
static size_t rank_of(size_t count, size_t j)
{
    size_t before = 0;
    for (size_t l = 0; l < count; l++)
        before += x[l] > x[j] || (x[l] == x[j] && l < j);
    return before;
}

static void check_row(size_t count, size_t top)
{
    size_t keys[LLN_ROW_TOP], of_single[LLN_ROW_TOP];
    ck_assert_uint_eq(lln_row_top_f64(x, count, top, keys), top);
    ck_assert_uint_eq(lln_row_top_f32(single, count, top, of_single), top);
    for (size_t i = 0; i < top; i++)
        if (rank_of(count, keys[i]) != i || of_single[i] != keys[i])
            ck_abort_msg("%zu of %zu: key %zu has rank %zu", i, count, keys[i],
                         rank_of(count, keys[i]));
}

START_TEST(top_slow)
{
    static const size_t counts[] = {1, 2, 15, 16, 17, 255, 1024, 4097, MOST};
    static const size_t tops[] = {1, 2, 10, 100, 256};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        draw_row((size_t)_i, counts[c]);
        for (size_t t = 0; t < sizeof tops / sizeof *tops; t++)
            check_row(counts[c], tops[t] < counts[c] ? tops[t] : counts[c]);
    }
}
END_TEST

/* NaN is no key: fewer are found, in whatever place it is. */
START_TEST(top_nan)
{
    const double first[] = {NAN, 2, 1}, last[] = {1, 2, NAN};
    size_t keys[3];
    ck_assert_uint_le(lln_row_top_f64(first, 3, 3, keys), 2);
    ck_assert_uint_eq(lln_row_top_f64(last, 3, 3, keys), 2);
}
END_TEST

/* Keys that differ by a multiple of 4096, too. */
START_TEST(common)
{
    const size_t keys[] = {3, 0, 4099, 9000}, others[] = {4099, 9000, 1};
    ck_assert_uint_eq(lln_row_common(keys, 4, others, 3), 2);
    ck_assert_uint_eq(lln_row_common(others, 3, keys, 4), 2);
    ck_assert_uint_eq(lln_row_common(keys, 1, others, 3), 0);
    ck_assert_uint_eq(lln_row_common(keys, 0, others, 3), 0);
}
END_TEST

/* By counting all pairs; r in descending order with equal values. */
static double slow_order(const double *p, const double *r, size_t count)
{
    double pairs = 0, sum = 0;
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b < count; b++)
            if (r[a] > r[b]) {
                pairs++;
                sum += (p[a] > p[b]) - (p[a] < p[b]);
            }
    return pairs > 0 ? sum / pairs : NAN;
}

START_TEST(order)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        size_t count = 1 + (size_t)(seed * 37 % 256);
        draw_numbers(seed, count, 2, x);
        for (size_t j = 0; j < count; j++) {
            x[j] = seed % 2 ? rint(x[j]) : x[j];
            y[j] = -(double)(seed % 3 ? j / (1 + seed % 7) : j);
        }
        double slow = slow_order(x, y, count);
        expect_relative(lln_row_order(x, y, count), slow, 1e-15);
    }
    const double equal[] = {1, 1, 1}, other[] = {1, 2, 3};
    ck_assert(isnan(lln_row_order(other, equal, 3)));
    ck_assert(isnan(lln_row_order(other, equal, 0)));
    ck_assert(lln_row_order(other, (double[]){3, 2, 1}, 3) == -1);
    ck_assert(lln_row_order(equal, (double[]){3, 2, 1}, 3) == 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("row_top");
    TCase *top = tcase_create("lln_row_top");
    tcase_add_loop_test(top, top_slow, 0, KINDS);
    tcase_add_test(top, top_nan);
    tcase_add_test(top, common);
    suite_add_tcase(suite, top);
    TCase *pairs = tcase_create("lln_row_order");
    tcase_add_test(pairs, order);
    suite_add_tcase(suite, pairs);
    return run_suite(suite);
}
