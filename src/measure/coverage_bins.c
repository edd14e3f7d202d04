/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/coverage_bins.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector_math.h"

/* Bits below the three leading ones of the mantissa. */
enum { LOW_BITS_F32 = 20, LOW_BITS_F64 = 49 };

/* A packed counter has a number of weights above this bit and the sum of their
 * low bits below it: enough for PIECE weights. */
enum { COUNT_BIT = 42, PIECE = 1 << 20 };

static int64_t number_of(lln_precision precision, double weight)
{
    if (precision == LLN_FLOAT32)
        return lln_bits_f32((float)weight) >> LOW_BITS_F32;
    return (int64_t)(lln_bits_f64(weight) >> LOW_BITS_F64);
}

/* The smallest weight with this binary number. */
static double smallest(lln_precision precision, int64_t number)
{
    number = number > 0 ? number : 0;
    if (precision == LLN_FLOAT32)
        return (double)lln_from_bits_f32((uint32_t)number << LOW_BITS_F32);
    return lln_from_bits_f64((uint64_t)number << LOW_BITS_F64);
}

double lln_coverage_edge(const lln_coverage_bins *bins, size_t bin)
{
    return smallest(bins->precision, bins->top - (int64_t)bin + 1);
}

void lln_coverage_bins_start(lln_precision precision, double largest,
                             double least, lln_coverage_bins *bins)
{
    bins->precision = precision;
    bins->top = number_of(precision, largest);
    int64_t last = bins->top - number_of(precision, least) + 1;
    last = last > 0 ? last : 0;
    bins->last =
        last < LLN_COVERAGE_BINS ? (size_t)last : (size_t)LLN_COVERAGE_BINS - 1;
    memset(bins->count, 0, sizeof bins->count);
    memset(bins->mass, 0, sizeof bins->mass);
}

LLN_CLONES static void find_bins_f32(const float *weights, size_t count,
                                     int32_t top, int32_t last, uint8_t *index)
{
#pragma omp simd
    for (size_t j = 0; j < count; j++) {
        int32_t bin = top - (int32_t)(lln_bits_f32(weights[j]) >> LOW_BITS_F32);
        bin = bin > 0 ? bin : 0;
        index[j] = (uint8_t)(bin < last ? bin : last);
    }
}

LLN_CLONES static void find_bins_f64(const double *weights, size_t count,
                                     int64_t top, int64_t last, uint8_t *index)
{
#pragma omp simd
    for (size_t j = 0; j < count; j++) {
        int64_t bin = top - (int64_t)(lln_bits_f64(weights[j]) >> LOW_BITS_F64);
        bin = bin > 0 ? bin : 0;
        index[j] = (uint8_t)(bin < last ? bin : last);
    }
}

/* Neighbours are counted apart: if they are in the same bin, a counter would
 * wait for itself. */
static void count_f32(const float *weights, const uint8_t *index, size_t count,
                      lln_coverage_counters *counters)
{
    const uint64_t one = UINT64_C(1) << COUNT_BIT;
    const uint32_t low = (UINT32_C(1) << LOW_BITS_F32) - 1;
    size_t j = 0;
    for (; j + 4 <= count; j += 4)
        for (size_t copy = 0; copy < 4; copy++)
            counters->packed[copy][index[j + copy]] +=
                (lln_bits_f32(weights[j + copy]) & low) | one;
    for (; j < count; j++)
        counters->packed[0][index[j]] += (lln_bits_f32(weights[j]) & low) | one;
}

static void count_f64(const double *weights, const uint8_t *index, size_t count,
                      lln_coverage_counters *counters)
{
    size_t j = 0;
    for (; j + 4 <= count; j += 4)
        for (size_t copy = 0; copy < 4; copy++) {
            counters->mass[copy][index[j + copy]] += weights[j + copy];
            counters->count[copy][index[j + copy]]++;
        }
    for (; j < count; j++) {
        counters->mass[0][index[j]] += weights[j];
        counters->count[0][index[j]]++;
    }
}

/* Adds the counters to the bins and clears them. The weights of a bin have the
 * same leading bits: their sum is that of the lower edges and of the low bits,
 * in units of the last place. */
