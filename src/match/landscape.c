/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/landscape.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "kernel/table/table.h"
#include "match/gap.h"
#include "match/lln_side.h"
#include "measure/row_distance.h"

struct lln_landscape {
    const lln_head *head;
    unsigned what;
    double sigma_q, sigma_k;
    lln_report_summary softmax;
    lln_attention reference; /* softmax; zeroed if no fidelity is asked for */
    lln_distance_reference *distance; /* from it */
    double *sums;                     /* [d]: scratch */
    double *largest; /* [2 d]: the largest q_il of each feature, then k_jl */
};

static lln_status find_spreads(lln_landscape *landscape)
{
    double mean;
    lln_matrix_moments(landscape->head->q, &mean, &landscape->sigma_q);
    lln_matrix_moments(landscape->head->k, &mean, &landscape->sigma_k);
    if (landscape->sigma_q > 0 && landscape->sigma_k > 0)
        return LLN_OK;
    return lln_fail(LLN_EUNDEFINED,
                    "map: alpha and beta are undefined: all entries of the %s "
                    "are equal",
                    landscape->sigma_q > 0 ? "keys" : "queries");
}

/* The largest entry of each column, out [columns]. */
static void find_largest(lln_matrix x, double *out)
{
    for (size_t l = 0; l < x.columns; l++)
        out[l] = -INFINITY;
    for (size_t i = 0; i < x.rows; i++)
        for (size_t l = 0; l < x.columns; l++)
            out[l] = fmax(out[l], lln_matrix_get(x, i, l));
}

static lln_status measure_softmax(lln_landscape *landscape)
{
    const lln_head *head = landscape->head;
    bool spectrum = landscape->what & LLN_LANDSCAPE_SPECTRUM;
    lln_kernel_choice softmax;
    if (spectrum || landscape->what & LLN_LANDSCAPE_REPORT)
        LLN_TRY(lln_report_softmax(head, spectrum ? LLN_REPORT_SPECTRUM : 0,
                                   &landscape->softmax));
    if (!(landscape->what & LLN_LANDSCAPE_FIDELITY))
        return LLN_OK;
    LLN_TRY(lln_kernel_parse("softmax", &softmax));
    LLN_TRY(lln_kernel_open(&softmax, head, &landscape->reference));
    return lln_distance_open(&landscape->reference, &landscape->distance);
}

lln_status lln_landscape_open(const lln_head *head, unsigned what,
                              lln_landscape **landscape)
{
    size_t d = head->q.columns;
    lln_landscape *opened = lln_array_alloc(1, sizeof *opened);
    *landscape = NULL;
    if (!opened)
        return LLN_ENOMEM;
    opened->head = head;
    opened->what = what;
    opened->softmax = lln_report_unknown;
    opened->largest = lln_array_alloc(2 * d, sizeof *opened->largest);
    opened->sums = lln_array_alloc(d, sizeof *opened->sums);
    lln_status status =
        opened->largest && opened->sums ? find_spreads(opened) : LLN_ENOMEM;
    if (status == LLN_OK) {
        find_largest(head->q, opened->largest);
        find_largest(head->k, opened->largest + d);
        status = measure_softmax(opened);
    }
    if (status == LLN_OK)
        *landscape = opened;
    else
        lln_landscape_close(opened);
    return status;
}

double lln_landscape_sigma_q(const lln_landscape *landscape)
{
    return landscape->sigma_q;
}

double lln_landscape_sigma_k(const lln_landscape *landscape)
{
    return landscape->sigma_k;
}

const lln_report_summary *lln_landscape_softmax(const lln_landscape *landscape)
{
    return &landscape->softmax;
}

/* factor and spread of side are set. */
static lln_status measure_side(lln_matrix x, bool by_row,
                               lln_landscape_side *side)
{
    double group = (double)x.columns * (by_row ? 1 : (double)x.rows);
    for (int f = 0; f < LLN_NUMBER_FORMATS; f++)
        LLN_TRY(lln_theory_range_side(&lln_number_formats[f], side->spread,
                                      group, &side->model[f]));
    lln_feature_range_measure(x, side->factor, by_row, &side->measured);
    return LLN_OK;
}

lln_status lln_landscape_queries(const lln_landscape *landscape, double spread,
                                 lln_landscape_side *side)
{
    *side = (lln_landscape_side){.spread = spread,
                                 .factor = spread / landscape->sigma_q};
    return measure_side(landscape->head->q, true, side);
}

lln_status lln_landscape_keys(const lln_landscape *landscape, double spread,
                              lln_landscape_side *side)
{
    *side = (lln_landscape_side){.spread = spread,
                                 .factor = spread / landscape->sigma_k};
    return measure_side(landscape->head->k, false, side);
}

lln_status lln_landscape_match(const lln_landscape *landscape,
                               const lln_match *match, lln_landscape_side *q,
                               lln_landscape_side *k)
{
    LLN_TRY(
        lln_landscape_queries(landscape, match->alpha * landscape->sigma_q, q));
    LLN_TRY(lln_landscape_keys(landscape, match->beta * landscape->sigma_k, k));
    q->factor = match->alpha;
    k->factor = match->beta;
    return LLN_OK;
}

