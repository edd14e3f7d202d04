/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax attention: ln A_ij = scale q_i.k_j. */
#include "kernel/dense/softmax.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "heads/temperature.h"
#include "kernel/dense/local.h"
#include "kernel/exponent_error.h"
#include "kernel/logits.h"
#include "kernel/product.h"

/* Bounds on |logit| after the mean key is subtracted. Up to FLOAT32_LOGIT_MOST,
 * float32 logits (relative rounding 6e-8) cause relative errors of
 * probabilities below 1e-5, and no weight is below e^-87, the smallest normal
 * float. Below FLOAT32_LOGIT_LEAST the sums of weights would lose the
 * differences between rows. */
static const double FLOAT32_LOGIT_MOST = 43.5, FLOAT32_LOGIT_LEAST = 0.05;

#define LLN_BODY "kernel/dense/softmax.inc"
#include "core/both_precisions.h"

typedef struct {
    lln_local local;
    double *mean;   /* of the keys, [d] */
    double *offset; /* scale q.mean, [n] */
    void *keys;     /* minus their mean, [m x d] in the attention's precision */
    double *queries; /* in float64; NULL: those of the head are used */
} softmax_state;

static void softmax_close(lln_attention *attention)
{
    softmax_state *state = attention->state;
    free(state->mean);
    free(state->offset);
    free(state->keys);
    free(state->queries);
    free(state);
}

static void find_mean(lln_matrix k, double *mean)
{
    for (size_t j = 0; j < k.rows; j++)
        if (k.precision == LLN_FLOAT32)
            add_row_f32((const float *)k.data + j * k.columns, k.columns,
                        1 / (double)k.rows, mean);
        else
            add_row_f64((const double *)k.data + j * k.columns, k.columns,
                        1 / (double)k.rows, mean);
}

static double row_square(lln_matrix a, size_t i, const double *mean,
                         double unit)
{
    return a.precision == LLN_FLOAT32
               ? square_f32((const float *)a.data + i * a.columns, mean, unit,
                            a.columns)
               : square_f64((const double *)a.data + i * a.columns, mean, unit,
                            a.columns);
}

/* Largest Euclidean norm of (row - mean) / unit. */
static double largest_norm(lln_matrix a, const double *mean, double unit)
{
    double largest = 0;
#pragma omp parallel for schedule(static) reduction(max : largest)
    for (size_t i = 0; i < a.rows; i++) {
        double square = row_square(a, i, mean, unit);
        largest = square > largest ? square : largest;
    }
    return sqrt(largest);
}

/* Largest Euclidean norm of (row - mean), without overflow or underflow of the
 * squares. */
static double find_norm(lln_matrix a, const double *mean)
{
    double norm = largest_norm(a, mean, 1), unit = 0;
    if (norm > 1e-150 && norm < 1e150)
        return norm;
    for (size_t i = 0; i < a.rows; i++)
        for (size_t l = 0; l < a.columns; l++)
            unit = fmax(unit, fabs(lln_matrix_get(a, i, l) - mean[l]));
    return unit > 0 ? unit * largest_norm(a, mean, unit) : 0;
}

static lln_status softmax_log_variance_row(const lln_attention *attention,
                                           double *variance)
{
    const softmax_state *state = attention->state;
    return lln_temperature_variance(&state->local.head, variance);
}

static lln_status local_product(const lln_attention *attention, lln_matrix x,
                                void *y)
{
    const softmax_state *state = attention->state;
    if (attention->precision == LLN_FLOAT32 && x.precision == LLN_FLOAT32)
        return lln_product_by_tiles(attention, x, y);
    return lln_local_product(&state->local, x, y);
}

static lln_status local_transposed(const lln_attention *attention, lln_matrix x,
                                   void *y)
{
    const softmax_state *state = attention->state;
    return lln_local_transposed(&state->local, x, y);
}

