/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/lognormal.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "core/vector_math.h"

enum {
    EXACT_ENTRIES = 1 << 17, /* sorted up to here */
    BINS = 1 << 16,          /* the busy half of the counters stays in L1 */
    HALF = BINS / 2,
    CHUNK = 512,     /* bin numbers are computed this many at a time */
    PILOT_ROWS = 64, /* tell where the bins should lie */
};
static const double HALF_RANGE = 16; /* of the bins, standard deviations */

/* Standard error of the mean over entries, estimated from some of n rows: a
 * ratio of sums over rows, of ln P and of keys. Cochran (1977), eq. 2.46. */
static double mean_error(const lln_row *rows, size_t count, size_t n,
                         const lln_moments *all)
{
    double used = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].keys < 2)
            continue;
        double residual = (rows[i].scores.mean - rows[i].log_norm - all->mean) *
                          (double)rows[i].keys;
        squares += residual * residual;
        used++;
    }
    if (count == n)
        return 0;
    double keys = all->count / used;
    return used > 1 ? sqrt(squares / (used - 1) / used *
                           (1 - (double)count / (double)n)) /
                          keys
                    : NAN;
}

/* All moments but the fit, from measured rows of n. */
static lln_status pool_moments(const lln_row *rows, size_t count, size_t n,
                               lln_lognormal *out)
{
    lln_moments all = {0};
    *out =
        (lln_lognormal){NAN, NAN, NAN, NAN, NAN, {NAN, NAN, NAN}, NAN, NAN, 0};
    for (size_t i = 0; i < count; i++) {
        if (rows[i].keys < 2)
            continue;
        lln_moments row = rows[i].scores;
        row.mean -= rows[i].log_norm;
        lln_moments_merge(&all, &row);
    }
    for (size_t i = 0; i < count; i++)
        if (rows[i].negative > 0)
            return lln_fail(LLN_EUNDEFINED, "P has negative entries");
    if (all.count == 0)
        return lln_fail(LLN_EUNDEFINED, "no row has two keys");
    out->mean_error = mean_error(rows, count, n, &all);
    lln_rows_mean(rows, count, n, lln_row_variance, &out->variance_row,
                  &out->variance_row_error);
    double variance = all.m2 / all.count;
    out->mean = all.mean;
    out->variance = variance;
    if (!(variance > 0))
        return lln_fail(LLN_EUNDEFINED, "ln P is constant");
    out->skewness = all.m3 / all.count / pow(variance, 1.5);
    out->excess_kurtosis = all.m4 / all.count / (variance * variance) - 3;
    return LLN_OK;
}

/* Counts of one thread. The narrow ones, of which twice as many stay in
 * cache, are moved to the wide ones before they can overflow. */
typedef struct {
    uint32_t narrow[BINS];
    uint64_t wide[BINS];
    uint64_t pending; /* sum of narrow */
} bin_counts;

/* What the visits fill: all values, or counts. */
typedef struct {
    size_t *offset; /* [count]: where a row's values start */
    double *values;
    bin_counts *counters;    /* [threads] */
    double center, per_unit; /* bin = HALF + floor((L - center) per_unit);
                                per_unit is a float */
} collector;

static void keep_row(void *context, int thread, size_t index,
                     const lln_row *row, lln_matrix scores)
{
    const collector *to = context;
    (void)thread;
    double *values = to->values + to->offset[index];
    if (row->keys < 2)
        return;
    lln_matrix_convert(scores, LLN_FLOAT64, values);
    for (size_t j = 0; j < row->keys; j++)
        values[j] -= row->log_norm;
}

#define LLN_BODY "measure/bin_numbers.inc"
#include "core/both_precisions.h"

static void widen_counts(bin_counts *counter)
{
    for (size_t bin = 0; bin < BINS; bin++)
        counter->wide[bin] += counter->narrow[bin];
    memset(counter->narrow, 0, sizeof counter->narrow);
    counter->pending = 0;
}

