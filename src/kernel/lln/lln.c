/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Linear log-normal attention. Notation: x = alpha q, y = beta k,
 * top_l = max_j y_jl, norm_l = ln sum_j exp(y_jl); see lln_internal.h. */
#include "kernel/lln/lln.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "kernel/lln/feature_norm.h"
#include "kernel/lln/lln_internal.h"
#include "kernel/lln/lln_published.h"

/* The largest spread for which float64 can represent S_ij. Products lost to
 * underflow are below exp(-744 + 690) of it. */
static const double SPREAD_F64 = 690;

/* Below this spread of keys, float32 loses the differences between the scores
 * of a row; below this spread of queries, those between rows. */
static const double LEAST_SPREAD_F32 = 0.05;

#define LLN_BODY "kernel/lln/lln.inc"
#include "core/both_precisions.h"

/* Computes exp_row_f32 or exp_row_f64 of row i of a into out [d] of
 * `precision`. */
static void exp_row(lln_matrix a, size_t i, double factor, const double *offset,
                    double sign, double common, lln_precision precision,
                    void *out)
{
    lln_matrix row = lln_matrix_rows(a, i, 1);
    if (precision == LLN_FLOAT64)
        exp_row_f64(row, factor, offset, sign, common, out);
    else
        exp_row_f32(row, factor, offset, sign, common, out);
}

/* max_l (alpha q_il + offset_l) */
static double largest_query(const lln_state *state, size_t i,
                            const double *offset)
{
    size_t d = state->q.columns;
    return state->q.precision == LLN_FLOAT32
               ? largest_f32((const float *)state->q.data + i * d, state->alpha,
                             offset, d)
               : largest_f64((const double *)state->q.data + i * d,
                             state->alpha, offset, d);
}

static void lln_pack(const lln_attention *attention, const size_t *queries,
                     size_t count, void *out)
{
    const lln_state *state = attention->state;
    size_t bytes = attention->rank * lln_precision_size(attention->precision);
    for (size_t i = 0; i < count; i++) {
        double largest = largest_query(state, queries[i], state->top);
        exp_row(state->q, queries[i], state->alpha, state->top, 1, -largest,
                attention->precision, (char *)out + i * bytes);
    }
}

static lln_status lln_prepare(lln_attention *attention)
{
    lln_state *state = attention->state;
    size_t size = lln_precision_size(attention->precision);
    size_t bytes = attention->rank * size;
    if (state->right)
        return LLN_OK;
    state->right = lln_array_alloc_raw(attention->m * attention->rank, size);
    if (!state->right)
        return LLN_ENOMEM;
#pragma omp parallel for schedule(static) if (lln_lln_worth_threads(state->k))
    for (size_t j = 0; j < attention->m; j++)
        exp_row(state->k, j, state->beta, state->top, -1, 0,
                attention->precision, (char *)state->right + j * bytes);
    attention->tiles.right.data = state->right;
    return LLN_OK;
}

/* For scores whose factors float64 cannot represent: log-sum-exp, from rows of
 * alpha q. */
static void pack_logs(const lln_attention *attention, const size_t *queries,
                      size_t count, void *out)
{
    const lln_state *state = attention->state;
    double *to = out;
    for (size_t i = 0; i < count; i++)
        for (size_t l = 0; l < attention->rank; l++)
            *to++ = state->alpha * lln_matrix_get(state->q, queries[i], l);
}

/* ln(e^log + sum_l exp(x_l + y_l)) */
LLN_CLONES static double add_logs(double log_sum, const double *x,
                                  const double *y, size_t count)
{
    double largest = log_sum;
#pragma omp simd reduction(max : largest)
    for (size_t l = 0; l < count; l++)
        largest = x[l] + y[l] > largest ? x[l] + y[l] : largest;
    if (isinf(largest))
        return largest;
    double sum = exp(log_sum - largest);
#pragma omp simd reduction(+ : sum)
    for (size_t l = 0; l < count; l++)
        sum += lln_exp_f64(x[l] + y[l] - largest);
    return largest + log(sum);
}

static void tile_logs(const lln_attention *attention, const void *packed,
                      size_t rows, size_t first_key, size_t keys, size_t stride,
                      void *out)
{
    enum { PART = 256 }; /* features at a time */
    const lln_state *state = attention->state;
    size_t d = attention->rank;
    double key[PART], *scores = out;
    for (size_t j = 0; j < keys; j++)
        for (size_t first = 0; first < d; first += PART) {
            const double *x = (const double *)packed + first;
            size_t count = d - first < PART ? d - first : PART;
            for (size_t l = 0; l < count; l++)
                key[l] = state->beta *
                         lln_matrix_get(state->k, first_key + j, first + l);
            for (size_t i = 0; i < rows; i++, x += d) {
                double *score = &scores[i * stride + j];
                double before = first > 0 ? *score : -INFINITY;
                *score = add_logs(before, x, key, count);
            }
        }
}

static void lln_features(const lln_attention *attention, size_t first,
                         size_t count, double *b, double *a)
{
    const lln_state *state = attention->state;
    const double *norm = lln_lln_norm(attention);
    size_t d = attention->rank;
    for (size_t i = first; b && i < first + count; i++, b += d) {
        double largest = largest_query(state, i, norm), sum = 0;
        exp_row(state->q, i, state->alpha, norm, 1, -largest, LLN_FLOAT64, b);
        for (size_t l = 0; l < d; l++)
            sum += b[l];
        for (size_t l = 0; l < d; l++)
            b[l] /= sum;
    }
    for (size_t j = first; a && j < first + count; j++, a += d)
        exp_row(state->k, j, state->beta, norm, -1, 0, LLN_FLOAT64, a);
}

