/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The number range of features under the Gaussian model. SIDES and PAIRS are
 * from mpmath, 30 digits, quad over intervals of 1/2; e.g. with Q(x) =
 * erfc(x/sqrt(2))/2 and lnF(x) = log1p(-Q(x)):
 *     quad(lambda x: (M-1)*npdf(x)*exp((M-2)*lnF(x))*ncdf(x + flush/s), points)
 * STUDY is from a float64 program (scipy, trapezoid on [-9, 12], step 1e-3),
 * whose simulations agree within 2.5 standard errors. */
#include "expect.h"
#include "theory/number_range.h"

static const struct {
    int format;
    double spread, group;
    lln_range_fractions expected;
} SIDES[] = {
    {LLN_FP16,
     1,
     32768,
     {7.005711880397981e-29, 1.4486653504104226e-22, 1.4290787898109622e-67,
      2.6449858897023521e-30}},
    {LLN_FP16,
     2.4,
     32768,
     {1.9105837063613666e-6, 2.6345474051965779e-5, 2.5939722257354937e-13,
      0.0016537503709300801}},
    {LLN_FP16,
     2.4,
     64,
     {1.9105837063613666e-6, 2.6345474051965779e-5, 2.5939722257354937e-13,
      9.8631128833543447e-6}},
    {LLN_FP16,
     3,
     2,
     {0.00010920856227647364, 0.0006088772522446781, 3.8197258712056409e-9,
      2.2094576124980511e-5}},
    {LLN_FP16,
     16,
     4096,
     {0.2441133838105416, 0.13269534916764145, 0.13939478635679721,
      0.9926295512829021}},
    {LLN_BF16,
     3,
     32768,
     {1.6317268535410556e-192, 1.2585966572105481e-186, 9.1539708026390962e-211,
      5.0249466507727446e-102}},
    {LLN_BF16,
     16,
     64,
     {1.4693067856717144e-8, 2.0787857327974199e-8, 3.2162333738605733e-9,
      0.0010261543214399255}},
    {LLN_FP32,
     9.5,
     1e9,
     {4.8511183075681241e-21, 1.9044902961252438e-20, 3.5330710207880291e-28,
      1.1964972567539812e-6}},
    {LLN_FP32,
     20,
     3,
     {4.5792732771858734e-6, 6.2028225890928087e-6, 1.0039546517206172e-7,
      0.00023401183914582869}},
    /* below 1e-330 */
    {LLN_FP16, 0.25, 8, {0, 0, 0, 0}},
};

START_TEST(side_table)
{
    lln_range_fractions got, expected = SIDES[_i].expected;
    expect_ok(lln_theory_range_side(&lln_number_formats[SIDES[_i].format],
                                    SIDES[_i].spread, SIDES[_i].group, &got));
    expect_relative(got.overflow, expected.overflow, 1e-12);
    expect_relative(got.subnormal, expected.subnormal, 1e-12);
    expect_relative(got.flushed, expected.flushed, 1e-12);
    expect_relative(got.shifted_flushed, expected.shifted_flushed, 1e-10);
}
END_TEST

static const struct {
    int format;
    lln_theory_sides sides;
    double overflow, product;
} PAIRS[] = {
    {LLN_FP16,
     {1, 1, 512, 512, 64},
     4.5912633379376208e-24,
     3.7153978393725195e-8},
    {LLN_FP16,
     {1.5, 1.5, 512, 512, 64},
     4.6895399166858083e-9,
     0.62075806208989099},
    {LLN_FP16,
     {0.25, 2.5, 100, 700, 16},
     0.050017048603190731,
     0.14980915223491694},
    {LLN_FP16, {4, 0.5, 7, 3, 1}, 0.019306297387791533, 0.027404294016870841},
    {LLN_BF16,
     {9.75, 9.75, 512, 512, 64},
     2.9715206056459346e-15,
     0.0009886131619491959},
    {LLN_FP32,
     {16, 0.25, 1, 1, 5},
     7.3414051445209407e-8,
     7.3698551408969751e-8},
    {LLN_BF16,
     {2.4, 2.4, 512, 512, 64},
     1.2710421655978198e-294,
     1.0842962327350879e-143},
    {LLN_FP32,
     {0.3, 16, 4096, 1, 64},
     9.3969945147446283e-7,
     1.3836155278064246e-6},
    {LLN_FP16,
     {1.2, 1.1, 1, 50000, 128},
     2.2805053210821749e-17,
     2.2206112130054886e-5},
};

