/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/report.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "kernel/table/table.h"
#include "match/features_used.h"
#include "match/gap.h"
#include "match/lln_side.h"
#include "measure/entropy.h"
#include "measure/lognormal.h"
#include "theory/number_range.h"

const lln_report_summary lln_report_unknown = {NAN, NAN, NAN, NAN,
                                               NAN, NAN, NAN, NAN};

/* a / b; NaN if b is no more than rounding. */
static double ratio(double a, double b, double rounding)
{
    return b > rounding ? a / b : NAN;
}

double lln_report_relative_error(double value, double reference)
{
    return ratio(value, reference, 0) - 1;
}

double lln_report_lambda2_ratio(const lln_report_summary *lln,
                                const lln_report_summary *softmax, size_t n)
{
    return ratio(lln->lambda2, softmax->lambda2, (double)n * DBL_EPSILON);
}

/* Within-row log-variance D2: in closed form if there is one, else from the
 * rows. */
static lln_status log_variance(const lln_attention *attention,
                               const lln_row *rows, size_t n, double *variance)
{
    double error;
    if (!attention->log_variance_row) {
        lln_rows_mean(rows, n, n, lln_row_variance, variance, &error);
        return LLN_OK;
    }
    lln_status status = attention->log_variance_row(attention, variance);
    return status == LLN_EUNDEFINED ? LLN_OK : status;
}

/* Moments of ln P; those that do not exist stay NaN. */
static void describe_moments(const lln_attention *attention,
                             const lln_row *rows, size_t n,
                             lln_report_summary *out)
{
    lln_lognormal fit;
    double error;
    lln_status status = lln_lognormal_pool(attention, rows, n, &fit);
    if (status != LLN_OK && status != LLN_EUNDEFINED)
        return;
    out->log_variance_overall = fit.variance;
    out->skewness = fit.skewness;
    out->excess_kurtosis = fit.excess_kurtosis;
    lln_rows_mean(rows, n, n, lln_row_skewness, &out->skewness_row, &error);
    lln_rows_mean(rows, n, n, lln_row_kurtosis, &out->excess_kurtosis_row,
                  &error);
}

lln_status lln_report_attention(lln_attention *attention, unsigned what,
                                lln_report_summary *out)
{
    size_t n = 0;
    lln_row *rows;
    bool moments = !attention->log_variance_row || (what & LLN_REPORT_MOMENTS);
    *out = lln_report_unknown;
    LLN_TRY(lln_rows_alloc(attention, NULL, &n, &rows));
    lln_status status = lln_rows_measure(
        attention, NULL, n, LLN_ROW_ENTROPY | (moments ? LLN_ROW_MOMENTS : 0),
        rows);
    if (status == LLN_OK) {
        lln_entropy entropy;
        lln_entropy_summarise(attention, rows, n, &entropy, NULL);
        out->entropy = entropy.entropy;
        if (what & LLN_REPORT_MOMENTS)
            describe_moments(attention, rows, n, out);
        status = log_variance(attention, rows, n, &out->log_variance);
    }
    free(rows);
    return status;
}

static lln_status summarise_kernel(const lln_kernel_choice *kernel,
                                   const lln_head *head, unsigned what,
                                   lln_report_summary *out)
{
    lln_attention attention = {0};
    LLN_TRY(lln_kernel_open(kernel, head, &attention));
    lln_status status = lln_report_attention(&attention, what, out);
    lln_attention_close(&attention);
    return status == LLN_OK && (what & LLN_REPORT_SPECTRUM)
               ? lln_gap_lambda2(kernel, head, &out->lambda2)
               : status;
}

lln_status lln_report_softmax(const lln_head *head, unsigned what,
                              lln_report_summary *out)
{
    lln_kernel_choice choice;
    LLN_TRY(lln_kernel_parse("softmax", &choice));
    return summarise_kernel(&choice, head, what, out);
}

