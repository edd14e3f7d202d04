/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/normality.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <omp.h>

#include "core/threads.h"
#include "measure/bins.h"

/* Largest number of entries that are sorted, and of parts for threads. */
enum { MOST_SORTED = 1 << 20, RUNS = 64 };

static lln_status sort_entries(lln_matrix a, lln_sample *sample)
{
    LLN_TRY(lln_sample_alloc(a.rows * a.columns, false, sample));
    lln_matrix_convert(a, LLN_FLOAT64, sample->values);
    gsl_sort(sample->values, 1, sample->size);
    return LLN_OK;
}

static lln_status count_entries(lln_matrix a, double mean, double deviation,
                                lln_sample *sample)
{
    lln_bins *bins;
    size_t entries = a.rows * a.columns;
    lln_matrix flat = {a.precision, entries, 1, a.data};
    LLN_TRY(lln_bins_open(mean, deviation, (size_t)lln_threads_count(), &bins));
#pragma omp parallel for schedule(static)
    for (size_t r = 0; r < RUNS; r++) {
        size_t first = entries / RUNS * r;
        size_t end = r + 1 < RUNS ? entries / RUNS * (r + 1) : entries;
        lln_bins_add(bins, (size_t)omp_get_thread_num(),
                     lln_matrix_rows(flat, first, end - first), 0);
    }
    lln_status status = lln_bins_collect(bins, sample);
    lln_bins_close(bins);
    return status;
}

static lln_status fit_entries(lln_matrix a, double mean, double deviation,
                              lln_normal_fit *fit)
{
    lln_sample sample = {0};
    lln_status status = a.rows * a.columns <= MOST_SORTED
                            ? sort_entries(a, &sample)
                            : count_entries(a, mean, deviation, &sample);
    if (status == LLN_OK)
        status = lln_sample_normal_fit(&sample, mean, deviation, fit);
    lln_sample_free(&sample);
    return status;
}

lln_status lln_normality_measure(lln_matrix a, lln_normality *out)
{
    size_t entries = a.rows * a.columns;
    *out = (lln_normality){NAN, NAN, NAN, NAN, {NAN, NAN, NAN}};
    if (entries < 2)
        return lln_fail(LLN_EUNDEFINED, "%zu entries; expected at least 2",
                        entries);
    lln_moments all = lln_matrix_summarise(a);
    double variance = all.m2 / all.count;
    out->mean = all.mean;
    out->deviation = sqrt(all.m2 / (all.count - 1));
    if (!(variance > 0) && lln_matrix_underflows(a)) {
        out->deviation = NAN;
        return lln_fail(LLN_EUNDEFINED, "the variance underflows float64");
    }
    if (!(variance > 0))
        return lln_fail(LLN_EUNDEFINED, "all entries are equal");
    out->skewness = all.m3 / all.count / pow(variance, 1.5);
    out->excess_kurtosis = all.m4 / all.count / (variance * variance) - 3;
    return fit_entries(a, all.mean, sqrt(variance), &out->fit);
}