static lln_status local_norm(const lln_attention *attention, const double *mean,
                             double *norm)
{
    const softmax_state *state = attention->state;
    return lln_local_norm(&state->local, mean, norm);
}

static lln_status local_diagonal(const lln_attention *attention, double *out)
{
    const softmax_state *state = attention->state;
    return lln_local_diagonal(&state->local, out);
}

static void set_local(lln_attention *attention)
{
    attention->product = local_product;
    attention->transposed = local_transposed;
    attention->unbiased_norm = local_norm;
    if (lln_mask_is_triangular(attention->mask))
        attention->diagonal = local_diagonal;
}

/* Norms that bound |q.k|: the largest of the queries, that of the mean key, and
 * the largest of the keys minus their mean. */
typedef struct {
    double query, mean, key;
} head_norms;

static lln_status survey_head(const lln_kernel_choice *choice,
                              const lln_head *head, double *mean,
                              head_norms *norms)
{
    norms->query = find_norm(head->q, mean); /* mean is still zero */
    /* A cap acts on the logit as a whole. */
    if (head->rule.softcap == 0)
        find_mean(head->k, mean);
    norms->key = find_norm(head->k, mean);
    lln_matrix row = {LLN_FLOAT64, 1, head->k.columns, mean};
    double *zero = lln_array_alloc(row.columns, sizeof *zero);
    if (!zero)
        return LLN_ENOMEM;
    norms->mean = find_norm(row, zero);
    free(zero);
    double most =
        fabs(head->rule.scale) * norms->query * (norms->mean + norms->key);
    if (isfinite(most))
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "kernel '%s': the logits exceed the range of float64; "
                    "norms are up to %.3g for queries and %.3g for keys",
                    choice->text, norms->query, norms->mean + norms->key);
}

/* The precision in which products are computed. */
static lln_precision choose_precision(const lln_head *head, head_norms norms)
{
    double bound = fabs(head->rule.scale) * norms.query * norms.key;
    if (head->rule.bias)
        bound += head->rule.bias->largest;
    bool single = head->q.precision == LLN_FLOAT32 &&
                  head->k.rows >= LLN_FLOAT32_KEYS &&
                  bound >= FLOAT32_LOGIT_LEAST && bound <= FLOAT32_LOGIT_MOST &&
                  lln_logits_fit_float32(&head->rule, norms.query, norms.key);
    return single ? LLN_FLOAT32 : LLN_FLOAT64;
}

/* Scores of tiles are without the mean key. Products of local attention are
 * in float64, and a sink is compared with sums of exp(logit), with it. */
static double find_error(const lln_head *head, lln_precision precision,
                         head_norms norms)
{
    const lln_logit_rule *rule = &head->rule;
    bool all = rule->has_sink || precision == LLN_FLOAT64;
    double keys = norms.key + (all ? norms.mean : 0);
    double added = (rule->bias ? rule->bias->level : 0) +
                   (rule->has_sink ? fabs(rule->sink) : 0);
    return lln_exponent_error(precision, fabs(rule->scale) * norms.query * keys,
                              head->q.columns, added);
}

/* Computes state->keys and state->offset. */
static void center_keys(const lln_head *head, bool single, softmax_state *state)
{
    size_t d = head->q.columns, size = single ? sizeof(float) : sizeof(double);
    double scale = head->rule.scale;
#pragma omp parallel for schedule(static)
    for (size_t j = 0; j < head->k.rows; j++) {
        void *out = (char *)state->keys + j * d * size;
        if (head->k.precision == LLN_FLOAT32)
            center_row_f32((const float *)head->k.data + j * d, state->mean, d,
                           single, out);
        else
            center_row_f64((const double *)head->k.data + j * d, state->mean, d,
                           single, out);
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < head->q.rows; i++)
        state->offset[i] =
            scale *
            (head->q.precision == LLN_FLOAT32
                 ? dot_f32((const float *)head->q.data + i * d, state->mean, d)
                 : dot_f64((const double *)head->q.data + i * d, state->mean,
                           d));
}

