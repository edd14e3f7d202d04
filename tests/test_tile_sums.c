/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loops over scores against plain sums in long double. */
#include "measure/tile_sums.h"

#include <string.h>

#include "head_cases.h"

enum { MOST = 512 };

/* Lengths close to those of vectors, and a complete tile. */
static const size_t counts[] = {1, 2, 3, 7, 8, 9, 17, 100, 511, MOST};
enum { COUNTS = sizeof counts / sizeof *counts };

/* Errors of sums of up to 512 terms, relative to the sum of their sizes. */
static const double SINGLE = 4e-6, FULL = 4e-15;

/* Scores in both precisions: logs, or their exponentials. */
static void draw_scores(size_t count, bool linear, float *single, double *full)
{
    draw_numbers(count + 31, count, 1.7, full);
    for (size_t i = 0; i < count; i++) {
        single[i] = (float)(linear ? exp(full[i]) : full[i]);
        full[i] = (double)single[i];
    }
}

/* Sums over scores s as logs relative to the largest, and the sum of the sizes
 * of the terms of each power. */
typedef struct {
    long double rest, slope, square, power[5], size[5];
} plain_sums;

static plain_sums slow_sums(const double *scores, size_t count, bool linear,
                            double reference, double center)
{
    plain_sums out = {0};
    long double max = linear ? logl(reference) : (long double)reference;
    for (size_t i = 0; i < count; i++) {
        long double s = linear ? logl(scores[i]) : (long double)scores[i];
        long double w = expl(s - max), y = s - max, power = 1;
        if (scores[i] < reference) {
            out.rest += w;
            out.slope -= y * w;
            out.square += w * w;
        }
        for (int r = 1; r <= 4; r++) {
            power *= s - center;
            out.power[r] += power;
            out.size[r] += fabsl(power);
        }
    }
    return out;
}

/* Moments also have the error that rounding makes in scores of size 1. */
static void expect_sums(const lln_tile_sums *sums, const plain_sums *plain,
                        bool moments, double tolerance)
{
    expect_relative(sums->rest, (double)plain->rest, tolerance);
    expect_relative(sums->slope, (double)plain->slope, tolerance);
    expect_relative(sums->square, (double)plain->square, tolerance);
    for (int r = 1; r <= 4 && moments; r++)
        expect_absolute(sums->power[r], (double)plain->power[r],
                        4 * tolerance * (double)(plain->size[r] + 1));
}

/* Both domains, both precisions, with and without moments. */
START_TEST(sums_slow)
{
    float single[MOST], kept_single[MOST];
    double full[MOST], kept[MOST];
    size_t count = counts[_i % COUNTS];
    bool linear = _i / COUNTS % 2, moments = _i / COUNTS / 2;
    lln_domain domain = linear ? LLN_DOMAIN_LINEAR : LLN_DOMAIN_LOG;
    draw_scores(count, linear, single, full);
    double reference = lln_tile_max_f64(full, count);
    lln_tile_sums sums = {.reference = reference,
                          .max = linear ? log(reference) : reference,
                          .center = lln_tile_center_f64(full, count, domain)};
    lln_tile_sums other = sums;
    lln_tile_what what = moments ? LLN_TILE_KEEP : LLN_TILE_SUMS;
    lln_tile_sums_f64(full, count, domain, what, kept, &sums);
    plain_sums plain = slow_sums(full, count, linear, reference, sums.center);
    expect_sums(&sums, &plain, moments, FULL);
    ck_assert(sums.largest == reference);
    lln_tile_sums_f32(single, count, domain, what, kept_single, &other);
    plain = slow_sums(full, count, linear, reference, other.center);
    expect_sums(&other, &plain, moments, SINGLE);
    for (size_t i = 0; i < count && moments; i++) {
        double log_score = linear ? log(full[i]) : full[i];
        expect_absolute(kept[i], log_score, 1e-14);
        expect_absolute((double)kept_single[i], log_score, 2e-6);
    }
}
END_TEST

/* With the shape, and with weights that are stored, the other sums are as
 * without. */
