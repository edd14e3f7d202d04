/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Linear log-normal attention. Notation: x = alpha q, y = beta k,
 * top_l = max_j y_jl, norm_l = ln sum_j exp(y_jl); see lln_parts.h. */
#include "kernel/lln.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "kernel/feature_norm.h"
#include "kernel/lln_parts.h"
#include "kernel/lln_published.h"

/* The largest spread max_j y_jl - min_j y_jl over features l with which S_ij =
 * sum_l u_il w_jl, u and w at most 1, can be held in float32 and in float64.
 * S_ij is at least exp(-spread) and at most d, and what the streaming pass
 * takes logs of is S_ij over the largest of its row, exp(-spread)/d or more:
 * a normal number for d up to 4096. Products lost to underflow are then below
 * exp(-103 + 75) of S_ij, and exp(-744 + 690). */
static const double SPREAD_F32 = 75, SPREAD_F64 = 690;

/* Below this spread the differences between scores drown in float32. */
static const double LEAST_SPREAD_F32 = 0.05;

/* Rows are scanned in groups, which threads share out and whose results are
 * put together in order. Waking threads takes longer than scanning a small
 * matrix. */
enum { GROUPS = 64, SMALL = 1 << 17 };

static bool worth_threads(lln_matrix a)
{
    return a.rows * a.columns > SMALL;
}

static lln_matrix group_of(lln_matrix a, size_t group)
{
    size_t first = a.rows * group / GROUPS;
    return lln_matrix_rows(a, first, a.rows * (group + 1) / GROUPS - first);
}

/* Over the rows x of a: low_l = min factor x_l and top_l = max factor x_l,
 * and sum_l += sum exp(factor x_l - top_l). */
#define SCAN(suffix, real)                                                     \
    LLN_CLONES static void extremes_##suffix(lln_matrix a, double factor,      \
                                             double *low, double *top)         \
    {                                                                          \
        const real *x = a.data;                                                \
        size_t d = a.columns;                                                  \
        for (size_t i = 0; i < a.rows; i++, x += d)                            \
            _Pragma("omp simd") for (size_t l = 0; l < d; l++)                 \
            {                                                                  \
                double y = factor * x[l];                                      \
                top[l] = y > top[l] ? y : top[l];                              \
                low[l] = y < low[l] ? y : low[l];                              \
            }                                                                  \
    }                                                                          \
    LLN_CLONES static void add_exp_##suffix(lln_matrix a, double factor,       \
                                            const double *top, double *sum)    \
    {                                                                          \
        const real *x = a.data;                                                \
        size_t d = a.columns;                                                  \
        for (size_t i = 0; i < a.rows; i++, x += d)                            \
            _Pragma("omp simd") for (size_t l = 0; l < d; l++) sum[l] +=       \
                lln_exp_f64(factor * x[l] - top[l]);                           \
    }
SCAN(f32, float)
SCAN(f64, double)

static void group_extremes(lln_matrix rows, double factor, double *low,
                           double *top)
{
    for (size_t l = 0; l < rows.columns; l++) {
        low[l] = INFINITY;
        top[l] = -INFINITY;
    }
    if (rows.precision == LLN_FLOAT32)
        extremes_f32(rows, factor, low, top);
    else
        extremes_f64(rows, factor, low, top);
}

/* Of factor a, column by column; low and top [d]. */
static lln_status find_extremes(lln_matrix a, double factor, double *low,
                                double *top)
{
    size_t d = a.columns;
    double *part = lln_array_alloc_raw(2 * GROUPS * d, sizeof *part);
    if (!part)
        return LLN_ENOMEM;
#pragma omp parallel for schedule(static) if (worth_threads(a))
    for (size_t g = 0; g < GROUPS; g++)
        group_extremes(group_of(a, g), factor, part + 2 * g * d,
                       part + (2 * g + 1) * d);
    for (size_t g = 0; g < GROUPS; g++)
        for (size_t l = 0; l < d; l++) {
            double down = part[2 * g * d + l], up = part[(2 * g + 1) * d + l];
            low[l] = g == 0 || down < low[l] ? down : low[l];
            top[l] = g == 0 || up > top[l] ? up : top[l];
        }
    free(part);
    return LLN_OK;
}

/* norm, from top. */
static lln_status sum_keys(lln_state *state)
{
    size_t d = state->k.columns;
    double *part = lln_array_alloc(GROUPS * d, sizeof *part);
    if (!part)
        return LLN_ENOMEM;
#pragma omp parallel for schedule(static) if (worth_threads(state->k))
    for (size_t g = 0; g < GROUPS; g++)
        if (state->k.precision == LLN_FLOAT32)
            add_exp_f32(group_of(state->k, g), state->beta, state->top,
                        part + g * d);
        else
            add_exp_f64(group_of(state->k, g), state->beta, state->top,
                        part + g * d);
    for (size_t l = 0; l < d; l++) {
        double sum = 0;
        for (size_t g = 0; g < GROUPS; g++)
            sum += part[g * d + l];
        state->norm[l] = state->top[l] + log(sum);
    }
    free(part);
    return LLN_OK;
}