static void count_row(void *context, int thread, size_t index,
                      const lln_row *row, lln_matrix scores)
{
    const collector *to = context;
    (void)index;
    bin_counts *counter = &to->counters[thread];
    double offset = -(to->center + row->log_norm) * to->per_unit;
    if (row->keys < 2)
        return;
    if (counter->pending + row->keys > UINT32_MAX)
        widen_counts(counter);
    counter->pending += row->keys;
    for (size_t j = 0; j < row->keys; j += CHUNK) {
        size_t here = row->keys - j < CHUNK ? row->keys - j : CHUNK;
        int32_t at[CHUNK];
        if (scores.precision == LLN_FLOAT32)
            bin_numbers_f32((const float *)scores.data + j, here, (float)offset,
                            (float)to->per_unit, at);
        else
            bin_numbers_f64((const double *)scores.data + j, here, offset,
                            to->per_unit, at);
        for (size_t i = 0; i < here; i++)
            counter->narrow[at[i]]++;
    }
}

static lln_status sample_alloc(size_t size, lln_sample *sample)
{
    *sample = (lln_sample){.size = size};
    sample->values = lln_array_alloc(size, sizeof(double));
    sample->counts = lln_array_alloc(size, sizeof(double));
    if (sample->values && sample->counts)
        return LLN_OK;
    lln_sample_free(sample);
    return LLN_ENOMEM;
}

/* Moves the values of rows together: a row has at most as many keys as its
 * mask allows. Returns how many there are. */
static size_t close_gaps(const collector *to, const lln_row *rows, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        size_t keys = rows[i].keys > 1 ? rows[i].keys : 0;
        memmove(to->values + total, to->values + to->offset[i],
                keys * sizeof *to->values);
        total += keys;
    }
    return total;
}

/* Sorts all values: at most EXACT_ENTRIES of them. */
static lln_status collect_values(lln_attention *attention,
                                 const size_t *queries, size_t count,
                                 lln_row *measured, lln_sample *sample)
{
    collector to = {.offset = calloc(count, sizeof(size_t))};
    if (!to.offset)
        return lln_fail(LLN_ENOMEM, "out of memory");
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        size_t first, end;
        lln_mask_keys(attention->mask, attention->n, attention->m,
                      queries ? queries[i] : i, &first, &end);
        to.offset[i] = total;
        total += end - first > 1 ? end - first : 0;
    }
    lln_status status = sample_alloc(total, sample);
    if (status == LLN_OK) {
        to.values = sample->values;
        status =
            lln_rows_visit(attention, queries, count, keep_row, &to, measured);
    }
    if (status == LLN_OK) {
        sample->size = close_gaps(&to, measured, count);
        sample->total = (double)sample->size;
        gsl_sort(sample->values, 1, sample->size);
        for (size_t i = 0; i < sample->size; i++)
            sample->counts[i] = 1;
    }
    free(to.offset);
    return status;
}

/* The bins that are not empty, summed over threads. */
static lln_status sum_bins(const collector *from, size_t threads,
                           lln_sample *sample)
{
    LLN_TRY(sample_alloc(BINS, sample));
    sample->width = 1 / from->per_unit;
    size_t size = 0;
    for (size_t bin = 0; bin < BINS; bin++) {
        uint64_t count = 0;
        for (size_t t = 0; t < threads; t++)
            count +=
                from->counters[t].wide[bin] + from->counters[t].narrow[bin];
        if (count == 0)
            continue;
        sample->values[size] =
            from->center + ((double)bin - HALF + 0.5) / from->per_unit;
        sample->counts[size++] = (double)count;
        sample->total += (double)count;
    }
    sample->size = size;
    return LLN_OK;
}

/* Counts all values in bins around mean. */
static lln_status collect_bins(lln_attention *attention, const size_t *queries,
                               size_t count, double mean, double deviation,
                               lln_row *measured, lln_sample *sample)
{
    size_t threads = (size_t)lln_threads_count();
    collector to = {.counters = calloc(threads, sizeof(bin_counts)),
                    .center = mean,
                    .per_unit = (float)(HALF / (HALF_RANGE * deviation))};
    if (!to.counters)
        return lln_fail(LLN_ENOMEM, "out of memory");
    lln_status status =
        lln_rows_visit(attention, queries, count, count_row, &to, measured);
    if (status == LLN_OK)
        status = sum_bins(&to, threads, sample);
    free(to.counters);
    return status;
}

