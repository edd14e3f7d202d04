/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/lognormal.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/sorting.h"
#include "core/threads.h"
#include "measure/bins.h"
#include "measure/ks.h"
#include "measure/lognormal_left_out.h"
#include "measure/row_excess.h"
#include "measure/row_finish.h"

enum {
    EXACT_ENTRIES = 1 << 17, /* sorted up to here */
    PILOT_ROWS = 64,         /* a few rows that determine the bins */
};

/* Largest differences from the values for which bins were made: of the standard
 * deviation, as a factor, and of the mean, in standard deviations. */
static const double NEAR_DEVIATION = 1.2, NEAR_MEAN = 0.5;

/* Entries are represented by L' = ln P + ln m, which is 0 for uniform
 * attention, so that a spread far below the rounding of ln m is not lost. */
static double row_excess(const lln_attention *attention, const lln_row *row)
{
    const lln_moments *s = &row->scores;
    double keys = s->count, m = (double)attention->m;
    if (attention->kind != LLN_ATTENTION_TILES)
        return row->log_norm - log(m) - s->mean;
    return lln_row_excess(row->log_norm, s->mean, s->m2 / keys, s->m3 / keys,
                          s->m4 / keys, log(m), log(keys / m));
}

/* L' is a score of the row minus this. */
static double row_origin(const lln_attention *attention, const lln_row *row)
{
    return row->scores.mean + row_excess(attention, row);
}

/* Standard error of the mean over entries, estimated from some of n rows: a
 * ratio of sums over rows, of L' and of keys. Cochran (1977), eq. 2.46. */
static double mean_error(const lln_attention *attention, const lln_row *rows,
                         size_t count, const lln_moments *all)
{
    double used = 0, squares = 0, n = (double)attention->n;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].keys < 2)
            continue;
        double residual = (row_excess(attention, &rows[i]) + all->mean) *
                          (double)rows[i].keys;
        squares += residual * residual;
        used++;
    }
    if (count == attention->n)
        return 0;
    double keys = all->count / used;
    return used > 1
               ? sqrt(squares / (used - 1) / used * (1 - (double)count / n)) /
                     keys
               : NAN;
}

/* Moments of L'; the spread is 0 if it is below the rounding of scores. */
static lln_moments merge_rows(const lln_attention *attention,
                              const lln_row *rows, size_t count)
{
    lln_moments all = {0};
    double rounding = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].keys < 2)
            continue;
        lln_moments row = rows[i].scores;
        row.mean = -row_excess(attention, &rows[i]);
        lln_moments_merge(&all, &row);
        rounding = fmax(rounding, lln_row_rounding(attention, &rows[i]));
    }
    lln_moments_settle(&all, rounding);
    return all;
}

lln_status lln_lognormal_pool(const lln_attention *attention,
                              const lln_row *rows, size_t count,
                              lln_lognormal *out)
{
    *out = (lln_lognormal){NAN, NAN, NAN, NAN, NAN, {NAN, NAN, NAN},
                           NAN, NAN, 0,   NAN};
    lln_moments all = merge_rows(attention, rows, count);
    for (size_t i = 0; i < count; i++)
        if (rows[i].negative > 0)
            return lln_fail(LLN_EUNDEFINED, "P has negative entries");
    if (all.count == 0)
        return lln_fail(LLN_EUNDEFINED, "no row has two keys");
    out->mean_error = mean_error(attention, rows, count, &all);
    lln_rows_mean(rows, count, attention->n, lln_row_variance,
                  &out->variance_row, &out->variance_row_error);
    double variance = all.m2 / all.count;
    out->sample_mean = all.mean;
    out->mean = all.mean - log((double)attention->m);
    out->variance = variance;
    if (!(variance > 0))
        return lln_fail(LLN_EUNDEFINED, "ln P is constant");
    out->skewness = all.m3 / all.count / pow(variance, 1.5);
    out->excess_kurtosis = all.m4 / all.count / (variance * variance) - 3;
    return LLN_OK;
}

/* Where visits store entries: all values, or bins. */
typedef struct {
    const lln_attention *attention;
    size_t *offset; /* [count]: start of a row's values */
    double *values;
    lln_bins *bins;
} collector;

