/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * exp and log of core/vector_math.h against the C library in the next wider
 * precision, over the complete range, in the instruction set chosen at load
 * time. Tolerance: 2 units in the last place. */
#include "core/vector_math.h"
#include "expect.h"

enum { COUNT = 1 << 16 };

#define APPLY(name, real, function)                                            \
    LLN_CLONES static void name(const real *x, real *y, size_t count)          \
    {                                                                          \
        _Pragma("omp simd") for (size_t i = 0; i < count; i++) y[i] =          \
            function(x[i]);                                                    \
    }
APPLY(exp_f32, float, lln_exp_f32)
APPLY(exp_f64, double, lln_exp_f64)
APPLY(log_f32, float, lln_log_f32)
APPLY(log_f64, double, lln_log_f64)
APPLY(weight_f32, float, lln_weight_f32)
APPLY(weight_f64, double, lln_weight_f64)
APPLY(log_weight_f32, float, lln_log_weight_f32)
APPLY(normal_tail_f32, float, lln_normal_tail_f32)

/* Units in the last place of the correctly rounded result. */
static double ulp_f32(float actual, double exact)
{
    float rounded = (float)exact;
    if (actual == rounded)
        return 0;
    double unit = (double)nextafterf(fabsf(rounded), INFINITY) - fabsf(rounded);
    return fabs(actual - exact) / unit;
}

static double ulp_f64(double actual, long double exact)
{
    double rounded = (double)exact;
    if (actual == rounded)
        return 0;
    double unit = nextafter(fabs(rounded), INFINITY) - fabs(rounded);
    return (double)(fabsl(actual - exact) / unit);
}

/* NaN is the largest error. */
static double worse(double a, double b)
{
    return a >= b ? a : b;
}

START_TEST(exp_f32_everywhere)
{
    static float x[COUNT], y[COUNT];
    double worst = 0;
    /* every float whose exponential is neither 0, 1 nor infinity */
    for (uint64_t start = 0; start < 0x100000000ull; start += 37 * COUNT) {
        for (size_t i = 0; i < COUNT; i++) {
            x[i] = lln_from_bits_f32((uint32_t)(start + 37 * i));
            x[i] = fabsf(x[i]) < 120 ? x[i] : 1.0f;
        }
        exp_f32(x, y, COUNT);
        for (size_t i = 0; i < COUNT; i++)
            worst = worse(worst, ulp_f32(y[i], exp((double)x[i])));
    }
    ck_assert_msg(worst <= 2, "worst error %.3f ulp", worst);
}
END_TEST

START_TEST(log_f32_everywhere)
{
    static float x[COUNT], y[COUNT];
    double worst = 0;
    for (uint64_t start = 1; start < 0x7f800000ull - 37 * COUNT;
         start += 37 * COUNT) {
        for (size_t i = 0; i < COUNT; i++)
            x[i] = lln_from_bits_f32((uint32_t)(start + 37 * i));
        log_f32(x, y, COUNT);
        for (size_t i = 0; i < COUNT; i++)
            worst = worse(worst, ulp_f32(y[i], log((double)x[i])));
    }
    ck_assert_msg(worst <= 2, "worst error %.3f ulp", worst);
}
END_TEST

