/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Features counted on a matrix, by hand and against plain rounding. */
#include <stdint.h>

#include "core/random.h"
#include "expect.h"
#include "measure/feature_range.h"

/* Exponents on both sides of each limit: ln 65520 = 11.0901, ln 2^-14 =
 * -9.7041, ln 2^-25 = -17.3287, ln(2^128 - 2^119) = 88.7209, ln 2^-126 =
 * -87.3365, ln 2^-134 = -92.8817, ln 2^-150 = -103.9721 (Python, math.log). */
static const double LIMITS[2][8] = {
    {11.0901, 11.0902, -9.704, -9.7041, -17.3286, -17.3287, 88.7208, 88.7209},
    {-87.3365, -87.3366, -92.8817, -92.8818, -103.972, -103.9721, 88.7229, 0},
};

static lln_feature_range of(const void *data, lln_precision precision,
                            size_t rows, size_t columns, double factor,
                            bool by_row)
{
    lln_feature_range range;
    lln_matrix x = {precision, rows, columns, data};
    lln_feature_range_measure(x, factor, by_row, &range);
    return range;
}

START_TEST(range_limits)
{
    lln_feature_range range = of(LIMITS, LLN_FLOAT64, 2, 8, 1, false);
    const lln_range_fractions *fp16 = &range.formats[LLN_FP16];
    const lln_range_fractions *bf16 = &range.formats[LLN_BF16];
    const lln_range_fractions *fp32 = &range.formats[LLN_FP32];
    ck_assert_double_eq(range.largest, 88.7229);
    ck_assert_double_eq(fp16->overflow, 4.0 / 16);
    ck_assert_double_eq(fp16->subnormal, 2.0 / 16);
    ck_assert_double_eq(fp16->flushed, 7.0 / 16);
    ck_assert_double_eq(bf16->overflow, 2.0 / 16);
    ck_assert_double_eq(bf16->subnormal, 2.0 / 16);
    ck_assert_double_eq(bf16->flushed, 3.0 / 16);
    ck_assert_double_eq(fp32->overflow, 1.0 / 16);
    ck_assert_double_eq(fp32->subnormal, 4.0 / 16);
    ck_assert_double_eq(fp32->flushed, 1.0 / 16);
}
END_TEST

/* After the shift by 88.7229, or in row 0 by 88.7209, fp16 keeps the three
 * exponents above 71.4, and fp32 the eight above -15.25. */
START_TEST(range_shifted)
{
    lln_feature_range all = of(LIMITS, LLN_FLOAT64, 2, 8, 1, false);
    lln_feature_range row = of(LIMITS, LLN_FLOAT64, 2, 8, 1, true);
    ck_assert_double_eq(all.formats[LLN_FP16].shifted_flushed, 13.0 / 16);
    ck_assert_double_eq(row.formats[LLN_FP16].shifted_flushed, 13.0 / 16);
    ck_assert_double_eq(all.formats[LLN_FP32].shifted_flushed, 8.0 / 16);
    lln_feature_range low = of(LIMITS[1], LLN_FLOAT64, 1, 6, 1, true);
    ck_assert_double_eq(low.largest, -87.3365);
    ck_assert_double_eq(low.formats[LLN_FP16].shifted_flushed, 0);
    ck_assert_double_eq(low.formats[LLN_FP16].flushed, 1);
}
END_TEST

/* The exponents of -x, in float32. */
START_TEST(range_factor)
{
    static const float X[3] = {-6, 5, 10};
    lln_feature_range range = of(X, LLN_FLOAT32, 3, 1, -2, false);
    ck_assert_double_eq(range.largest, 12);
    ck_assert_double_eq(range.formats[LLN_FP16].overflow, 1.0 / 3);
    ck_assert_double_eq(range.formats[LLN_FP16].subnormal, 1.0 / 3);
    ck_assert_double_eq(range.formats[LLN_FP16].flushed, 1.0 / 3);
    range = of(X, LLN_FLOAT32, 3, 1, 0, true);
    ck_assert_double_eq(range.largest, 0);
    ck_assert_double_eq(range.formats[LLN_FP16].flushed, 0);
}
END_TEST

/* fp32 against the compiler's own rounding to float. */
START_TEST(range_rounding)
{
    enum { ROWS = 200, COLUMNS = 5, COUNT = ROWS * COLUMNS };
    double x[COUNT];
    size_t infinite = 0, zero = 0, subnormal = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        x[i] = (double)(lln_random_number(7, i) >> 11) * 0x1p-53 * 240 - 120;
        float y = (float)exp(x[i]);
        infinite += isinf(y) != 0;
        zero += y == 0;
        subnormal += fpclassify(y) == FP_SUBNORMAL;
    }
    lln_feature_range range = of(x, LLN_FLOAT64, ROWS, COLUMNS, 1, true);
    ck_assert_uint_gt(infinite, 0);
    ck_assert_double_eq(range.formats[LLN_FP32].overflow,
                        (double)infinite / COUNT);
    ck_assert_double_eq(range.formats[LLN_FP32].flushed, (double)zero / COUNT);
    ck_assert_double_eq(range.formats[LLN_FP32].subnormal,
                        (double)subnormal / COUNT);
}
END_TEST

/* Against the sums themselves. */
START_TEST(largest_sum)
{
    static const double q[6] = {1, -2, 0.5, 3, -1, 0};
    static const double k[8] = {0.3, 2, -1, 1, 0, -0.7, 4, -4};
    lln_matrix queries = {LLN_FLOAT64, 3, 2, q}, keys = {LLN_FLOAT64, 4, 2, k};
    double sums[2], largest = 0;
    for (size_t i = 0; i < 3; i++) {
        double sum = 0;
        for (size_t j = 0; j < 4; j++)
            for (size_t l = 0; l < 2; l++)
                sum += exp(0.7 * q[2 * i + l] + 1.3 * k[2 * j + l]);
        largest = fmax(largest, sum);
    }
    expect_relative(
        lln_feature_range_largest_sum(queries, 0.7, keys, 1.3, sums),
        log(largest), 1e-14);
    /* Far beyond float64: 1 + 500 x 4; and equal features: ln(m d). */
    expect_relative(lln_feature_range_largest_sum(queries, 1, keys, 500, sums),
                    2001, 1e-14);
    expect_relative(lln_feature_range_largest_sum(queries, 0, keys, 0, sums),
                    log(8), 1e-14);
    keys.rows = 0;
    ck_assert_double_eq(
        lln_feature_range_largest_sum(queries, 1, keys, 1, sums), -INFINITY);
}
END_TEST

START_TEST(range_empty)
{
    lln_feature_range range = of(LIMITS, LLN_FLOAT64, 0, 8, 1, true);
    ck_assert(isinf(range.largest) && range.largest < 0);
    ck_assert(isnan(range.formats[LLN_FP16].overflow));
    ck_assert(isnan(range.formats[LLN_FP32].shifted_flushed));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feature_range");
    TCase *range = tcase_create("feature_range");
    tcase_add_test(range, range_limits);
    tcase_add_test(range, range_shifted);
    tcase_add_test(range, range_factor);
    tcase_add_test(range, range_rounding);
    tcase_add_test(range, largest_sum);
    tcase_add_test(range, range_empty);
    suite_add_tcase(suite, range);
    return run_suite(suite);
}