static void keep_row(void *context, int thread, size_t index,
                     const lln_row *row, lln_matrix scores)
{
    const collector *to = context;
    (void)thread;
    double *values = to->values + to->offset[index];
    if (row->keys < 2)
        return;
    double origin = row_origin(to->attention, row);
    lln_matrix_convert(scores, LLN_FLOAT64, values);
    for (size_t j = 0; j < row->keys; j++)
        values[j] -= origin;
}

static void count_row(void *context, int thread, size_t index,
                      const lln_row *row, lln_matrix scores)
{
    const collector *to = context;
    (void)index;
    if (row->keys > 1)
        lln_bins_add(to->bins, (size_t)thread, scores,
                     row_origin(to->attention, row));
}

/* Visits the rows, and measures them without each group unless left_out is
 * NULL. */
static lln_status visit_rows(lln_attention *attention, const size_t *queries,
                             size_t count, lln_row_visit *visit, collector *to,
                             const lln_rows_left_out *left_out,
                             lln_row *measured)
{
    return left_out
               ? lln_rows_leave_out(attention, 0, visit, to, left_out, measured)
               : lln_rows_visit(attention, queries, count, visit, to, measured);
}

/* Closes the gaps between rows that have fewer keys than the mask allows.
 * Returns the number of values. */
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
                                 const lln_rows_left_out *left_out,
                                 lln_row *measured, lln_sample *sample)
{
    collector to = {.attention = attention,
                    .offset = calloc(count, sizeof(size_t))};
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
    lln_status status = lln_sample_alloc(total, false, sample);
    if (status == LLN_OK) {
        to.values = sample->values;
        status = visit_rows(attention, queries, count, keep_row, &to, left_out,
                            measured);
    }
    if (status == LLN_OK) {
        sample->size = close_gaps(&to, measured, count);
        sample->total = (double)sample->size;
        status = lln_sort_reals(sample->values, sample->size);
    }
    free(to.offset);
    return status;
}

/* Counts all values in bins around the mean. */
static lln_status collect_bins(lln_attention *attention, const size_t *queries,
                               size_t count, double mean, double deviation,
                               const lln_rows_left_out *left_out,
                               lln_row *measured, lln_sample *sample)
{
    collector to = {.attention = attention};
    LLN_TRY(
        lln_bins_open(mean, deviation, (size_t)lln_threads_count(), &to.bins));
    lln_status status = visit_rows(attention, queries, count, count_row, &to,
                                   left_out, measured);
    if (status == LLN_OK)
        status = lln_bins_collect(to.bins, sample);
    lln_bins_close(to.bins);
    return status;
}

/* Mean and standard deviation of a few rows, to choose the bins. The rows are
 * drawn at random: equidistant rows would resemble each other if the data have
 * a period. */
static lln_status measure_pilot(lln_attention *attention, const size_t *queries,
                                size_t count, double *mean, double *deviation)
{
    size_t list[PILOT_ROWS];
    lln_row measured[PILOT_ROWS];
    size_t used = count < PILOT_ROWS ? count : PILOT_ROWS;
    LLN_TRY(lln_rows_draw(count, used, 0, 0, list));
    for (size_t i = 0; queries && i < used; i++)
        list[i] = queries[list[i]];
    LLN_TRY(lln_rows_measure(attention, list, used, LLN_ROW_MOMENTS, measured));
    lln_lognormal guess;
    lln_status status = lln_lognormal_pool(attention, measured, used, &guess);
    *mean = guess.sample_mean;
    *deviation = sqrt(guess.variance);
    return status;
}

static bool laid_well(double mean, double deviation, const lln_lognormal *out)
{
    double actual = sqrt(out->variance);
    return fabs(out->sample_mean - mean) < NEAR_MEAN * deviation &&
           actual > deviation / NEAR_DEVIATION &&
           actual < deviation * NEAR_DEVIATION;
}

/* Bins are chosen from a few rows. If these misjudged the spread, everything is
 * counted again with bins chosen from all rows. */
