/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Conversion of half precision, IEEE 754 binary16. */
#ifndef LLN_TENSOR_HALF_H
#define LLN_TENSOR_HALF_H

#include <stdint.h>
#include <string.h>

/* The value of the bits. Exact; NaN stays NaN. Exponent and mantissa, shifted
 * to their place in a float, are the value times 2^-112, also for subnormals;
 * multiplying by 2^112 is exact. */
static inline float lln_half_to_float(uint16_t half)
{
    uint32_t magnitude = half & 0x7fffu;
    uint32_t bits = magnitude << 13;
    uint32_t special = magnitude >= 0x7c00u ? 0x7f800000u : 0;
    float value;
    memcpy(&value, &bits, sizeof value);
    value *= 0x1p112f;
    memcpy(&bits, &value, sizeof bits);
    bits |= special | (uint32_t)(half & 0x8000u) << 16;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The binary16 nearest to x, ties to even, rounded once. |x| >= 65520 becomes
 * infinite, NaN a quiet NaN. */
uint16_t lln_half_from_double(double x);

#endif
