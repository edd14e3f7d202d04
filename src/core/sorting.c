/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/sorting.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector_math.h"

int lln_compare_sizes(const void *first, const void *second)
{
    size_t a = *(const size_t *)first, b = *(const size_t *)second;
    return (a > b) - (a < b);
}

int lln_compare_reals(const void *first, const void *second)
{
    double a = *(const double *)first, b = *(const double *)second;
    return (a > b) - (a < b);
}

size_t lln_sort_unique(size_t *numbers, size_t count)
{
    size_t unique = 0;
    if (count > 0)
        qsort(numbers, count, sizeof *numbers, lln_compare_sizes);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || numbers[i] != numbers[i - 1])
            numbers[unique++] = numbers[i];
    return unique;
}

/* Radix sort. A pass sorts by one digit and keeps the order of equal ones. */
enum { DIGIT_BITS = 11, DIGITS = 6, RADIX = 1 << DIGIT_BITS, FEW = 256 };

/* Bits that are in the order of the values as unsigned numbers, and back. */
static uint64_t bits_in_order(double x)
{
    uint64_t bits = lln_bits_f64(x);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static double value_of(uint64_t bits)
{
    return lln_from_bits_f64(bits >> 63 ? bits & ~(UINT64_C(1) << 63) : ~bits);
}

static size_t digit_of(uint64_t bits, int digit)
{
    return bits >> (digit * DIGIT_BITS) & (RADIX - 1);
}

/* Turns counts [RADIX] into the position of the first element of each. Returns
 * false if one digit has them all: there is nothing to do. */
static bool find_starts(size_t *counts, size_t count)
{
    size_t start = 0;
    for (size_t i = 0; i < RADIX; i++) {
        size_t here = counts[i];
        if (here == count)
            return false;
        counts[i] = start;
        start += here;
    }
    return true;
}

/* Sorts keys [count]; spare [count] is scratch. Returns the one of the two that
 * has the result. */
static uint64_t *sort_bits(uint64_t *keys, uint64_t *spare, size_t *counts,
                           size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (int digit = 0; digit < DIGITS; digit++)
            counts[digit * RADIX + digit_of(keys[i], digit)]++;
    for (int digit = 0; digit < DIGITS; digit++) {
        size_t *next = counts + digit * RADIX;
        if (!find_starts(next, count))
            continue;
        for (size_t i = 0; i < count; i++)
            spare[next[digit_of(keys[i], digit)]++] = keys[i];
        uint64_t *sorted = spare;
        spare = keys;
        keys = sorted;
    }
    return keys;
}

static lln_status sort_by_digits(double *values, size_t count)
{
    uint64_t *keys = lln_array_alloc_raw(count, 2 * sizeof *keys);
    size_t *counts = lln_array_alloc(DIGITS * RADIX, sizeof *counts);
    if (keys && counts) {
        for (size_t i = 0; i < count; i++)
            keys[i] = bits_in_order(values[i]);
        const uint64_t *sorted = sort_bits(keys, keys + count, counts, count);
        for (size_t i = 0; i < count; i++)
            values[i] = value_of(sorted[i]);
    }
    bool done = keys && counts;
    free(keys);
    free(counts);
    return done ? LLN_OK : LLN_ENOMEM;
}

/* Radix sort by a coarse key of two digits that is linear in the value. Values
 * with equal keys are then put in order by insertion, if they need no more
 * comparisons a value than this. */
enum { KEYS = RADIX * RADIX, CROWDED = 8 };

typedef struct {
    double *values;
    uint32_t *keys;
} keyed;

/* The key of each value. It does not decrease with the value, whatever the
 * rounding. False: the range is empty or infinite. */
LLN_CLONES static bool find_keys(const double *values, size_t count,
                                 uint32_t *keys)
{
    double low = INFINITY, high = -INFINITY;
#pragma omp simd reduction(min : low) reduction(max : high)
    for (size_t i = 0; i < count; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    double scale = KEYS / (high - low);
    if (!(scale > 0 && scale < INFINITY))
        return false;
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        int32_t key = (int32_t)((values[i] - low) * scale);
        keys[i] = (uint32_t)(key < KEYS ? key : KEYS - 1);
    }
    return true;
}

/* Sorts by one digit of the keys. counts [RADIX] is scratch. */
static void sort_by_key(keyed from, keyed to, size_t count, int digit,
                        size_t *counts)
{
    memset(counts, 0, RADIX * sizeof *counts);
    for (size_t i = 0; i < count; i++)
        counts[digit_of(from.keys[i], digit)]++;
    (void)find_starts(counts, count + 1);
    for (size_t i = 0; i < count; i++) {
        size_t at = counts[digit_of(from.keys[i], digit)]++;
        to.keys[at] = from.keys[i];
        to.values[at] = from.values[i];
    }
}

/* Whether the values with equal keys, which are neighbours, are too many. */
static bool is_crowded(const uint32_t *keys, size_t count)
{
    double comparisons = 0;
    for (size_t i = 1, equal = 0; i < count; i++) {
        equal = keys[i] == keys[i - 1] ? equal + 1 : 0;
        comparisons += (double)equal;
    }
    return comparisons > CROWDED * (double)count;
}

static void insert_all(double *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        double x = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > x; at--)
            values[at] = values[at - 1];
        values[at] = x;
    }
}

/* *sorted: false if the values are too crowded for it; then their order is
 * another one. */
static lln_status sort_by_keys(double *values, size_t count, bool *sorted)
{
    uint32_t *keys = lln_array_alloc_raw(count, 2 * sizeof *keys);
    double *spare = lln_array_alloc_raw(count, sizeof *spare);
    size_t counts[RADIX];
    bool allocated = keys && spare;
    *sorted = allocated && find_keys(values, count, keys);
    if (*sorted) {
        keyed own = {values, keys}, other = {spare, keys + count};
        sort_by_key(own, other, count, 0, counts);
        sort_by_key(other, own, count, 1, counts);
        *sorted = !is_crowded(keys, count);
    }
    free(keys);
    free(spare);
    if (*sorted)
        insert_all(values, count);
    return allocated ? LLN_OK : LLN_ENOMEM;
}

lln_status lln_sort_reals(double *values, size_t count)
{
    bool sorted;
    if (count < FEW) {
        if (count > 0)
            qsort(values, count, sizeof *values, lln_compare_reals);
        return LLN_OK;
    }
    LLN_TRY(sort_by_keys(values, count, &sorted));
    return sorted ? LLN_OK : sort_by_digits(values, count);
}