START_TEST(sums_shape)
{
    float single[MOST], weights_single[MOST], logs_single[MOST];
    double full[MOST], weights[MOST], logs[MOST];
    size_t count = counts[_i % COUNTS];
    bool linear = _i / COUNTS % 2, store = _i / COUNTS / 2;
    lln_domain domain = linear ? LLN_DOMAIN_LINEAR : LLN_DOMAIN_LOG;
    draw_scores(count, linear, single, full);
    double reference = lln_tile_max_f64(full, count);
    lln_tile_sums sums = {.reference = reference,
                          .max = linear ? log(reference) : reference,
                          .tilt = -0.375,
                          .factor = 1,
                          .weights = store ? weights : NULL,
                          .logs = logs};
    lln_tile_sums other = sums;
    other.weights = store ? weights_single : NULL;
    other.logs = logs_single;
    double first = 0, second = 0, smallest = INFINITY;
    for (size_t j = 0; j < count; j++) {
        double log_score = linear ? log(full[j]) : full[j];
        double y = log_score - sums.max;
        first += exp(y) * (y + 0.375);
        second += exp(y) * (y + 0.375) * (y + 0.375);
        smallest = fmin(smallest, log_score);
    }
    for (int again = 0; again < 2; again++) {
        if (again) {
            lln_tile_tilt_f64(full, count, domain, &sums);
            lln_tile_tilt_f32(single, count, domain, &other);
        } else {
            lln_tile_sums_f64(full, count, domain, LLN_TILE_SHAPE, NULL, &sums);
            lln_tile_sums_f32(single, count, domain, LLN_TILE_SHAPE, NULL,
                              &other);
        }
        expect_absolute(sums.first, first, FULL * (double)count);
        expect_relative(sums.second, second, FULL);
        expect_absolute(other.first, first, SINGLE * (double)count);
        expect_relative(other.second, second, 10 * SINGLE);
    }
    expect_absolute(sums.smallest, smallest, 1e-14);
    expect_absolute(other.smallest, smallest, 1e-6);
    plain_sums plain = slow_sums(full, count, linear, reference, sums.center);
    expect_sums(&sums, &plain, false, FULL);
    expect_sums(&other, &plain, false, SINGLE);
    for (int r = 1; r <= 2; r++) {
        double size = (double)plain.size[r] + 1;
        expect_absolute(sums.power[r], (double)plain.power[r], 4 * FULL * size);
        expect_absolute(other.power[r], (double)plain.power[r],
                        4 * SINGLE * size);
    }
}
END_TEST

/* A score above the reference is reported. */
START_TEST(sums_larger)
{
    static const double scores[] = {0.5, 2.385, -1};
    lln_tile_sums sums = {.reference = 1, .max = 1};
    lln_tile_sums_f64(scores, 3, LLN_DOMAIN_LOG, LLN_TILE_SUMS, NULL, &sums);
    ck_assert(sums.largest == 2.385);
}
END_TEST

START_TEST(max_and_ties)
{
    float single[MOST];
    double full[MOST] = {0};
    size_t count = counts[_i];
    draw_scores(count, false, single, full);
    double largest = full[0];
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, full[i]);
    ck_assert(lln_tile_max_f64(full, count) == largest);
    ck_assert((double)lln_tile_max_f32(single, count) == largest);
    full[0] = full[count / 2] = full[count - 1] = -2.385;
    single[0] = single[count / 2] = single[count - 1] = -2.385F;
    size_t ties = count < 3 ? count : 3;
    ck_assert_uint_eq(lln_tile_ties_f64(full, count, -2.385), ties);
    ck_assert_uint_eq(lln_tile_ties_f32(single, count, -2.385F), ties);
    ck_assert_uint_eq(lln_tile_ties_f64(full, count, 1e9), 0);
}
END_TEST

START_TEST(drop_zeros)
{
    float single[] = {0, 2.5F, 0, 0, 1e-38F, 3, 0};
    double full[] = {0.25, 7, 1e-300};
    ck_assert_uint_eq(lln_tile_drop_zeros_f32(single, 7), 3);
    ck_assert(single[0] == 2.5F && single[1] == 1e-38F && single[2] == 3);
    ck_assert_uint_eq(lln_tile_drop_zeros_f64(full, 3), 3);
    ck_assert(full[0] == 0.25 && full[1] == 7 && full[2] == 1e-300);
    full[0] = full[1] = full[2] = 0;
    ck_assert_uint_eq(lln_tile_drop_zeros_f64(full, 3), 0);
    ck_assert_uint_eq(lln_tile_drop_zeros_f64(full, 0), 0);
}
END_TEST

/* The mean of the first sixteen: of 0, 1, ..., 19 it is 7.5. */
START_TEST(center_first)
{
    double full[20];
    float single[20];
    for (size_t i = 0; i < 20; i++)
        single[i] = (float)(full[i] = (double)i);
    ck_assert(lln_tile_center_f64(full, 20, LLN_DOMAIN_LOG) == 7.5);
    ck_assert(lln_tile_center_f32(single, 20, LLN_DOMAIN_LOG) == 7.5);
    ck_assert(lln_tile_center_f32(single, 2, LLN_DOMAIN_LOG) == 0.5);
    full[0] = 2;
    full[1] = 8; /* (ln 2 + ln 8) / 2 = ln 4 */
    expect_relative(lln_tile_center_f64(full, 2, LLN_DOMAIN_LINEAR), log(4),
                    1e-15);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tile_sums");
    TCase *sums = tcase_create("tile_sums");
    tcase_add_loop_test(sums, sums_slow, 0, 4 * COUNTS);
    tcase_add_loop_test(sums, sums_shape, 0, 4 * COUNTS);
    tcase_add_test(sums, sums_larger);
    suite_add_tcase(suite, sums);
    TCase *max = tcase_create("tile_max, tile_ties");
    tcase_add_loop_test(max, max_and_ties, 0, COUNTS);
    suite_add_tcase(suite, max);
    TCase *zeros = tcase_create("tile_drop_zeros");
    tcase_add_test(zeros, drop_zeros);
    suite_add_tcase(suite, zeros);
    TCase *center = tcase_create("tile_center");
    tcase_add_test(center, center_first);
    suite_add_tcase(suite, center);
    return run_suite(suite);
}