/* The fraction of all features, from those of n d and of m d features. */
static double merge(const lln_head *head, double q, double k)
{
    double n = (double)head->q.rows, m = (double)head->k.rows;
    return (n * q + m * k) / (n + m);
}

static lln_landscape_range merge_ranges(const lln_head *head,
                                        const lln_range_fractions *q,
                                        const lln_range_fractions *k)
{
    return (lln_landscape_range){
        .overflow = merge(head, q->overflow, k->overflow),
        .subnormal = merge(head, q->subnormal, k->subnormal),
        .flushed = merge(head, q->flushed, k->flushed),
        .shifted_flushed = merge(head, q->shifted_flushed, k->shifted_flushed),
    };
}

static double largest_product(const lln_landscape *landscape, double alpha,
                              double beta)
{
    size_t d = landscape->head->q.columns;
    double largest = -INFINITY;
    for (size_t l = 0; l < d; l++)
        largest = fmax(largest, alpha * landscape->largest[l] +
                                    beta * landscape->largest[d + l]);
    return largest;
}

static lln_status describe_range(const lln_landscape *landscape,
                                 const lln_landscape_side *q,
                                 const lln_landscape_side *k,
                                 lln_landscape_point *point)
{
    const lln_head *head = landscape->head;
    lln_theory_sides sides = {q->spread, k->spread, head->q.rows, head->k.rows,
                              head->q.columns};
    for (int f = 0; f < LLN_NUMBER_FORMATS; f++) {
        const lln_number_format *format = &lln_number_formats[f];
        lln_landscape_range *range = &point->formats[f];
        *range = merge_ranges(head, &q->measured.formats[f],
                              &k->measured.formats[f]);
        LLN_TRY(
            lln_theory_range_overflow(format, &sides, &range->overflow_model));
        LLN_TRY(
            lln_theory_range_product(format, &sides, &range->product_model));
    }
    LLN_TRY(lln_theory_range_sum(&sides, &point->log_sum_model));
    point->max_exponent = fmax(q->measured.largest, k->measured.largest);
    point->max_product_exponent =
        largest_product(landscape, q->factor, k->factor);
    return LLN_OK;
}

static lln_status measure_attention(const lln_landscape *landscape,
                                    lln_attention *attention,
                                    lln_landscape_point *point)
{
    unsigned reported = LLN_LANDSCAPE_REPORT | LLN_LANDSCAPE_SPECTRUM;
    if (landscape->what & reported)
        LLN_TRY(lln_report_attention(attention, 0, &point->lln));
    return landscape->what & LLN_LANDSCAPE_FIDELITY
               ? lln_distance_measure(landscape->distance, attention,
                                      &point->distance)
               : LLN_OK;
}

static void compare_summaries(const lln_landscape *landscape,
                              lln_landscape_point *point)
{
    const lln_report_summary *softmax = &landscape->softmax;
    point->relative_error = lln_report_relative_error(point->lln.log_variance,
                                                      softmax->log_variance);
    point->entropy_gap = point->lln.entropy - softmax->entropy;
    point->lambda2_ratio =
        lln_report_lambda2_ratio(&point->lln, softmax, landscape->head->q.rows);
}

/* Sets everything except the number range. */
static lln_status measure_kernel(lln_landscape *landscape,
                                 lln_landscape_point *point)
{
    lln_kernel_choice choice;
    lln_attention attention;
    LLN_TRY(lln_side_choice(point->alpha, point->beta, &choice));
    LLN_TRY(lln_kernel_open(&choice, landscape->head, &attention));
    lln_status status = measure_attention(landscape, &attention, point);
    lln_attention_close(&attention);
    if (status == LLN_OK && landscape->what & LLN_LANDSCAPE_SPECTRUM)
        status = lln_gap_lambda2(&choice, landscape->head, &point->lln.lambda2);
    compare_summaries(landscape, point);
    return status;
}

lln_status lln_landscape_measure(lln_landscape *landscape,
                                 const lln_landscape_side *q,
                                 const lln_landscape_side *k,
                                 lln_landscape_point *point)
{
    lln_landscape_point result = {
        .a = q->spread,
        .b = k->spread,
        .alpha = q->factor,
        .beta = k->factor,
        .lln = lln_report_unknown,
        .distance = {NAN, NAN, NAN},
        .max_log_sum = NAN,
    };
    compare_summaries(landscape, &result);
    LLN_TRY(describe_range(landscape, q, k, &result));
    if (landscape->what & LLN_LANDSCAPE_SUMS)
        result.max_log_sum = lln_feature_range_largest_sum(
            landscape->head->q, q->factor, landscape->head->k, k->factor,
            landscape->sums);
    if (landscape->what & ~(unsigned)LLN_LANDSCAPE_SUMS)
        LLN_TRY(measure_kernel(landscape, &result));
    *point = result;
    return LLN_OK;
}

double lln_landscape_distance(double a, double b, double a2, double b2)
{
    return a > 0 && b > 0 && a2 > 0 && b2 > 0 ? hypot(log(a / a2), log(b / b2))
                                              : NAN;
}

void lln_landscape_close(lln_landscape *landscape)
{
    if (!landscape)
        return;
    lln_distance_close(landscape->distance);
    lln_attention_close(&landscape->reference);
    free(landscape->largest);
    free(landscape->sums);
    free(landscape);
}
