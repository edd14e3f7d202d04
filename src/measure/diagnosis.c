/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/diagnosis.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "measure/spectrum.h"

/* P of 4096 tokens in float32. */
static const size_t KEPT_BYTES = (size_t)64 << 20;

static lln_status measure_entropy(lln_attention *attention, lln_entropy *out)
{
    lln_row *rows;
    size_t count;
    LLN_TRY(lln_rows_alloc(attention, NULL, &count, &rows));
    lln_status status = lln_rows_measure(
        attention, NULL, count, LLN_ROW_ENTROPY | LLN_ROW_MOMENTS, rows);
    if (status == LLN_OK)
        lln_entropy_summarise(attention, rows, count, out, NULL);
    free(rows);
    return status;
}

lln_status lln_head_diagnosis_measure(lln_attention *attention, bool sigma,
                                      lln_head_diagnosis *out)
{
    lln_entropy entropy;
    double centered_sigma1 = NAN;
    LLN_TRY(measure_entropy(attention, &entropy));
    if (sigma)
        LLN_TRY(lln_spectrum_centered_sigma1(attention, KEPT_BYTES,
                                             &centered_sigma1));
    *out = (lln_head_diagnosis){
        .entropy = entropy.entropy,
        .over_log_n = entropy.over_log_n,
        .over_ceiling = entropy.over_ceiling,
        .normalized = entropy.normalized,
        .floor = entropy.floor,
        .max_logit = entropy.max_logit,
        .centered_sigma1 = centered_sigma1,
    };
    return LLN_OK;
}

/* The larger; NaN if either is. */
static double larger(double a, double b)
{
    return a > b || isnan(a) ? a : b;
}

static void add_means(const lln_head_diagnosis *head, double share,
                      lln_diagnosis *out)
{
    out->entropy += share * head->entropy;
    out->over_log_n += share * head->over_log_n;
    out->over_ceiling += share * head->over_ceiling;
    out->normalized += share * head->normalized;
    out->floor += share * head->floor;
    out->centered_sigma1 += share * head->centered_sigma1;
    out->centered_sigma1_max =
        larger(out->centered_sigma1_max, head->centered_sigma1);
    out->max_logit = larger(out->max_logit, head->max_logit);
}

/* The fractions of heads in each quarter: parts are values / largest possible
 * value; NaN parts are left out. */
static void share_out(const double *parts, size_t count, double shares[])
{
    for (int q = 0; q < LLN_QUARTERS; q++) {
        double low = q / 4.0, high = q < 3 ? (q + 1) / 4.0 : INFINITY;
        size_t inside = 0, all = 0;
        for (size_t i = 0; i < count; i++) {
            inside += parts[i] >= low && parts[i] < high;
            all += !isnan(parts[i]);
        }
        shares[q] = all > 0 ? (double)inside / (double)all : NAN;
    }
}

static void find_extremes(const lln_head_diagnosis *heads, size_t count,
                          lln_diagnosis *out)
{
    for (size_t i = 0; i < count; i++) {
        out->least = fmin(out->least, heads[i].entropy);
        out->largest = fmax(out->largest, heads[i].entropy);
        out->undefined += isnan(heads[i].entropy);
    }
}

lln_status lln_diagnosis_summarise(const lln_head_diagnosis *heads,
                                   size_t count, lln_diagnosis *out)
{
    *out = (lln_diagnosis){.largest = NAN,
                           .least = NAN,
                           .centered_sigma1_max = -INFINITY,
                           .max_logit = -INFINITY};
    double *parts = lln_array_alloc(count, sizeof *parts);
    if (!parts)
        return LLN_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        add_means(&heads[i], 1 / (double)count, out);
        parts[i] = heads[i].over_ceiling;
    }
    find_extremes(heads, count, out);
    share_out(parts, count, out->of_ceiling);
    for (size_t i = 0; i < count; i++)
        parts[i] = heads[i].entropy / out->largest; /* 0/0 is in no quarter */
    share_out(parts, count, out->of_largest);
    free(parts);
    return LLN_OK;
}