/* y_l = exp(factor x_l + sign offset_l + common), l < d. */
#define EXP_ROW(name, in, out)                                                 \
    LLN_CLONES static void name(const in *x, double factor,                    \
                                const double *offset, double sign,             \
                                double common, size_t d, out *y)               \
    {                                                                          \
        _Pragma("omp simd") for (size_t l = 0; l < d; l++) y[l] =              \
            (out)lln_exp_f64(factor * x[l] + sign * offset[l] + common);       \
    }
EXP_ROW(exp_row_32_32, float, float)
EXP_ROW(exp_row_32_64, float, double)
EXP_ROW(exp_row_64_64, double, double)

/* Row i of a, turned by EXP_ROW into `out` [d] of `precision`, which is not
 * below that of a. */
static void exp_row(lln_matrix a, size_t i, double factor, const double *offset,
                    double sign, double common, lln_precision precision,
                    void *out)
{
    size_t d = a.columns;
    const float *x32 = (const float *)a.data + i * d;
    const double *x64 = (const double *)a.data + i * d;
    if (a.precision == LLN_FLOAT64)
        exp_row_64_64(x64, factor, offset, sign, common, d, out);
    else if (precision == LLN_FLOAT64)
        exp_row_32_64(x32, factor, offset, sign, common, d, out);
    else
        exp_row_32_32(x32, factor, offset, sign, common, d, out);
}

/* max_l (factor x_l + offset_l) */
#define LARGEST(name, real)                                                    \
    LLN_CLONES static double name(const real *x, double factor,                \
                                  const double *offset, size_t d)              \
    {                                                                          \
        double largest = -INFINITY;                                            \
        _Pragma("omp simd reduction(max : largest)") for (size_t l = 0; l < d; \
                                                          l++)                 \
        {                                                                      \
            double y = factor * x[l] + offset[l];                              \
            largest = y > largest ? y : largest;                               \
        }                                                                      \
        return largest;                                                        \
    }
LARGEST(largest_f32, float)
LARGEST(largest_f64, double)

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
#pragma omp parallel for schedule(static) if (worth_threads(state->k))
    for (size_t j = 0; j < attention->m; j++)
        exp_row(state->k, j, state->beta, state->top, -1, 0,
                attention->precision, (char *)state->right + j * bytes);
    attention->right.data = state->right;
    return LLN_OK;
}

/* The last resort: scores as log-sum-exp, from rows of alpha q. */
static void pack_logs(const lln_attention *attention, const size_t *queries,
                      size_t count, void *out)
{
    const lln_state *state = attention->state;
    double *to = out;
    for (size_t i = 0; i < count; i++)
        for (size_t l = 0; l < attention->rank; l++)
            *to++ = state->alpha * lln_matrix_get(state->q, queries[i], l);
}

static void tile_logs(const lln_attention *attention, const void *packed,
                      size_t rows, size_t first_key, size_t keys, size_t stride,
                      void *out)
{
    const lln_state *state = attention->state;
    size_t d = attention->rank;
    const double *x = packed;
    for (size_t i = 0; i < rows; i++, x += d) {
        double *score = (double *)out + i * stride;
        for (size_t j = first_key; j < first_key + keys; j++) {
            double sum = -INFINITY;
            for (size_t l = 0; l < d; l++)
                sum = lln_log_add(
                    sum, x[l] + state->beta * lln_matrix_get(state->k, j, l));
            *score++ = sum;
        }
    }
}

static void lln_features(const lln_attention *attention, size_t first,
                         size_t count, double *b, double *a)
{
    const lln_state *state = attention->state;
    size_t d = attention->rank;
    for (size_t i = first; b && i < first + count; i++, b += d) {
        double largest = largest_query(state, i, state->norm), sum = 0;
        exp_row(state->q, i, state->alpha, state->norm, 1, -largest,
                LLN_FLOAT64, b);
        for (size_t l = 0; l < d; l++)
            sum += b[l];
        for (size_t l = 0; l < d; l++)
            b[l] /= sum;
    }
    for (size_t j = first; a && j < first + count; j++, a += d)
        exp_row(state->k, j, state->beta, state->norm, -1, 0, LLN_FLOAT64, a);
}

static lln_status lln_norm(const lln_attention *attention, const double *mean,
                           double *norm)
{
    (void)mean;
    return lln_feature_norm(attention, norm);
}

static void lln_close(lln_attention *attention)
{
    lln_state *state = attention->state;
    lln_lln_free_recurrence(state);
    free(state->right);
    free(state->top);
    free(state);
}