START_TEST(pair_table)
{
    const lln_number_format *format = &lln_number_formats[PAIRS[_i].format];
    double overflow, product;
    expect_ok(lln_theory_range_overflow(format, &PAIRS[_i].sides, &overflow));
    expect_relative(overflow, PAIRS[_i].overflow, 1e-12);
    expect_ok(lln_theory_range_product(format, &PAIRS[_i].sides, &product));
    expect_relative(product, PAIRS[_i].product, 1e-10);
    /* Exchanging queries and keys changes nothing. */
    lln_theory_sides sides = PAIRS[_i].sides,
                     exchanged = {sides.b, sides.a, sides.m, sides.n, sides.d};
    expect_ok(lln_theory_range_product(format, &exchanged, &product));
    expect_relative(product, PAIRS[_i].product, 1e-10);
}
END_TEST

/* n, d, s, overflow, product, flushed, flushed k, flushed q, subnormal; fp16 */
static const double STUDY[][9] = {
    {512, 64, 2.05, 0.002065250405348748, 1, 1.4193832840364077e-17,
     2.259240169148143e-05, 7.074169371933136e-08, 1.1023824369240474e-06},
    {512, 64, 3, 0.9992209872722785, 1, 3.81972587120563e-09,
     0.05766526222222307, 0.0011145443643236419, 0.0006088772522446779},
    {4096, 64, 2, 0.007673799516673662, 1, 2.270685749175954e-18,
     4.995778634153531e-05, 2.8051061064480658e-08, 6.110198452960023e-07},
    {128, 16, 2.5, 0.018590282445823027, 1, 2.0824223487002287e-12,
     0.0005677679909680534, 6.990832613391744e-06, 5.188056353189632e-05},
};

START_TEST(study_table)
{
    const lln_number_format *fp16 = &lln_number_formats[LLN_FP16];
    const double *row = STUDY[_i];
    size_t n = (size_t)row[0], d = (size_t)row[1];
    lln_theory_sides sides = {row[2], row[2], n, n, d};
    lln_range_fractions q, k;
    double overflow, product;
    expect_ok(lln_theory_range_overflow(fp16, &sides, &overflow));
    expect_relative(overflow, row[3], 1e-12);
    expect_ok(lln_theory_range_product(fp16, &sides, &product));
    expect_absolute(product, row[4], 1e-10);
    expect_ok(lln_theory_range_side(fp16, row[2], (double)d, &q));
    expect_ok(lln_theory_range_side(fp16, row[2], (double)(n * d), &k));
    expect_relative(q.flushed, row[5], 1e-12);
    expect_relative(k.shifted_flushed, row[6], 1e-10);
    expect_relative(q.shifted_flushed, row[7], 1e-10);
    expect_relative(q.subnormal, row[8], 1e-12);
}
END_TEST

/* A format is the rounding of the type: float for fp32. */
START_TEST(formats_limits)
{
    const lln_number_format *fp32 = &lln_number_formats[LLN_FP32];
    double infinite = exp(fp32->overflow * (1 + 1e-15));
    double largest = exp(fp32->overflow * (1 - 1e-15));
    double zero = exp(fp32->flush * (1 + 1e-15));
    double least = exp(fp32->flush * (1 - 1e-15));
    double subnormal = exp(fp32->normal * (1 + 1e-15));
    ck_assert(isinf((float)infinite) && !isinf((float)largest));
    ck_assert((float)zero == 0 && (float)least > 0);
    ck_assert(fpclassify((float)exp(fp32->normal + 1e-6)) == FP_NORMAL);
    ck_assert(subnormal < 0x1p-126);
    /* All formats: powers of two. */
    expect_relative(exp(lln_number_formats[LLN_FP16].overflow), 65520, 1e-14);
    expect_relative(exp(lln_number_formats[LLN_FP16].normal), 0x1p-14, 1e-14);
    expect_relative(exp(lln_number_formats[LLN_FP16].flush), 0x1p-25, 1e-14);
    expect_relative(exp(lln_number_formats[LLN_BF16].overflow), 0x1.ffp127,
                    1e-13);
    expect_relative(exp(lln_number_formats[LLN_BF16].flush), 0x1p-134, 1e-13);
}
END_TEST