/* The same for one row, counted in float64: no more than 2^53. */
LLN_CLONES static void scan_row(const double *x, double factor, size_t d,
                                double limit_fp16, double limit_bf16,
                                double *max, double *fp16, double *bf16)
{
    double largest = *max, over16 = 0, over_bf16 = 0;
#pragma omp simd reduction(max : largest) reduction(+ : over16, over_bf16)
    for (size_t l = 0; l < d; l++) {
        double y = factor * x[l];
        largest = y > largest ? y : largest;
        over16 += y >= limit_fp16 ? 1 : 0;
        over_bf16 += y >= limit_bf16 ? 1 : 0;
    }
    *max = largest;
    *fp16 += over16;
    *bf16 += over_bf16;
}

/* The largest of the exponents factor a_il, and how many of them overflow. row:
 * scratch [d]. */
static void scan_exponents(lln_matrix a, double factor, double *row,
                           double *max, double *fp16, double *bf16)
{
    for (size_t i = 0; i < a.rows; i++) {
        lln_matrix_convert(lln_matrix_rows(a, i, 1), LLN_FLOAT64, row);
        scan_row(row, factor, a.columns, lln_number_formats[LLN_FP16].overflow,
                 lln_number_formats[LLN_BF16].overflow, max, fp16, bf16);
    }
}

static lln_status describe_exponents(const lln_head *head,
                                     const lln_match *match, lln_report *report)
{
    double fp16 = 0, bf16 = 0, max = -INFINITY;
    double *row = lln_array_alloc_raw(head->q.columns, sizeof *row);
    if (!row)
        return LLN_ENOMEM;
    double features = (double)head->q.rows * (double)head->q.columns +
                      (double)head->k.rows * (double)head->k.columns;
    scan_exponents(head->q, match->alpha, row, &max, &fp16, &bf16);
    scan_exponents(head->k, match->beta, row, &max, &fp16, &bf16);
    free(row);
    report->max_exponent = max;
    report->fp16_overflow = fp16 / features;
    report->bf16_overflow = bf16 / features;
    return LLN_OK;
}

/* A gap has been measured on the head by the search; it is not measured
 * again. */
static void compare_target(const lln_match *match,
                           const lln_report_summary *softmax,
                           lln_report *report)
{
    double achieved = report->lln.log_variance, wanted = softmax->log_variance;
    if (match->of == LLN_TARGET_ENTROPY) {
        achieved = report->lln.entropy;
        wanted = softmax->entropy;
    }
    if (match->of == LLN_TARGET_GAP) {
        achieved = match->predicted;
        wanted = match->target;
    }
    report->achieved = achieved;
    report->relative_error = lln_report_relative_error(achieved, wanted);
}

/* What takes passes of its own. */
static lln_status measure_more(const lln_head *head, const lln_match *match,
                               unsigned what, lln_report *report)
{
    report->features_used = NAN;
    report->sensitivity = (lln_sensitivity){NAN, NAN, NAN, NAN};
    if (what & LLN_REPORT_FEATURES)
        LLN_TRY(lln_features_used(head, match->alpha, match->beta,
                                  &report->features_used));
    return what & LLN_REPORT_SENSITIVITY
               ? lln_sensitivity_measure(head, match->alpha, match->beta,
                                         &report->sensitivity)
               : LLN_OK;
}

lln_status lln_report_match(const lln_head *head, const lln_match *match,
                            const lln_report_summary *softmax, unsigned what,
                            lln_report *report)
{
    lln_kernel_choice choice;
    lln_report result;
    LLN_TRY(lln_side_choice(match->alpha, match->beta, &choice));
    bool known = match->variance > 0 &&
                 !(what & (LLN_REPORT_MOMENTS | LLN_REPORT_SPECTRUM));
    result.lln = lln_report_unknown;
    result.lln.log_variance = match->variance;
    result.lln.entropy = match->entropy;
    if (!known)
        LLN_TRY(summarise_kernel(&choice, head, what, &result.lln));
    compare_target(match, softmax, &result);
    result.entropy_gap = result.lln.entropy - softmax->entropy;
    result.lambda2_ratio =
        lln_report_lambda2_ratio(&result.lln, softmax, head->q.rows);
    LLN_TRY(describe_exponents(head, match, &result));
    LLN_TRY(measure_more(head, match, what, &result));
    *report = result;
    return LLN_OK;
}
