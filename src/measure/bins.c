/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/bins.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector_math.h"

enum {
    HALF = 1 << 14,       /* narrow bins on each side of the center */
    WIDE_SHIFT = 23 - 10, /* drops bits of a float: 2^10 an octave */
    WIDE = 22 << 10,      /* on each side beyond the narrow ones */
    CENTER = HALF + WIDE, /* index of the bin that begins at the center */
    BINS = 2 * (HALF + WIDE),
    CHUNK = 512, /* bin indices are computed in groups of this size */
};
static const double HALF_RANGE = 8; /* standard deviations; narrow bins */

/* Counts of one thread. They are kept in 32 bits, so that twice as many fit in
 * the cache, and added to the 64-bit counts before they can overflow. */
typedef struct {
    uint32_t narrow[BINS];
    uint64_t wide[BINS];
    uint64_t pending; /* sum of narrow */
} counter;

struct lln_bins {
    counter *counters; /* [threads] */
    size_t threads;
    double center, per_unit; /* narrow bins in a unit; a float if possible */
};

#define LLN_BODY "measure/bins.inc"
#include "core/both_precisions.h"

lln_status lln_bins_open(double center, double deviation, size_t threads,
                         lln_bins **bins)
{
    lln_bins *opened = calloc(1, sizeof *opened);
    *bins = NULL;
    if (!opened)
        return lln_fail(LLN_ENOMEM, "out of memory");
    opened->counters = lln_array_alloc(threads, sizeof *opened->counters);
    opened->threads = threads;
    opened->center = center;
    opened->per_unit = HALF / (HALF_RANGE * deviation);
    if (opened->per_unit >= FLT_MIN && opened->per_unit <= FLT_MAX)
        opened->per_unit = (float)opened->per_unit;
    if (!opened->counters) {
        lln_bins_close(opened);
        return LLN_ENOMEM;
    }
    *bins = opened;
    return LLN_OK;
}

static void widen_counts(counter *counts)
{
    for (size_t bin = 0; bin < BINS; bin++)
        counts->wide[bin] += counts->narrow[bin];
    memset(counts->narrow, 0, sizeof counts->narrow);
    counts->pending = 0;
}

/* Whether float32 gives bin positions to a small fraction of a bin. */
static bool float_is_enough(double scale, double shift)
{
    return fabs(shift) <= 1 << 20 && scale > 0x1p-96 && scale < 0x1p96;
}

/* Bin indices of x - offset for elements j .. j + count - 1 of a, count <=
 * CHUNK. */
static void find_bins(const lln_bins *bins, lln_matrix a, size_t j,
                      size_t count, double offset, int32_t *at)
{
    double scale = bins->per_unit, shift = -(bins->center + offset) * scale;
    double x[CHUNK];
    lln_matrix part = {a.precision, a.rows * a.columns, 1, a.data};
    part = lln_matrix_rows(part, j, count);
    if (a.precision == LLN_FLOAT32 && float_is_enough(scale, shift)) {
        bin_numbers_f32(part.data, count, (float)shift, (float)scale, at);
        return;
    }
    if (a.precision == LLN_FLOAT32) {
        lln_matrix_convert(part, LLN_FLOAT64, x);
        part.data = x;
    }
    bin_numbers_f64(part.data, count, shift, scale, at);
}

void lln_bins_add(lln_bins *bins, size_t thread, lln_matrix a, double offset)
{
    counter *counts = &bins->counters[thread];
    size_t count = a.rows * a.columns;
    for (size_t j = 0; j < count; j += CHUNK) {
        size_t here = count - j < CHUNK ? count - j : CHUNK;
        int32_t at[CHUNK];
        if (counts->pending + here > UINT32_MAX)
            widen_counts(counts);
        counts->pending += here;
        find_bins(bins, a, j, here, offset, at);
        for (size_t i = 0; i < here; i++)
            counts->narrow[at[i]]++;
    }
}

/* The lower edge of bin CENTER + bin, in narrow bins from the center. */
static double lower_edge(int32_t bin)
{
    const uint32_t first = lln_bits_f32(HALF);
    if (bin >= -HALF && bin <= HALF)
        return bin;
    uint32_t wide = (uint32_t)(abs(bin) - HALF) << WIDE_SHIFT;
    double edge = (double)lln_from_bits_f32(first + wide);
    return bin < 0 ? -edge : edge;
}

static uint64_t bin_count(const lln_bins *bins, size_t bin)
{
    uint64_t count = 0;
    for (size_t t = 0; t < bins->threads; t++)
        count += bins->counters[t].wide[bin] + bins->counters[t].narrow[bin];
    return count;
}

lln_status lln_bins_collect(const lln_bins *bins, lln_sample *sample)
{
    LLN_TRY(lln_sample_alloc(BINS, true, sample));
    size_t size = 0;
    for (int32_t bin = 0; bin < BINS; bin++) {
        uint64_t count = bin_count(bins, (size_t)bin);
        if (count == 0)
            continue;
        double low = lower_edge(bin - CENTER) / bins->per_unit;
        double high = lower_edge(bin - CENTER + 1) / bins->per_unit;
        sample->values[size] = bins->center + (low + high) / 2;
        sample->half[size] = (high - low) / 2;
        sample->counts[size++] = (double)count;
        sample->total += (double)count;
    }
    sample->size = size;
    return LLN_OK;
}

void lln_bins_close(lln_bins *bins)
{
    if (bins)
        free(bins->counters);
    free(bins);
}
