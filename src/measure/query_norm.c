/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/query_norm.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "kernel/score_slope.h"
#include "kernel/table/table.h"
#include "measure/correlation.h"
#include "measure/norm_slope.h"
#include "measure/row_sample.h"
#include "measure/shape_entropy.h"

/* For queries whose squares overflow or underflow. */
static double norm_by_unit(lln_matrix q, size_t i)
{
    double unit = 0, squares = 0;
    for (size_t l = 0; l < q.columns; l++)
        unit = fmax(unit, fabs(lln_matrix_get(q, i, l)));
    for (size_t l = 0; l < q.columns && unit > 0; l++) {
        double x = lln_matrix_get(q, i, l) / unit;
        squares += x * x;
    }
    return unit * sqrt(squares);
}

static double norm_of(lln_matrix q, size_t i)
{
    double squares = lln_matrix_squares(lln_matrix_rows(q, i, 1));
    return squares > 1e-280 && squares < 1e280 ? sqrt(squares)
                                               : norm_by_unit(q, i);
}

void lln_query_norms(const lln_head *head, const size_t *queries, size_t count,
                     double *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] =
            head->q.data ? norm_of(head->q, queries ? queries[i] : i) : NAN;
}

/* Whether the score of a key is c times as large if the query is. */
static bool is_linear(const lln_attention *attention)
{
    const lln_logit_rule *rule = &attention->tiles.rule;
    return attention->kind == LLN_ATTENTION_TILES &&
           attention->tiles.scaled_scores && !rule->bias && rule->softcap == 0;
}

unsigned lln_query_norm_statistics(const lln_attention *attention,
                                   unsigned what)
{
    bool shape = (what & LLN_QUERY_NORM_SLOPE) && is_linear(attention);
    return LLN_ROW_ENTROPY | (shape ? LLN_ROW_SHAPE : 0);
}

static bool has_negative(const lln_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].negative > 0)
            return true;
    return false;
}

static void fill(double value, size_t count, double *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = value;
}

/* The slopes of logits that are linear in the query; false: rows were measured
 * without their shape. */
static bool take_varentropy(const lln_row *rows, size_t count, double *out)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].keys > 0 && isnan(rows[i].varentropy))
            return false;
        out[i] = 0 - rows[i].varentropy; /* not -0 */
    }
    return true;
}

lln_status lln_query_norm_slopes(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_attention *attention,
                                 const size_t *queries, size_t count,
                                 const lln_row *rows, double *out)
{
    bool negative = has_negative(rows, count);
    fill(NAN, count, out);
    if (!head->q.data || (negative && count == 1))
        return LLN_OK;
    if (is_linear(attention) && take_varentropy(rows, count, out))
        return LLN_OK;
    if (lln_score_slope_is_known(attention))
        return lln_norm_slopes(attention, queries, count, out);
    bool stored = choice->kernel == lln_kernel_stored().kernel;
    if (stored || (choice->kernel->properties & LLN_KERNEL_SIGNED))
        return LLN_OK;
    return lln_norm_slopes_by_difference(choice, head, queries, count, out);
}

/* Keys that the mask allows. Rows of attention by rows count only those with a
 * weight. */
static size_t allowed_keys(const lln_attention *attention, size_t i,
                           const lln_row *row, double *scratch)
{
    return attention->kind == LLN_ATTENTION_TILES
               ? row->keys
               : lln_attention_visible(attention, i, scratch).count;
}

/* The rows with a value. */
typedef struct {
    double *norm, *entropy; /* |q_i| and H_i / ln m_i, [count] */
    size_t count;
    double norm_rounding, entropy_rounding;
} row_pairs;

static double largest_size(const double *x, size_t count)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(x[i]));
    return largest;
}

/* The precision in which entropies were computed. */
static lln_precision precision_of(const lln_head *head,
                                  const lln_attention *attention)
{
    return attention->kind == LLN_ATTENTION_TILES ? attention->precision
                                                  : head->q.precision;
}

/* Replaces the entropies by H_i / ln m_i and drops rows without. */
static void take_pairs(const lln_head *head, const lln_attention *attention,
                       const size_t *queries, size_t count, const lln_row *rows,
                       double *scratch, row_pairs *pairs)
{
    for (size_t i = 0; i < count; i++) {
        size_t query = queries ? queries[i] : i;
        size_t keys = allowed_keys(attention, query, &rows[i], scratch);
        double norm = pairs->norm[i], entropy = pairs->entropy[i];
        if (keys < 2 || isnan(entropy))
            continue;
        pairs->norm[pairs->count] = norm;
        pairs->entropy[pairs->count++] = entropy / log((double)keys);
    }
    pairs->norm_rounding = lln_precision_rounding(
        head->q.precision, largest_size(pairs->norm, pairs->count));
    pairs->entropy_rounding =
        lln_precision_rounding(precision_of(head, attention),
                               largest_size(pairs->entropy, pairs->count));
}

static lln_status correlate(const lln_head *head, lln_attention *attention,
                            const size_t *queries, size_t count,
                            const lln_row *rows, double *scratch,
                            lln_query_norm *out, lln_query_norm *error)
{
    lln_correlation found;
    row_pairs pairs = {.norm = scratch, .entropy = scratch + count};
    lln_query_norms(head, queries, count, pairs.norm);
    LLN_TRY(
        lln_shape_entropies(attention, queries, count, rows, pairs.entropy));
    take_pairs(head, attention, queries, count, rows, scratch + 2 * count,
               &pairs);
    /* Rows that have no value are taken to be as frequent among all n. */
    size_t n = count == attention->n ? pairs.count : attention->n;
    LLN_TRY(lln_correlation_measure(pairs.norm, pairs.norm_rounding,
                                    pairs.entropy, pairs.entropy_rounding,
                                    pairs.count, n, &found));
    out->correlation = found.pearson;
    out->spearman = found.spearman;
    error->correlation = found.pearson_error;
    error->spearman = found.spearman_error;
    return LLN_OK;
}

lln_status lln_query_norm_measure(const lln_kernel_choice *choice,
                                  const lln_head *head,
                                  lln_attention *attention,
                                  const size_t *queries, size_t count,
                                  const lln_row *rows, unsigned what,
                                  lln_query_norm *out, lln_query_norm *error)
{
    lln_query_norm unused = {0, 0, 0};
    error = error ? error : &unused;
    *out = *error = (lln_query_norm){NAN, NAN, NAN};
    count = queries ? count : attention->n;
    if (!head->q.data || has_negative(rows, count))
        return LLN_OK;
    double *scratch =
        lln_array_alloc_raw(2 * count + attention->m, sizeof *scratch);
    if (!scratch)
        return LLN_ENOMEM;
    lln_status status = LLN_OK;
    if (what & LLN_QUERY_NORM_CORRELATION)
        status = correlate(head, attention, queries, count, rows, scratch, out,
                           error);
    if (status == LLN_OK && (what & LLN_QUERY_NORM_SLOPE)) {
        status = lln_query_norm_slopes(choice, head, attention, queries, count,
                                       rows, scratch);
        if (status == LLN_OK)
            lln_values_mean(scratch, 1, count, attention->n, &out->slope,
                            &error->slope);
    }
    free(scratch);
    return status;
}
