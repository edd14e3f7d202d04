/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/half.h"

#include <math.h>
#include <stdbool.h>

uint16_t lln_half_from_double(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    unsigned sign = (unsigned)(bits >> 48) & 0x8000u;
    int exponent = (int)(bits >> 52 & 0x7ff) - 1023;
    uint64_t significand = (bits & (UINT64_MAX >> 12)) | UINT64_C(1) << 52;
    if (isnan(x))
        return (uint16_t)(sign | 0x7e00u);
    if (exponent < -25) /* less than half of the smallest number */
        return (uint16_t)sign;
    if (exponent > 15)
        return (uint16_t)(sign | 0x7c00u);
    bool normal = exponent >= -14;
    int shift = normal ? 42 : 28 - exponent; /* bits to be dropped */
    uint64_t half = UINT64_C(1) << (shift - 1),
             rest = significand & (2 * half - 1);
    uint64_t rounded = significand >> shift;
    rounded += rest > half || (rest == half && (rounded & 1));
    /* The leading bit of a normal number, and a carry, increment the
     * exponent. */
    rounded += normal ? (uint64_t)(exponent + 14) << 10 : 0;
    return (uint16_t)(sign | (unsigned)rounded);
}
