/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * exp and log as inline polynomials, which the compiler vectorises in `#pragma
 * omp simd` loops of LLN_CLONES functions. Error within 2 ulp over the whole
 * range, including subnormal arguments and results, infinities and NaN; log of
 * a negative number is NaN. Coefficients: interpolation in Chebyshev nodes with
 * 60 digits. Argument reduction: Cody and Waite. */
#ifndef LLN_CORE_VECTOR_MATH_H
#define LLN_CORE_VECTOR_MATH_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Compiles a function for several instruction sets; the loader chooses one. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&         \
    !defined(LLN_NO_CLONES)
#define LLN_CLONES                                                             \
    __attribute__((                                                            \
        target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LLN_CLONES
#endif

#define LLN_INLINE static inline __attribute__((always_inline))

LLN_INLINE uint32_t lln_bits_f32(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

LLN_INLINE float lln_from_bits_f32(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

LLN_INLINE uint64_t lln_bits_f64(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

LLN_INLINE double lln_from_bits_f64(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* exp(r), |r| <= ln(2)/2 */
LLN_INLINE float lln_exp_reduced_f32(float r)
{
    float p = 0.001392618359f;
    p = p * r + 0.008363179053f;
    p = p * r + 0.04166655462f;
    p = p * r + 0.1666657699f;
    p = p * r + 0.5f;
    return p * (r * r) + r + 1.0f;
}

LLN_INLINE double lln_exp_reduced_f64(double r)
{
    double p = 2.5100385495510319078e-8;
    p = p * r + 2.7620088445409748161e-7;
    p = p * r + 2.7557268459997064772e-6;
    p = p * r + 2.4801521295954375131e-5;
    p = p * r + 1.9841269863053616878e-4;
    p = p * r + 1.3888888917213716901e-3;
    p = p * r + 8.3333333333300618325e-3;
    p = p * r + 4.1666666666624127873e-2;
    p = p * r + 1.6666666666666667453e-1;
    p = p * r + 0.5;
    return p * (r * r) + r + 1.0;
}

LLN_INLINE float lln_exp_f32(float x)
{
    const float round = 0x1.8p23f; /* adding it rounds to an integer */
    x = x > 89.0f ? 89.0f : x; /* the result is already infinite; NaN stays */
    x = x < -105.0f ? -105.0f : x; /* the result is already zero */
    float shifted = x * 0x1.715476p+0f + round;
    float n = shifted - round;
    float r = x - n * 0x1.62e4p-1f;
    r = r - n * 0x1.7f7d1cp-20f;
    float p = lln_exp_reduced_f32(r);
    /* 2^n as two factors, because n reaches -151 and 128. */
    int32_t k = (int32_t)(lln_bits_f32(shifted) - lln_bits_f32(round));
    int32_t half = k >> 1;
    float first = lln_from_bits_f32((uint32_t)(half + 127) << 23);
    float second = lln_from_bits_f32((uint32_t)(k - half + 127) << 23);
    return p * first * second;
}

LLN_INLINE double lln_exp_f64(double x)
{
    const double round = 0x1.8p52;
    x = x > 710.0 ? 710.0 : x;
    x = x < -746.0 ? -746.0 : x;
    double n = (x * 0x1.71547652b82fep+0 + round) - round;
    double r = x - n * 0x1.62e42fefp-1;
    r = r - n * 0x1.473de6af278edp-34;
    double p = lln_exp_reduced_f64(r);
    double shifted_half = n * 0.5 + round;
    double half = shifted_half - round;
    uint64_t zero = lln_bits_f64(round);
    uint64_t k = lln_bits_f64(shifted_half) - zero;
    uint64_t rest = lln_bits_f64(n - half + round) - zero;
    double first = lln_from_bits_f64((k + 1023) << 52);
    double second = lln_from_bits_f64((rest + 1023) << 52);
    return p * first * second;
}

/* exp for x <= 0 at half the cost, for weights relative to the largest one. The
 * result is at least e^-87, so that it is always normal. Relative error below
 * 3e-7 with fused multiply-add, 5e-6 without (near the smallest results; 1e-6
 * down to e^-10). For x > 0 the result is finite but meaningless. Minimax
 * polynomial by Remez exchange. */
LLN_INLINE float lln_weight_f32(float x)
{
    const float round = 0x1.8p23f;
    x = x > -87.0f ? x : -87.0f;
    float shifted = x * 0x1.715476p+0f + round;
    float r = x - (shifted - round) * 0x1.62e430p-1f;
    float p = 0.008379488628f;
    p = p * r + 0.04189996635f;
    p = p * r + 0.1666635763f;
    p = p * r + 0.4999913053f;
    p = p * r + 1.00000005f;
    p = p * r + 1.0f;
    /* The low bits of `shifted` are n. */
    return lln_from_bits_f32(lln_bits_f32(p) + (lln_bits_f32(shifted) << 23));
}

/* The same in float64, but 0 below e^-708, so that x exp(x) tends to 0 for any
 * x; relative error below 1e-15 (1e-13 without fused multiply-add). */
LLN_INLINE double lln_weight_f64(double x)
{
    const double round = 0x1.8p52;
    double bounded = x > -708.0 ? x : -708.0;
    double shifted = bounded * 0x1.71547652b82fep+0 + round;
    double n = shifted - round;
    double r = bounded - n * 0x1.62e42fefp-1;
    r = r - n * 0x1.473de6af278edp-34;
    double p = lln_exp_reduced_f64(r);
    uint64_t bits = lln_bits_f64(p) + (lln_bits_f64(shifted) << 52);
    return x < -708.0 ? 0 : lln_from_bits_f64(bits);
}

/* tanh(x), within 4 ulp: near 0 by its Taylor series up to x^17, else from
 * exp(-2|x|). */
LLN_INLINE float lln_tanh_f32(float x)
{
    float size = x < 0 ? -x : x, z = x * x;
    float t = lln_exp_f32(-2.0f * size);
    float far = (1.0f - t) / (1.0f + t);
    float p = 0.0005900274409f;
    p = p * z - 0.001455834387f;
    p = p * z + 0.003592128036f;
    p = p * z - 0.008863235530f;
    p = p * z + 0.02186948854f;
    p = p * z - 0.05396825397f;
    p = p * z + 0.1333333333f;
    p = p * z - 0.3333333333f;
    float near = x + x * (z * p);
    return size < 0.55f ? near : (x < 0 ? -far : far);
}

LLN_INLINE double lln_tanh_f64(double x)
{
    return tanh(x);
}

/* log(x 2^(127 - offset)) for positive normal x */
LLN_INLINE float lln_log_normal_f32(float x, float offset)
{
    const uint32_t root_half = 0x3f3504f3; /* mantissas in [0.707, 1.414) */
    uint32_t bits = lln_bits_f32(x) + (0x3f800000 - root_half);
    float e = (float)(int32_t)(bits >> 23) - offset;
    float f = lln_from_bits_f32((bits & 0x007fffff) + root_half) - 1.0f;
    float p = -0.0790245675f;
    p = p * f + 0.1262567065f;
    p = p * f - 0.1299957666f;
    p = p * f + 0.1421419078f;
    p = p * f - 0.1664115637f;
    p = p * f + 0.2000105163f;
    p = p * f - 0.2500030856f;
    p = p * f + 0.3333333071f;
    float square = f * f;
    float low = p * (square * f) + e * 0x1.7f7d1cp-20f - 0.5f * square;
    return low + f + e * 0x1.62e4p-1f;
}

/* log(x 2^(1023 - offset)) for positive normal x */
LLN_INLINE double lln_log_normal_f64(double x, double offset)
{
    const uint64_t root_half = 0x3fe6a09e667f3bcd;
    const uint64_t integer = 0x4330000000000000; /* bits of 2^52 */
    uint64_t bits = lln_bits_f64(x) + (0x3ff0000000000000 - root_half);
    double e = lln_from_bits_f64((bits >> 52) | integer) - 0x1p52 - offset;
    double f = lln_from_bits_f64((bits & 0x000fffffffffffff) + root_half) - 1.0;
    double s = f / (2.0 + f);
    double z = s * s;
    double p = 1.4617807153417324964e-1;
    p = p * z + 1.5331611722055007885e-1;
    p = p * z + 1.8182892432536871201e-1;
    p = p * z + 2.2222211089379496214e-1;
    p = p * z + 2.8571428626253837606e-1;
    p = p * z + 3.9999999999898890514e-1;
    p = p * z + 6.6666666666666697077e-1;
    /* log(1+f) = f - (f^2/2 - s (f^2/2 + R)), R = z p: no cancellation */
    double half_square = 0.5 * f * f;
    double low = s * (half_square + z * p) + e * 0x1.473de6af278edp-34;
    return e * 0x1.62e42fefp-1 + (f - (half_square - low));
}

/* log of a positive normal weight at two thirds of the cost; absolute error
 * below 2e-7 and one unit in the last place. Minimax polynomial by Remez
 * exchange. */
LLN_INLINE float lln_log_weight_f32(float x)
{
    const uint32_t root_half = 0x3f3504f3;
    uint32_t above = lln_bits_f32(x) - root_half;
    float e = (float)((int32_t)above >> 23);
    float f = lln_from_bits_f32((above & 0x007fffff) + root_half) - 1.0f;
    float p = -0.1010270967f;
    p = p * f + 0.1642497956f;
    p = p * f - 0.1733524924f;
    p = p * f + 0.1987246467f;
    p = p * f - 0.2495914626f;
    p = p * f + 0.3333620148f;
    p = p * f - 0.5000067203f;
    p = p * f + 0.9999998122f;
    return p * f + e * 0x1.62e430p-1f;
}

LLN_INLINE double lln_log_weight_f64(double x)
{
    return lln_log_normal_f64(x, 1023.0);
}

LLN_INLINE float lln_log_f32(float x)
{
    bool small = x < 0x1p-126f; /* subnormal, zero or not positive */
    float result =
        lln_log_normal_f32(small ? x * 0x1p23f : x, small ? 150.0f : 127.0f);
    result = x == 0 ? -INFINITY : result;
    result = x < INFINITY ? result : x;
    return x >= 0 ? result : NAN;
}

LLN_INLINE double lln_log_f64(double x)
{
    bool small = x < 0x1p-1022;
    double result =
        lln_log_normal_f64(small ? x * 0x1p54 : x, small ? 1077.0 : 1023.0);
    result = x == 0 ? -INFINITY : result;
    result = x < INFINITY ? result : x;
    return x >= 0 ? result : NAN;
}

/* The upper tail of the standard normal distribution, Q(x) = P(X > x), divided
 * by exp(-x^2 / 2), for x >= 0. Float32: relative error below 4e-7 up to x =
 * 13; a polynomial in 1 / (1 + 0.35 x), fitted by reweighted least squares. */
LLN_INLINE float lln_normal_tail_f32(float x)
{
    float t = 1.0f / (1.0f + 0.35f * x);
    float p = -0.02912587677f;
    p = p * t + 0.1438722897f;
    p = p * t - 0.2555046736f;
    p = p * t + 0.1589294118f;
    p = p * t - 0.02293721904f;
    p = p * t + 0.1054329697f;
    p = p * t + 0.1198524293f;
    p = p * t + 0.1398590833f;
    p = p * t + 0.1396215698f;
    return p * t;
}

LLN_INLINE double lln_normal_tail_f64(double x)
{
    return x < 26 ? 0.5 * erfc(x * M_SQRT1_2) * exp(0.5 * x * x) : 0;
}

#endif
