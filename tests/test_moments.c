/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Mergeable central moments against a plain two-pass sum. */
#include "core/moments.h"
#include "expect.h"

static const double values[] = {2.385,  -1.125, 7.75, 3.0625, 11.5,
                                -4.875, 0.1875, 2.5,  9.25,   -0.625};
enum { COUNT = 10 };

static lln_moments from_sums(size_t first, size_t end, double center)
{
    double power[5] = {0};
    for (size_t i = first; i < end; i++)
        for (int r = 1; r < 5; r++)
            power[r] += pow(values[i] - center, r);
    return lln_moments_from_sums((double)(end - first), center, power);
}

/* Sums about the exact mean in rational arithmetic: Python,
 * v = [Fraction(str(x)) ...]; m = sum(v)/10; sum((x-m)**r for x in v). */
static void check_all(lln_moments m)
{
    expect_relative(m.count, COUNT, 0);
    expect_relative(m.mean, 3.001, 1e-14);
    expect_relative(m.m2, 234.5891525, 1e-13);
    expect_relative(m.m3, 335.93178822, 1e-12);
    expect_relative(m.m4, 11624.584082792899, 1e-13);
}

START_TEST(from_sums_centers)
{
    check_all(from_sums(0, COUNT, 0));
    check_all(from_sums(0, COUNT, 3.5));
}
END_TEST

START_TEST(merge_parts)
{
    for (size_t cut = 1; cut < COUNT; cut++) {
        lln_moments a = from_sums(0, cut, 1), b = from_sums(cut, COUNT, 2);
        lln_moments_merge(&a, &b);
        check_all(a);
    }
}
END_TEST

START_TEST(add_parts)
{
    for (size_t cut = 0; cut <= COUNT; cut++) {
        lln_moments a = {0};
        lln_moments_add(&a, values, cut);
        lln_moments_add(&a, values + cut, COUNT - cut);
        check_all(a);
    }
}
END_TEST

/* 0.1 times a count is not the sum of that many 0.1. */
START_TEST(add_equal)
{
    double x[1000];
    lln_moments a = {0};
    for (int i = 0; i < 1000; i++)
        x[i] = 0.1;
    for (size_t count = 1; count <= 1000; count *= 3)
        lln_moments_add(&a, x, count);
    ck_assert(a.mean == 0.1 && a.m2 == 0 && a.m3 == 0 && a.m4 == 0);
}
END_TEST

/* A spread of 2^-10 about 1 counts if values are known better than that. */
START_TEST(settle_spread)
{
    double x[] = {1 - 0x1p-10, 1 + 0x1p-10, 1 - 0x1p-10, 1 + 0x1p-10};
    lln_moments a = {0}, none = {0}, unknown = {4, 1, NAN, 1, 1};
    lln_moments_add(&a, x, 4);
    lln_moments_settle(&a, 0x1.ffp-11);
    ck_assert(a.m2 == 0x1p-18 && a.m4 == 0x1p-38);
    lln_moments_settle(&a, 0x1p-10);
    ck_assert(a.m2 == 0 && a.m3 == 0 && a.m4 == 0);
    ck_assert(a.mean == 1 && a.count == 4);
    lln_moments_settle(&none, 1);
    ck_assert(none.count == 0 && none.m2 == 0);
    lln_moments_settle(&unknown, 1);
    ck_assert(isnan(unknown.m2));
    a.m2 = -0x1p-60; /* as sums about a distant center have it */
    lln_moments_settle(&a, 0);
    ck_assert(a.m2 == 0);
}
END_TEST

START_TEST(merge_empty)
{
    lln_moments none = {0}, all = from_sums(0, COUNT, 3);
    lln_moments_merge(&all, &none);
    check_all(all);
    lln_moments_merge(&none, &all);
    check_all(none);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("moments");
    TCase *moments = tcase_create("moments");
    tcase_add_test(moments, from_sums_centers);
    tcase_add_test(moments, merge_parts);
    tcase_add_test(moments, add_parts);
    tcase_add_test(moments, add_equal);
    tcase_add_test(moments, settle_spread);
    tcase_add_test(moments, merge_empty);
    suite_add_tcase(suite, moments);
    return run_suite(suite);
}
