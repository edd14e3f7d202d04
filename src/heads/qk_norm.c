/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/qk_norm.h"

#include <math.h>
#include <string.h>

#include "core/vector_math.h"

static const char *const kinds[] = {"none", "rms", "l2", "layer", NULL};

enum { EPS, PLUS_ONE, ACROSS_HEADS, AFTER_ROPE, SETTINGS };

static const lln_setting_row rows_of_text[SETTINGS + 1] = {
    [EPS] = {.name = "eps", .range = {0, INFINITY, false, false}},
    [PLUS_ONE] = {.name = "plus-one", .kind = LLN_SETTING_FLAG},
    [ACROSS_HEADS] = {.name = "across-heads", .kind = LLN_SETTING_FLAG},
    [AFTER_ROPE] = {.name = "after-rope", .kind = LLN_SETTING_FLAG},
};

static const unsigned takes[] = {[LLN_NORM_NONE] = 0, ~0u, ~0u, ~0u};

const lln_setting_form lln_qk_norm_form = {kinds, rows_of_text, takes};

lln_status lln_qk_norm_read(const char *text, lln_qk_norm *norm)
{
    lln_setting values[SETTINGS];
    char word[LLN_SETTING_TEXT];
    size_t kind = 0;
    LLN_TRY(lln_settings_read(text, rows_of_text, word, values));
    while (kinds[kind] && strcmp(kinds[kind], word) != 0)
        kind++;
    if (!kinds[kind])
        return lln_fail(LLN_EINVAL, "'%s': expected rms, l2, layer or none",
                        text);
    for (size_t i = 0; i < SETTINGS && kind == LLN_NORM_NONE; i++)
        if (values[i].given)
            return lln_fail(LLN_EINVAL, "'%s': none takes no parameters", text);
    double eps = kind == LLN_NORM_LAYER ? 1e-5 : 1e-6;
    *norm = (lln_qk_norm){
        .kind = (lln_norm_kind)kind,
        .eps = values[EPS].given ? values[EPS].number : eps,
        .plus_one = values[PLUS_ONE].given,
        .across_heads = values[ACROSS_HEADS].given,
        .after_rope = values[AFTER_ROPE].given,
    };
    return LLN_OK;
}

LLN_CLONES static double sum_of(const double *x, size_t d)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t c = 0; c < d; c++)
        sum += x[c];
    return sum;
}

LLN_CLONES static double squares_about(const double *x, size_t d, double center)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t c = 0; c < d; c++)
        sum += (x[c] - center) * (x[c] - center);
    return sum;
}

static lln_moments moments_of(const double *x, size_t d)
{
    double mean = sum_of(x, d) / (double)d;
    return (lln_moments){
        .count = (double)d, .mean = mean, .m2 = squares_about(x, d, mean)};
}

void lln_qk_norm_add(const double *x, size_t rows, size_t d,
                     lln_moments *tokens)
{
    for (size_t i = 0; i < rows; i++) {
        lln_moments own = moments_of(x + i * d, d);
        lln_moments_merge(&tokens[i], &own);
    }
}

/* The mean that is taken away, and what a row is divided by. `token`: NULL if
 * the row is all there is of it. */
static void find_size(const lln_qk_norm *norm, const lln_moments *token,
                      const double *x, size_t d, double *mean, double *size)
{
    double count = token ? token->count : (double)d, sum;
    *mean = 0;
    if (norm->kind == LLN_NORM_LAYER) {
        lln_moments all = token ? *token : moments_of(x, d);
        *mean = all.mean;
        sum = all.m2;
    } else {
        sum = token ? token->m2 + count * token->mean * token->mean
                    : squares_about(x, d, 0);
    }
    if (norm->kind != LLN_NORM_L2)
        sum /= count;
    *size = sqrt(sum + norm->eps);
}

LLN_CLONES static void divide(double mean, double size, double *x, size_t d)
{
    for (size_t c = 0; c < d; c++)
        x[c] = (x[c] - mean) / size;
}

void lln_qk_norm_apply(const lln_qk_norm *norm, const lln_norm_weights *weights,
                       const lln_moments *tokens, double *x, size_t rows,
                       size_t d)
{
    const double *weight = weights->weight, *bias = weights->bias;
    double one = norm->plus_one ? 1 : 0;
    for (size_t i = 0; i < rows; i++, x += d) {
        double mean, size;
        find_size(norm, tokens ? &tokens[i] : NULL, x, d, &mean, &size);
        divide(mean, size, x, d);
        for (size_t c = 0; c < d && weight; c++)
            x[c] *= one + weight[c];
        for (size_t c = 0; c < d && bias; c++)
            x[c] += bias[c];
    }
}