static void take_f32(lln_coverage_bins *bins, lln_coverage_counters *counters)
{
    const uint64_t low = (UINT64_C(1) << COUNT_BIT) - 1;
    for (size_t bin = 0; bin <= bins->last; bin++) {
        uint64_t sum = 0;
        for (size_t copy = 0; copy < 4; copy++)
            sum += counters->packed[copy][bin];
        if (sum == 0)
            continue;
        for (size_t copy = 0; copy < 4; copy++)
            counters->packed[copy][bin] = 0;
        double edge = smallest(LLN_FLOAT32, bins->top - (int64_t)bin);
        double next = (double)lln_from_bits_f32(lln_bits_f32((float)edge) + 1);
        double count = (double)(sum >> COUNT_BIT);
        bins->count[bin] += count;
        bins->mass[bin] += count * edge + (double)(sum & low) * (next - edge);
    }
}

static void take_f64(lln_coverage_bins *bins, lln_coverage_counters *counters)
{
    for (size_t bin = 0; bin <= bins->last; bin++)
        for (size_t copy = 0; copy < 4; copy++) {
            bins->count[bin] += counters->count[copy][bin];
            bins->mass[bin] += counters->mass[copy][bin];
            counters->count[copy][bin] = 0;
            counters->mass[copy][bin] = 0;
        }
}

void lln_coverage_bins_add(lln_coverage_bins *bins, const void *weights,
                           size_t count, uint8_t *index,
                           lln_coverage_counters *counters)
{
    bool single = bins->precision == LLN_FLOAT32;
    for (size_t j = 0; j < count; j += PIECE) {
        size_t here = lln_size_smaller(count - j, PIECE);
        if (single) {
            const float *w = (const float *)weights + j;
            find_bins_f32(w, here, (int32_t)bins->top, (int32_t)bins->last,
                          index + j);
            count_f32(w, index + j, here, counters);
            take_f32(bins, counters);
        } else {
            const double *w = (const double *)weights + j;
            find_bins_f64(w, here, bins->top, (int64_t)bins->last, index + j);
            count_f64(w, index + j, here, counters);
            take_f64(bins, counters);
        }
    }
}

size_t lln_coverage_bins_find(const lln_coverage_bins *bins,
                              const lln_coverage_target *target,
                              lln_coverage_amount *above)
{
    lln_coverage_amount sum = {0, 0};
    size_t bin = 0;
    for (; bin < bins->last; bin++) {
        lln_coverage_amount with = {sum.count + bins->count[bin],
                                    sum.mass + bins->mass[bin]};
        if (lln_coverage_reached(target, with))
            break;
        sum = with;
    }
    *above = sum;
    return bin;
}

lln_coverage_bracket lln_coverage_bins_keys(const lln_coverage_bins *bins,
                                            double need)
{
    const lln_coverage_target target = {true, need};
    lln_coverage_amount above;
    size_t bin = lln_coverage_bins_find(bins, &target, &above);
    double count = bins->count[bin], mass = bins->mass[bin];
    double rest = need - above.mass;
    double low = ceil(rest / lln_coverage_edge(bins, bin)), high = count;
    if (bin < bins->last)
        high = fmin(count, ceil(count * rest / mass));
    return (lln_coverage_bracket){above.count + fmin(fmax(low, 1), high),
                                  above.count + high};
}

lln_coverage_bracket lln_coverage_bins_sum(const lln_coverage_bins *bins,
                                           double k, double total)
{
    const lln_coverage_target target = {false, k};
    lln_coverage_amount above;
    size_t bin = lln_coverage_bins_find(bins, &target, &above);
    double mass = bins->mass[bin], taken = k - above.count;
    if (bin == bins->last) /* the sum of all others is known */
        mass = fmax(total - above.mass, 0);
    double high = fmin(taken * lln_coverage_edge(bins, bin), mass);
    double low = fmin(taken * mass / bins->count[bin], high);
    return (lln_coverage_bracket){above.mass + low, above.mass + high};
}

lln_coverage_bracket lln_coverage_bins_gini(const lln_coverage_bins *bins,
                                            double keys, double total)
{
    double before = 0, known = 0, sum = 0, gap = 0;
    for (size_t bin = 0; bin <= bins->last; bin++) {
        double count = bins->count[bin], mass = bins->mass[bin];
        bool last = bin == bins->last;
        if (last)
            mass = fmax(total - known, 0);
        /* Descending ranks before .. before + count - 1, of mean weight. */
        sum += mass * (keys - 2 * before - count);
        gap += (last ? 1 : 1.0 / 32) * (count / keys) * (mass / total);
        before += count;
        known += mass;
    }
    double low = fmax(sum / (keys * total), 0);
    return (lln_coverage_bracket){low, fmin(low + gap, 1 - 1 / keys)};
}