static lln_status lln_norm(const lln_attention *attention, const double *mean,
                           double *norm)
{
    (void)mean;
    return lln_feature_norm(attention, norm);
}

static void state_free(lln_state *state)
{
    lln_lln_free_recurrence(state);
    free(state->right);
    free(state->top);
    free(state);
}

static void lln_close(lln_attention *attention)
{
    state_free(attention->state);
}

/* Chooses the cheapest arithmetic that can represent all scores. */
static void choose_range(lln_attention *attention, const lln_state *state)
{
    double spread = state->spread;
    if (spread > LLN_SPREAD_F32 || spread < LEAST_SPREAD_F32 ||
        (state->query_spread < LEAST_SPREAD_F32 && attention->n > 1) ||
        attention->m < LLN_FLOAT32_KEYS || attention->rank > 4096)
        attention->precision = LLN_FLOAT64;
    if (spread <= SPREAD_F64)
        return;
    attention->tiles.domain = LLN_DOMAIN_LOG;
    attention->prepare = NULL;
    attention->tiles.pack = pack_logs;
    attention->tiles.tile = tile_logs;
}

/* Matching may have set them to values that are not finite. */
static lln_status read_factors(const lln_kernel_choice *choice, double *alpha,
                               double *beta)
{
    LLN_TRY(lln_kernel_real(choice, "alpha", alpha));
    LLN_TRY(lln_kernel_real(choice, "beta", beta));
    if (isfinite(*alpha) && isfinite(*beta))
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "kernel '%s': alpha %g, beta %g; expected finite numbers",
                    choice->text, *alpha, *beta);
}

static lln_status allocate(const lln_head *head, double alpha, double beta,
                           lln_state **out)
{
    size_t d = head->q.columns;
    lln_state *state = lln_array_alloc(1, sizeof *state);
    double *columns = lln_array_alloc(3 * d, sizeof *columns);
    if (!state || !columns) {
        free(state);
        free(columns);
        return LLN_ENOMEM;
    }
    *state = (lln_state){.alpha = alpha,
                         .beta = beta,
                         .q = head->q,
                         .k = head->k,
                         .top = columns,
                         .norm = columns + d,
                         .part = columns + 2 * d};
    *out = state;
    return LLN_OK;
}

/* Whether the mask is causal, with or without a window, and nothing else. */
static bool has_diagonal(lln_mask mask)
{
    mask.window = 0;
    return lln_mask_is_causal_alone(mask);
}

/* Sets the attention from a state that has been scanned. */
static void fill_in(const lln_head *head, lln_state *state,
                    lln_attention *attention)
{
    size_t n = head->q.rows, m = head->k.rows, d = head->q.columns;
    *attention = (lln_attention){
        .n = n,
        .m = m,
        .rank = d,
        .mask = head->rule.mask,
        .kind = LLN_ATTENTION_TILES,
        .tiles.domain = LLN_DOMAIN_LINEAR,
        .precision = head->q.precision,
        .tiles.rule.scale = 1,
        .tiles.pack = lln_pack,
        .prepare = lln_prepare,
        .diagonal =
            has_diagonal(head->rule.mask) ? lln_lln_causal_diagonal : NULL,
        .state = state,
        .close = lln_close,
    };
    choose_range(attention, state);
    attention->tiles.left = (lln_matrix){attention->precision, n, d, NULL};
    attention->tiles.right = (lln_matrix){attention->precision, m, d, NULL};
    if (!lln_mask_hides(head->rule.mask)) {
        attention->features = lln_features;
        attention->unbiased_norm = lln_norm;
    }
    lln_lln_set_slope(attention);
    lln_lln_set_products(attention);
}

lln_status lln_lln_open(const lln_kernel_choice *choice, const lln_head *head,
                        lln_attention *attention)
{
    lln_state *state = NULL;
    double alpha, beta;
    LLN_TRY(read_factors(choice, &alpha, &beta));
    if (lln_kernel_given(choice, "eps"))
        return lln_lln_published_open(choice, head, attention);
    LLN_TRY(allocate(head, alpha, beta, &state));
    lln_status status = lln_lln_scan(state, choice->text);
    if (status == LLN_OK)
        fill_in(head, state, attention);
    else
        state_free(state);
    return status;
}

/* The methods of match/match.h, which implements them. */
const char *const lln_lln_matches[] = {
    "paper", "fenton",  "fenton-row", "exact", "measured",
    "line",  "entropy", "gap",        "joint", NULL};
const char *const lln_lln_scales[] = {"head", "layer", NULL};

const lln_kernel lln_kernel_lln = {
    .name = "lln",
    .summary = "linear log-normal attention, features exp(alpha q), "
               "exp(beta k)",
    .reference = "Nahshan, Kampeas, Haleva 2024",
    .rank = "d",
    .properties = LLN_KERNEL_SUMS_BY_DEFAULT | LLN_KERNEL_PAIRS,
    .honours = LLN_HONOURS_MASKS,
    .variant = "eps",
    .variant_honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL,
    .takes_alpha_beta = true,
    .parameters =
        {{"alpha", "multiplies the queries", NULL, {-INFINITY, INFINITY}},
         {"beta", "multiplies the keys", NULL, {-INFINITY, INFINITY}},
         {"match", LLN_LLN_MATCH_SUMMARY, "measured", .words = lln_lln_matches},
         {"eps", "added to the sum of a row, as published", NULL, {0, 1}},
         {"scales",
          "match uses the standard deviations of each head, or of each layer",
          "head", .words = lln_lln_scales}},
    .open = lln_lln_open,
};