START_TEST(exp_f64_everywhere)
{
    static double x[COUNT], y[COUNT];
    double worst = 0;
    for (size_t i = 0; i < COUNT; i++)
        x[i] = -745.2 + (709.78 + 745.2) * (double)i / COUNT;
    exp_f64(x, y, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        worst = worse(worst, ulp_f64(y[i], expl((long double)x[i])));
    for (size_t i = 0; i < COUNT; i++)
        x[i] = ldexp((double)i / COUNT - 0.5, -(int)(i % 60));
    exp_f64(x, y, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        worst = worse(worst, ulp_f64(y[i], expl((long double)x[i])));
    ck_assert_msg(worst <= 2, "worst error %.3f ulp", worst);
}
END_TEST

START_TEST(log_f64_everywhere)
{
    static double x[COUNT], y[COUNT];
    double worst = 0;
    for (size_t i = 0; i < COUNT; i++)
        x[i] = ldexp(1 + (double)i / COUNT, (int)(i % 2100) - 1074);
    log_f64(x, y, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        if (isfinite(x[i]))
            worst = worse(worst, ulp_f64(y[i], logl((long double)x[i])));
    for (size_t i = 0; i < COUNT; i++) /* around 1, where the sum cancels */
        x[i] = 1 + ldexp((double)i / COUNT - 0.5, -(int)(i % 50));
    log_f64(x, y, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        worst = worse(worst, ulp_f64(y[i], logl((long double)x[i])));
    ck_assert_msg(worst <= 2, "worst error %.3f ulp", worst);
}
END_TEST

/* Tolerances as in the header. Without fused multiply-add they are wider, and
 * which version runs is known only at load time. */
START_TEST(weights)
{
    static float x[COUNT], y[COUNT];
    static double u[COUNT], v[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        x[i] = -86.9f * (float)i / COUNT;
        u[i] = -707.9 * (double)i / COUNT;
    }
    weight_f32(x, y, COUNT);
    weight_f64(u, v, COUNT);
    ck_assert(y[0] == 1 && v[0] == 1);
    for (size_t i = 1; i < COUNT; i++) {
        expect_relative(y[i], exp((double)x[i]), x[i] > -10 ? 1e-6 : 5e-6);
        expect_relative(v[i], exp(u[i]), 1e-13);
    }
    x[0] = -INFINITY, x[1] = -88, x[2] = -1e30f;
    u[0] = -INFINITY, u[1] = -709, u[2] = -1e300;
    weight_f32(x, y, 3);
    weight_f64(u, v, 3);
    for (size_t i = 0; i < 3; i++) {
        expect_relative(y[i], exp(-87), 5e-6);
        ck_assert(v[i] == 0);
    }
    x[0] = 1, x[1] = 1e30f, x[2] = 88;
    weight_f32(x, y, 3);
    ck_assert(isfinite(y[0]) && isfinite(y[1]) && isfinite(y[2]));
}
END_TEST

START_TEST(log_weights)
{
    static float x[COUNT], y[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        x[i] = ldexpf(1 + (float)i / COUNT, -(int)(i % 126));
    log_weight_f32(x, y, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        expect_absolute(y[i], log((double)x[i]),
                        2e-7 + 1.3e-7 * fabs((double)y[i]));
}
END_TEST

START_TEST(special_values)
{
    float x[6] = {0, -0.0f, INFINITY, -INFINITY, NAN, -2.385f}, y[6];
    double u[6] = {0, -0.0, INFINITY, -INFINITY, NAN, -2.385}, v[6];
    exp_f32(x, y, 6);
    exp_f64(u, v, 6);
    for (int i = 0; i < 6; i++) {
        expect_relative(y[i], expf(x[i]), 2e-7);
        expect_relative(v[i], exp(u[i]), 4e-16);
    }
    log_f32(x, y, 6);
    log_f64(u, v, 6);
    for (int i = 0; i < 6; i++) {
        expect_relative(y[i], logf(x[i]), 0);
        expect_relative(v[i], log(u[i]), 0);
    }
}
END_TEST

/* erfc and exp of the C library. Beyond 26, exp(-x^2 / 2) is below e^-338, and
 * the float64 function may be 0. */
START_TEST(normal_tails)
{
    static float x[COUNT], y[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        x[i] = 13.0f * (float)i / COUNT;
    normal_tail_f32(x, y, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        double exact = 0.5 * erfc((double)x[i] * M_SQRT1_2) *
                       exp(0.5 * (double)x[i] * (double)x[i]);
        ck_assert_msg(fabs(y[i] / exact - 1) < 4e-7, "%g: %.9g, not %.9g", x[i],
                      y[i], exact);
    }
    expect_relative(lln_normal_tail_f32(0), 0.5, 1e-7);
    expect_relative(lln_normal_tail_f64(0), 0.5, 1e-15);
    /* mpmath: erfc(sqrt(2)) / 2 */
    expect_relative(lln_normal_tail_f64(2) * exp(-2), 0.0227501319481792072,
                    1e-14);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vector_math");
    TCase *values = tcase_create("values");
    tcase_set_timeout(values, 120);
    tcase_add_test(values, exp_f32_everywhere);
    tcase_add_test(values, log_f32_everywhere);
    tcase_add_test(values, exp_f64_everywhere);
    tcase_add_test(values, log_f64_everywhere);
    tcase_add_test(values, weights);
    tcase_add_test(values, log_weights);
    tcase_add_test(values, normal_tails);
    tcase_add_test(values, special_values);
    suite_add_tcase(suite, values);
    return run_suite(suite);
}