static lln_status count_entries(lln_attention *attention, const size_t *queries,
                                size_t count, const lln_rows_left_out *left_out,
                                lln_row *measured, lln_lognormal *out,
                                lln_sample *sample)
{
    double mean = 0, deviation = 0;
    lln_status status =
        measure_pilot(attention, queries, count, &mean, &deviation);
    if (status != LLN_OK && status != LLN_EUNDEFINED)
        return status;
    if (status == LLN_EUNDEFINED)
        mean = 0, deviation = 1;
    for (int attempt = 0; attempt < 2; attempt++) {
        lln_sample_free(sample);
        LLN_TRY(collect_bins(attention, queries, count, mean, deviation,
                             left_out, measured, sample));
        status = lln_lognormal_pool(attention, measured, count, out);
        if (status != LLN_OK || laid_well(mean, deviation, out))
            return status;
        mean = out->sample_mean;
        deviation = sqrt(out->variance);
    }
    return status;
}

/* The largest error of KS due to bins: the density in the middle times the
 * width of the narrowest bin, which is there. */
static double find_resolution(const lln_sample *sample, double deviation)
{
    double narrowest = INFINITY;
    if (!sample->half)
        return 0;
    for (size_t i = 0; i < sample->size; i++)
        narrowest = fmin(narrowest, sample->half[i]);
    return 2 * narrowest / deviation * gsl_ran_ugaussian_pdf(0);
}

/* Moments and distribution of the entries, in values or bins. */
static lln_status find_all(lln_attention *attention, const size_t *queries,
                           size_t count, const lln_rows_left_out *left_out,
                           lln_row *measured, lln_lognormal *out,
                           lln_sample *sample)
{
    size_t entries;
    LLN_TRY(lln_size_multiply(count, attention->m, &entries));
    if (entries > EXACT_ENTRIES)
        return count_entries(attention, queries, count, left_out, measured, out,
                             sample);
    LLN_TRY(
        collect_values(attention, queries, count, left_out, measured, sample));
    return lln_lognormal_pool(attention, measured, count, out);
}

static lln_status measure_entries(lln_attention *attention,
                                  const size_t *queries, size_t count,
                                  const lln_rows_left_out *left_out,
                                  lln_row *measured, lln_lognormal *out,
                                  lln_sample *sample)
{
    lln_status status =
        find_all(attention, queries, count, left_out, measured, out, sample);
    bool found = status == LLN_OK || status == LLN_EUNDEFINED;
    if (found && attention->log_variance_row) {
        LLN_TRY(attention->log_variance_row(attention, &out->variance_row));
        out->variance_row_error = 0;
    }
    if (status != LLN_OK)
        return status;
    out->resolution = find_resolution(sample, sqrt(out->variance));
    return lln_sample_normal_fit(sample, out->sample_mean, sqrt(out->variance),
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
        measure_entries(attention, queries, count, NULL, measured, out, &own);
    free(measured);
    if (sample && (status == LLN_OK || status == LLN_EUNDEFINED))
        *sample = own;
    else
        lln_sample_free(&own);
    return status;
}

lln_status lln_lognormal_distance(lln_attention *attention,
                                  const size_t *queries, size_t count,
                                  double *ks)
{
    lln_sample sample = {0};
    lln_lognormal moments;
    lln_row *measured;
    *ks = NAN;
    LLN_TRY(lln_rows_alloc(attention, queries, &count, &measured));
    lln_status status =
        find_all(attention, queries, count, NULL, measured, &moments, &sample);
    if (status == LLN_OK)
        *ks =
            lln_sample_ks(&sample, moments.sample_mean, sqrt(moments.variance));
    free(measured);
    lln_sample_free(&sample);
    return status;
}

lln_status lln_lognormal_leave_out(lln_attention *attention,
                                   const lln_rows_left_out *left_out,
                                   lln_lognormal *out)
{
    lln_sample sample = {0};
    lln_row *measured;
    size_t count;
    LLN_TRY(lln_rows_alloc(attention, NULL, &count, &measured));
    lln_status status = measure_entries(attention, NULL, count, left_out,
                                        measured, out, &sample);
    free(measured);
    lln_sample_free(&sample);
    return status;
}

lln_status lln_lognormal_histogram(const lln_lognormal *fit,
                                   const lln_sample *sample, double range,
                                   size_t bins, double *density, double *normal)
{
    return lln_sample_histogram(sample, fit->sample_mean, sqrt(fit->variance),
                                range, bins, density, normal);
}

lln_status lln_lognormal_quantiles(const lln_lognormal *fit,
                                   const lln_sample *sample, size_t count,
                                   double *sample_q, double *normal_q)
{
    return lln_sample_quantiles(sample, fit->sample_mean, sqrt(fit->variance),
                                count, sample_q, normal_q);
}