/* The cheapest arithmetic that holds all scores. */
static void choose_range(lln_attention *attention, double spread)
{
    if (spread > SPREAD_F32 || spread < LEAST_SPREAD_F32 ||
        attention->rank > 4096)
        attention->precision = LLN_FLOAT64;
    if (spread <= SPREAD_F64)
        return;
    attention->domain = LLN_LOG;
    attention->prepare = NULL;
    attention->pack = pack_logs;
    attention->tile = tile_logs;
}

/* Fills in top, spread and, unless a mask leaves it unused, norm. alpha q and
 * beta k, and their sums, must be numbers. */
static lln_status scan(lln_state *state, const char *name, lln_mask mask)
{
    double *low = state->norm, *top = state->top, x = 0, y = 0;
    LLN_TRY(find_extremes(state->q, state->alpha, low, top));
    for (size_t l = 0; l < state->q.columns; l++)
        x = fmax(x, fmax(-low[l], top[l]));
    LLN_TRY(find_extremes(state->k, state->beta, low, top));
    for (size_t l = 0; l < state->k.columns; l++) {
        y = fmax(y, fmax(-low[l], top[l]));
        state->spread = fmax(state->spread, top[l] - low[l]);
    }
    if (!(x + y < 1e300))
        return lln_fail(
            LLN_EINVAL,
            "kernel '%s': alpha %g, beta %g: alpha q and beta k reach "
            "%g and %g; expected less than 1e300",
            name, state->alpha, state->beta, x, y);
    return lln_mask_hides(mask) ? LLN_OK : sum_keys(state);
}

/* Whether the published form is asked for; LLN_EINVAL: an unknown word. */
static lln_status wants_published(const lln_kernel_choice *choice, bool *wanted)
{
    static const char *const SCALES[] = {"head", "joint", NULL};
    size_t scales;
    int eps = lln_kernel_parameter_index(choice->kernel, "eps");
    *wanted = !isnan(choice->number[eps]);
    return lln_kernel_word(choice, "scales", SCALES, &scales);
}

lln_status lln_lln_open(const lln_kernel_choice *choice, const lln_head *head,
                        lln_attention *attention)
{
    double alpha = choice->number[0], beta = choice->number[1];
    bool published;
    LLN_TRY(wants_published(choice, &published));
    if (!isfinite(alpha) || !isfinite(beta))
        return lln_fail(LLN_EINVAL, "%s: alpha %g, beta %g: not finite",
                        choice->text, alpha, beta);
    if (published)
        return lln_lln_published_open(choice, head, attention);
    size_t d = head->q.columns;
    lln_state *state = calloc(1, sizeof *state);
    double *columns = lln_array_alloc(2 * d, sizeof *columns);
    if (!state || !columns) {
        free(state);
        free(columns);
        return lln_fail(LLN_ENOMEM, "out of memory");
    }
    *state = (lln_state){.alpha = alpha,
                         .beta = beta,
                         .q = head->q,
                         .k = head->k,
                         .top = columns,
                         .norm = columns + d};
    *attention = (lln_attention){
        .n = head->q.rows,
        .m = head->k.rows,
        .rank = d,
        .mask = head->mask,
        .domain = LLN_LINEAR,
        .precision = head->q.precision,
        .scale = 1,
        .pack = lln_pack,
        .prepare = lln_prepare,
        .state = state,
        .close = lln_close,
    };
    lln_status status = scan(state, choice->text, head->mask);
    choose_range(attention, state->spread);
    attention->left = (lln_matrix){attention->precision, head->q.rows, d, NULL};
    attention->right =
        (lln_matrix){attention->precision, head->k.rows, d, NULL};
    if (head->mask.causal)
        attention->diagonal = lln_lln_diagonal;
    if (!lln_mask_hides(head->mask)) {
        attention->features = lln_features;
        attention->unbiased_norm = lln_norm;
    }
    lln_lln_set_products(attention);
    if (status != LLN_OK)
        lln_attention_close(attention);
    return status;
}

const lln_kernel lln_kernel_lln = {
    .name = "lln",
    .summary = "linear log-normal attention, features exp(alpha q), "
               "exp(beta k)",
    .reference = "Nahshan, Kampeas, Haleva 2024",
    .rank = "d",
    .properties =
        LLN_KERNEL_SUMS_BY_DEFAULT | LLN_KERNEL_CAUSAL | LLN_KERNEL_FULL,
    .takes_alpha_beta = true,
    .parameters =
        {{"alpha", "multiplies the queries", NULL, false},
         {"beta", "multiplies the keys", NULL, false},
         {"match", "method that finds alpha and beta", "measured", true},
         {"eps", "is added to the sum of a row, as published", NULL, false},
         {"scales", "deviations of each head, or joint: of all", "head", true}},
    .open = lln_lln_open,
};