/* Without spread, every feature is 1. */
START_TEST(range_without_spread)
{
    lln_range_fractions side;
    lln_theory_sides sides = {0, 0, 5, 6, 7};
    double p;
    for (size_t i = 0; i < LLN_NUMBER_FORMATS; i++) {
        const lln_number_format *format = &lln_number_formats[i];
        expect_ok(lln_theory_range_side(format, 0, 100, &side));
        ck_assert(side.overflow == 0 && side.subnormal == 0 &&
                  side.flushed == 0 && side.shifted_flushed == 0);
        expect_ok(lln_theory_range_overflow(format, &sides, &p));
        ck_assert_double_eq(p, 0);
        expect_ok(lln_theory_range_product(format, &sides, &p));
        ck_assert_double_eq(p, 0);
    }
    /* One constant side: only the other one matters. mpmath: -expm1(7 *
     * log1p(-(1 - ncdf(ln65520 / 4)**6))) */
    sides.b = 4;
    expect_ok(
        lln_theory_range_product(&lln_number_formats[LLN_FP16], &sides, &p));
    expect_relative(p, 0.11038864156501709, 1e-11);
    /* The maximum of one feature is that feature. */
    expect_ok(
        lln_theory_range_side(&lln_number_formats[LLN_FP16], 30, 1, &side));
    ck_assert_double_eq(side.shifted_flushed, 0);
}
END_TEST

/* A spread without limit: half of the features overflow, half become 0, and all
 * but one of a group of 8 do so after the shift. */
START_TEST(range_infinite)
{
    lln_range_fractions side;
    lln_theory_sides sides = {1e300, 1, 5, 6, 7};
    double p;
    expect_ok(
        lln_theory_range_side(&lln_number_formats[LLN_BF16], 1e300, 8, &side));
    expect_absolute(side.overflow, 0.5, 1e-12);
    expect_absolute(side.flushed, 0.5, 1e-12);
    expect_absolute(side.shifted_flushed, 7 / 8.0, 1e-12);
    expect_ok(
        lln_theory_range_product(&lln_number_formats[LLN_BF16], &sides, &p));
    expect_absolute(p, 1 - exp2(-35), 1e-12);
}
END_TEST

/* Closed form; 32768 e^{s^2} = 65520 at s = sqrt(ln 2 - 0.00024) = 0.8324. */
START_TEST(range_sum)
{
    lln_theory_sides sides = {0.5, 2, 7, 100, 3};
    double log_sum;
    expect_ok(lln_theory_range_sum(&sides, &log_sum));
    expect_relative(log_sum, log(300) + 2.125, 1e-14);
    sides = (lln_theory_sides){0.8324, 0.8324, 512, 512, 64};
    expect_ok(lln_theory_range_sum(&sides, &log_sum));
    expect_relative(log_sum, lln_number_formats[LLN_FP16].overflow, 1e-4);
}
END_TEST

START_TEST(range_statuses)
{
    const lln_number_format *fp16 = &lln_number_formats[LLN_FP16];
    lln_range_fractions side;
    static const lln_theory_sides WRONG[] = {
        {-1, 1, 1, 1, 1}, {1, NAN, 1, 1, 1}, {1, 1, 0, 1, 1},
        {1, 1, 1, 0, 1},  {1, 1, 1, 1, 0},
    };
    double p;
    expect_status(lln_theory_range_side(fp16, -1, 5, &side), LLN_EINVAL);
    expect_status(lln_theory_range_side(fp16, NAN, 5, &side), LLN_EINVAL);
    expect_status(lln_theory_range_side(fp16, 1, 0, &side), LLN_EINVAL);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        expect_status(lln_theory_range_sum(&WRONG[i], &p), LLN_EINVAL);
        expect_status(lln_theory_range_overflow(fp16, &WRONG[i], &p),
                      LLN_EINVAL);
        expect_status(lln_theory_range_product(fp16, &WRONG[i], &p),
                      LLN_EINVAL);
    }
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

int main(void)
{
    Suite *suite = suite_create("number_range");
    TCase *range = tcase_create("number_range");
    tcase_add_loop_test(range, side_table, 0, COUNT(SIDES));
    tcase_add_loop_test(range, pair_table, 0, COUNT(PAIRS));
    tcase_add_loop_test(range, study_table, 0, COUNT(STUDY));
    tcase_add_test(range, formats_limits);
    tcase_add_test(range, range_without_spread);
    tcase_add_test(range, range_infinite);
    tcase_add_test(range, range_sum);
    tcase_add_test(range, range_statuses);
    suite_add_tcase(suite, range);
    return run_suite(suite);
}
