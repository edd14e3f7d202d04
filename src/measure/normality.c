/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/normality.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"

enum { MOST_SORTED = 1 << 20 };

lln_status lln_normality_measure(lln_matrix a, lln_normality *out)
{
    size_t entries = a.rows * a.columns;
    size_t stride = entries / MOST_SORTED + (entries % MOST_SORTED != 0);
    *out = (lln_normality){NAN, NAN, NAN, NAN, {NAN, NAN, NAN}};
    if (entries < 2)
        return lln_fail(LLN_EUNDEFINED, "%zu entries", entries);
    lln_matrix flat = {a.precision, 1, entries, a.data};
    lln_moments all = lln_matrix_summarise(a);
    double variance = all.m2 / all.count;
    out->mean = all.mean;
    out->deviation = sqrt(all.m2 / (all.count - 1));
    if (!(variance > 0))
        return lln_fail(LLN_EUNDEFINED, "all entries are equal");
    out->skewness = all.m3 / all.count / pow(variance, 1.5);
    out->excess_kurtosis = all.m4 / all.count / (variance * variance) - 3;
    lln_sample sample = {.size = (entries + stride - 1) / stride};
    sample.values = lln_array_alloc(sample.size, sizeof(double));
    sample.counts = lln_array_alloc(sample.size, sizeof(double));
    lln_status status = sample.values && sample.counts ? LLN_OK : LLN_ENOMEM;
    for (size_t i = 0; status == LLN_OK && i < sample.size; i++) {
        sample.values[i] = lln_matrix_get(flat, 0, i * stride);
        sample.counts[i] = 1;
    }
    sample.total = (double)sample.size;
    if (status == LLN_OK) {
        gsl_sort(sample.values, 1, sample.size);
        status =
            lln_sample_normal_fit(&sample, all.mean, sqrt(variance), &out->fit);
    }
    lln_sample_free(&sample);
    return status;
}