/* Sets the two factors of the scores. */
static lln_status make_factors(const lln_head *head, lln_attention *attention)
{
    softmax_state *state = attention->state;
    lln_precision precision = attention->precision;
    size_t n = head->q.rows, m = head->k.rows, d = head->q.columns;
    bool promotes = head->q.precision != precision;
    state->offset = lln_array_alloc_raw(n, sizeof *state->offset);
    state->keys = lln_array_alloc_raw(m * d, lln_precision_size(precision));
    if (promotes)
        state->queries = lln_array_alloc_raw(n * d, sizeof *state->queries);
    if (!state->offset || !state->keys || (promotes && !state->queries))
        return LLN_ENOMEM;
    center_keys(head, precision == LLN_FLOAT32, state);
    if (promotes)
        lln_matrix_convert(head->q, LLN_FLOAT64, state->queries);
    attention->tiles.left =
        promotes ? (lln_matrix){LLN_FLOAT64, n, d, state->queries} : head->q;
    attention->tiles.right = (lln_matrix){precision, m, d, state->keys};
    attention->tiles.offset = state->offset;
    return LLN_OK;
}

static lln_status open_scores(const lln_kernel_choice *choice,
                              const lln_head *head, lln_attention *attention)
{
    softmax_state *state = attention->state;
    head_norms norms;
    state->mean = lln_array_alloc(head->k.columns, sizeof *state->mean);
    if (!state->mean)
        return LLN_ENOMEM;
    LLN_TRY(survey_head(choice, head, state->mean, &norms));
    attention->precision = choose_precision(head, norms);
    attention->exponent_error = find_error(head, attention->precision, norms);
    return make_factors(head, attention);
}

lln_status lln_softmax_open(const lln_kernel_choice *choice,
                            const lln_head *head, lln_attention *attention)
{
    LLN_TRY(lln_kernel_check_mask(choice, head));
    softmax_state *state = calloc(1, sizeof *state);
    if (!state)
        return lln_fail(LLN_ENOMEM, "out of memory");
    state->local.head = *head;
    *attention = (lln_attention){
        .n = head->q.rows,
        .m = head->k.rows,
        .rank = head->q.columns,
        .mask = head->rule.mask,
        .kind = LLN_ATTENTION_TILES,
        .tiles.domain = LLN_DOMAIN_LOG,
        .tiles.scaled_scores = true,
        .tiles.rule = head->rule,
        .unnormalised = head->rule.has_sink,
        .log_variance_row = lln_rule_has_closed_variance(&head->rule)
                                ? softmax_log_variance_row
                                : NULL,
        .state = state,
        .close = softmax_close,
    };
    lln_status status = open_scores(choice, head, attention);
    if (lln_local_worth(head))
        set_local(attention);
    if (status != LLN_OK)
        lln_attention_close(attention);
    return status;
}

/* With the parameter, that is the sink, also if the rule has one. */
static lln_status softmax_open(const lln_kernel_choice *choice,
                               const lln_head *head, lln_attention *attention)
{
    lln_head own = *head;
    if (lln_kernel_given(choice, "sink")) {
        own.rule.has_sink = true;
        LLN_TRY(lln_kernel_real(choice, "sink", &own.rule.sink));
    }
    return lln_softmax_open(choice, &own, attention);
}

const lln_kernel lln_kernel_softmax = {
    .name = "softmax",
    .summary = "exp(scale q.k), normalised over the keys",
    .reference = "Vaswani et al. 2017",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_BY_DEFAULT | LLN_KERNEL_PAIRS,
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE | LLN_HONOURS_LOGITS |
               LLN_HONOURS_SINK,
    .parameters = {{"sink",
                    "logit of one more outcome (default: none, or --sink)",
                    NULL,
                    {-INFINITY, INFINITY}}},
    .open = softmax_open,
};