/* Mean and deviation of a few rows, to lay the bins by. */
static lln_status measure_pilot(lln_attention *attention, const size_t *queries,
                                size_t count, double *mean, double *deviation)
{
    size_t list[PILOT_ROWS];
    lln_row measured[PILOT_ROWS];
    size_t used = count < PILOT_ROWS ? count : PILOT_ROWS;
    for (size_t i = 0; i < used; i++) {
        size_t at = (2 * i + 1) * count / (2 * used);
        list[i] = queries ? queries[at] : at;
    }
    LLN_TRY(lln_rows_measure(attention, list, used, LLN_ROW_MOMENTS, measured));
    lln_lognormal guess;
    lln_status status = pool_moments(measured, used, attention->n, &guess);
    *mean = guess.mean;
    *deviation = sqrt(guess.variance);
    return status;
}

/* The bins were laid by a pilot; if it misjudged the spread, once more by
 * what is now known. */
static lln_status count_entries(lln_attention *attention, const size_t *queries,
                                size_t count, lln_row *measured,
                                lln_lognormal *out, lln_sample *sample)
{
    double mean = 0, deviation = 0;
    lln_status status =
        measure_pilot(attention, queries, count, &mean, &deviation);
    if (status != LLN_OK && status != LLN_EUNDEFINED)
        return status;
    if (status == LLN_EUNDEFINED)
        mean = 0, deviation = 1;
    for (int attempt = 0; attempt < 2; attempt++) {
        LLN_TRY(collect_bins(attention, queries, count, mean, deviation,
                             measured, sample));
        status = pool_moments(measured, count, attention->n, out);
        double actual = sqrt(out->variance);
        if (status != LLN_OK ||
            (fabs(out->mean - mean) < 4 * actual && actual > deviation / 4 &&
             actual < deviation * 4))
            return status;
        if (attempt == 0)
            lln_sample_free(sample);
        mean = out->mean;
        deviation = actual;
    }
    return status;
}

static lln_status measure_entries(lln_attention *attention,
                                  const size_t *queries, size_t count,
                                  lln_row *measured, lln_lognormal *out,
                                  lln_sample *sample)
{
    size_t entries;
    LLN_TRY(lln_size_multiply(count, attention->m, &entries));
    bool exact = entries <= EXACT_ENTRIES;
    if (exact) {
        LLN_TRY(collect_values(attention, queries, count, measured, sample));
        LLN_TRY(pool_moments(measured, count, attention->n, out));
    } else {
        LLN_TRY(
            count_entries(attention, queries, count, measured, out, sample));
    }
    if (attention->log_variance_row) {
        LLN_TRY(attention->log_variance_row(attention, &out->variance_row));
        out->variance_row_error = 0;
    }
    for (size_t i = 0; !exact && i < sample->size; i++)
        out->resolution =
            fmax(out->resolution, sample->counts[i] / sample->total);
    return lln_sample_normal_fit(sample, out->mean, sqrt(out->variance),
                                 &out->fit);
}

lln_status lln_lognormal_measure(lln_attention *attention,
                                 const size_t *queries, size_t count,
                                 lln_lognormal *out, lln_sample *sample)
{
    lln_sample own = {0};
    lln_row *measured;
    LLN_TRY(lln_rows_alloc(attention, queries, &count, &measured));
    lln_status status =
        measure_entries(attention, queries, count, measured, out, &own);
    free(measured);
    if (sample && (status == LLN_OK || status == LLN_EUNDEFINED))
        *sample = own;
    else
        lln_sample_free(&own);
    return status;
}

lln_status lln_lognormal_histogram(const lln_lognormal *fit,
                                   const lln_sample *sample, double range,
                                   size_t bins, double *density, double *normal)
{
    return lln_sample_histogram(sample, fit->mean, sqrt(fit->variance), range,
                                bins, density, normal);
}

lln_status lln_lognormal_quantiles(const lln_lognormal *fit,
                                   const lln_sample *sample, size_t count,
                                   double *sample_q, double *normal_q)
{
    return lln_sample_quantiles(sample, fit->mean, sqrt(fit->variance), count,
                                sample_q, normal_q);
}
