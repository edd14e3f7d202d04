/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sums of a row that comes in parts, against plain sums over all its
 * scores. */
#include "measure/row_state.h"

#include <math.h>

#include "expect.h"

enum { COUNT = 11 };

/* As logarithms; the largest comes last and twice. */
static const double SCORES[COUNT] = {-1.385, 0.25,  -3.625, 0.25,  1.875, -0.5,
                                     1.875,  2.385, -7.25,  2.625, 2.625};

/* Adds the first `count` scores in parts of `part`; kept [count]. */
static lln_row_state add_parts(size_t count, size_t part, lln_tile_kind kind,
                               double *kept)
{
    lln_row_state row = {0};
    bool linear = kind.domain == LLN_DOMAIN_LINEAR;
    for (size_t i = 0; i < count; i += part) {
        double scores[COUNT];
        float singles[COUNT], kept_singles[COUNT];
        size_t here = count - i < part ? count - i : part;
        for (size_t j = 0; j < here; j++) {
            scores[j] = linear ? exp(SCORES[i + j]) : SCORES[i + j];
            singles[j] = (float)scores[j];
        }
        lln_row_state_add(kind.single ? (void *)singles : scores, here, kind,
                          kind.single ? (void *)kept_singles : kept + i, NULL,
                          NULL, &row);
        for (size_t j = 0; kind.single && j < here; j++)
            kept[i + j] = (double)kept_singles[j];
    }
    return row;
}

static void expect_sums(size_t count, const lln_row_state *row,
                        double tolerance)
{
    double max = -INFINITY, ties = 0, rest = 0, slope = 0, square = 0;
    for (size_t j = 0; j < count; j++)
        max = fmax(max, SCORES[j]);
    for (size_t j = 0; j < count; j++) {
        double y = SCORES[j] - max;
        ties += y == 0;
        rest += y < 0 ? exp(y) : 0;
        slope += -y * exp(y);
        square += y < 0 ? exp(2 * y) : 0;
    }
    ck_assert_double_eq(row->count, (double)count);
    ck_assert_double_eq(row->ties, ties);
    expect_relative(row->max, max, tolerance);
    expect_relative(row->rest, rest, tolerance);
    expect_relative(row->slope, slope, tolerance);
    expect_relative(row->square, square, tolerance);
}

static void expect_moments(size_t count, const lln_moments *moments,
                           double tolerance)
{
    lln_moments all = {0};
    lln_moments_add(&all, SCORES, count);
    expect_relative(moments->mean, all.mean, tolerance);
    expect_relative(moments->m2, all.m2, tolerance);
    expect_relative(moments->m3, all.m3, tolerance);
    expect_relative(moments->m4, all.m4, tolerance);
}

/* Both domains and precisions; parts of 1 to 11 scores. */
START_TEST(add_parts_of_any_length)
{
    lln_tile_kind kind = {_i & 1 ? LLN_DOMAIN_LINEAR : LLN_DOMAIN_LOG,
                          (_i & 2) != 0, true, false, false};
    double tolerance = kind.single ? 2e-6 : 1e-14;
    for (size_t part = 1; part <= COUNT; part++) {
        double kept[COUNT];
        lln_row_state row = add_parts(COUNT, part, kind, kept);
        expect_sums(COUNT, &row, tolerance);
        expect_moments(COUNT, &row.moments, 10 * tolerance);
        for (size_t j = 0; j < COUNT; j++)
            expect_absolute(kept[j], SCORES[j], tolerance * 10);
    }
}
END_TEST

START_TEST(add_one_score)
{
    double kept[1];
    lln_tile_kind kind = {LLN_DOMAIN_LOG, false, true, false, false};
    lln_row_state row = add_parts(1, 1, kind, kept);
    ck_assert_double_eq(row.ties, 1);
    ck_assert_double_eq(row.rest, 0);
    ck_assert_double_eq(row.slope, 0);
    ck_assert_double_eq(row.square, 0);
    ck_assert_double_eq(row.moments.mean, SCORES[0]);
    ck_assert_double_eq(row.moments.m2, 0);
}
END_TEST

/* Without moments the sums are the same, and none are computed. */
START_TEST(add_without_moments)
{
    double kept[COUNT];
    lln_row_state row = add_parts(
        COUNT, 4, (lln_tile_kind){LLN_DOMAIN_LOG, false, false, false, false},
        kept);
    expect_sums(COUNT, &row, 1e-14);
    ck_assert_double_eq(row.moments.count, 0);
}
END_TEST

/* The variance of y weighted by exp(y), and the smallest score; also if all but
 * one score are nearly equal and far below the largest, which has no weight. */
static void expect_shape(const double *scores, size_t count, size_t part,
                         lln_tile_kind kind, double tolerance)
{
    lln_row_state row = {0};
    double sum = 0, mean = 0, spread = 0, max = -INFINITY, least = INFINITY;
    for (size_t j = 0; j < count; j++) {
        max = fmax(max, scores[j]);
        least = fmin(least, scores[j]);
    }
    for (size_t j = 0; j < count; j++) {
        sum += exp(scores[j] - max);
        mean += exp(scores[j] - max) * (scores[j] - max);
    }
    mean /= sum;
    for (size_t j = 0; j < count; j++)
        spread += exp(scores[j] - max) * pow(scores[j] - max - mean, 2);
    for (size_t i = 0; i < count; i += part) {
        double full[64];
        float single[64];
        size_t here = count - i < part ? count - i : part;
        for (size_t j = 0; j < here; j++) {
            bool linear = kind.domain == LLN_DOMAIN_LINEAR;
            full[j] = linear ? exp(scores[i + j]) : scores[i + j];
            single[j] = (float)full[j];
        }
        lln_row_state_add(kind.single ? (void *)single : full, here, kind, NULL,
                          NULL, NULL, &row);
    }
    expect_relative(row.spread / (row.ties + row.rest), spread / sum,
                    tolerance);
    expect_absolute(row.mean, mean, tolerance * (1 + fabs(mean)));
    expect_absolute(row.smallest, least, 10 * tolerance);
}

START_TEST(add_shape)
{
    lln_tile_kind kind = {_i & 1 ? LLN_DOMAIN_LINEAR : LLN_DOMAIN_LOG,
                          (_i & 2) != 0, true, true, false};
    double flat[60];
    for (size_t j = 0; j < 60; j++) /* exact in float32 */
        flat[j] = 0.0009765625 * (double)(j * j % 17);
    for (size_t part = 1; part <= COUNT; part++) {
        expect_shape(SCORES, COUNT, part, kind, kind.single ? 4e-6 : 1e-13);
        if (kind.domain == LLN_DOMAIN_LOG)
            expect_shape(flat, 60, 5 * part, kind, kind.single ? 4e-6 : 1e-13);
    }
    flat[31] = 20;
    flat[57] = -3;
    if (!kind.single && kind.domain == LLN_DOMAIN_LOG)
        expect_shape(flat, 60, 20, kind, 1e-12);
    flat[31] = -20; /* after tiles in which all are equal */
    if (kind.domain == LLN_DOMAIN_LOG)
        expect_shape(flat, 60, 20, kind, kind.single ? 1e-5 : 1e-13);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("row_state");
    TCase *add = tcase_create("row_state_add");
    tcase_add_loop_test(add, add_parts_of_any_length, 0, 4);
    tcase_add_loop_test(add, add_shape, 0, 4);
    tcase_add_test(add, add_one_score);
    tcase_add_test(add, add_without_moments);
    suite_add_tcase(suite, add);
    return run_suite(suite);
}
