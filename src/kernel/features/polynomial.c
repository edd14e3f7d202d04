/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/features/polynomial.h"

#include <cblas.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "core/vector_math.h"
#include "kernel/features/features.h"
#include "kernel/logits.h"
#include "kernel/row_math.h"

/* Keys are summed in GROUPS and queries taken in CHUNKs, whatever the number of
 * threads. */
enum { GROUPS = 16, CHUNK = 128 };

/* Writes out [d (d + 1)/2]: factor x_a^2 and factor sqrt(2) x_a x_b. The dot
 * product of two such vectors is factor^2 (x.x')^2. Returns the end of out. */
static double *fill_squares(const double *x, size_t d, double factor,
                            double *out)
{
    for (size_t a = 0; a < d; a++) {
        *out++ = factor * x[a] * x[a];
        double twice = factor * sqrt(2) * x[a];
#pragma omp simd
        for (size_t b = 0; b < d - a - 1; b++)
            out[b] = twice * x[a + 1 + b];
        out += d - a - 1;
    }
    return out;
}

static void fill_polynomial_features(const lln_features *f, lln_role side,
                                     size_t first, size_t count, double *out)
{
    const lln_polynomial *p = f->state;
    const double *x = lln_features_tokens(f, side, first);
    double root = sqrt(p->linear * fabs(p->rule.scale));
    if (side == LLN_KEYS)
        root = copysign(root, p->rule.scale);
    for (size_t i = 0; i < count; i++, x += f->d) {
        if (p->one > 0)
            *out++ = sqrt(p->one);
        for (size_t l = 0; l < f->d && p->linear > 0; l++)
            *out++ = root * x[l];
        out = fill_squares(x, f->d, sqrt(p->square) * fabs(p->rule.scale), out);
    }
}

#define LLN_BODY "kernel/features/polynomial.inc"
#include "core/both_precisions.h"

static void scores(const lln_features *f, size_t query, size_t queries,
                   size_t key, size_t keys, size_t stride, double *out)
{
    const lln_polynomial *p = f->state;
    lln_logits_rows(&p->rule, NULL, f->q + query * f->d, queries,
                    f->k + key * f->d, keys, f->d, stride, out);
    for (size_t i = 0; i < queries; i++)
        evaluate_f64(out + i * stride, keys, p->one, p->linear, p->square);
}

static void tile(const lln_attention *attention, const void *packed,
                 size_t rows, size_t first_key, size_t keys, size_t stride,
                 void *out)
{
    const lln_polynomial *p = ((const lln_features *)attention->state)->state;
    lln_attention logits = *attention;
    logits.tiles.tile = NULL;
    logits.tiles.rule = p->rule;
    lln_attention_tile(&logits, NULL, packed, rows, first_key, keys, stride,
                       out);
    for (size_t i = 0; i < rows; i++)
        if (attention->precision == LLN_FLOAT32)
            evaluate_f32((float *)out + i * stride, keys, (float)p->one,
                         (float)p->linear, (float)p->square);
        else
            evaluate_f64((double *)out + i * stride, keys, p->one, p->linear,
                         p->square);
}

/* Adds keys first .. end - 1 to u [d] and computes their M [d x d], upper
 * triangle only. */
static void sum_keys(const lln_features *f, size_t first, size_t end, double *u,
                     double *triangle)
{
    int d = (int)f->d;
    const double *k = f->k + first * f->d;
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, d, (int)(end - first), 1,
                k, d, 0, triangle, d);
    for (size_t j = first; j < end; j++, k += f->d)
        for (size_t l = 0; l < f->d; l++)
            u[l] += k[l];
}

/* Adds the sums of all groups [GROUPS x (d + d d)] to those of the first group
 * and doubles M off the diagonal. */
static void join_groups(size_t d, double *sums)
{
    size_t size = d + d * d;
    for (size_t g = 1; g < GROUPS; g++)
        for (size_t l = 0; l < size; l++)
            sums[l] += sums[g * size + l];
    for (size_t a = 0; a < d; a++)
        for (size_t b = a + 1; b < d; b++)
            sums[d + a * d + b] *= 2;
}

/* Sums of rows of some queries, from u and M of all keys; scratch: [count x
 * d]. */
static void sum_rows(const lln_features *f, const double *sums, size_t first,
                     size_t count, double *scratch, double *out)
{
    const lln_polynomial *p = f->state;
    size_t d = f->d;
    const double *q = f->q + first * d;
    memcpy(scratch, q, count * d * sizeof *scratch);
    cblas_dtrmm(CblasRowMajor, CblasRight, CblasUpper, CblasNoTrans,
                CblasNonUnit, (int)count, (int)d, p->rule.scale, sums + d,
                (int)d, scratch, (int)d);
    for (size_t i = 0; i < count; i++, q += d, scratch += d) {
        double s = lln_row_dot(q, sums, d),
               squares = lln_row_dot(q, scratch, d);
        out[i] = p->one * (double)f->m +
                 p->rule.scale * (p->linear * s + p->square * squares);
    }
}

/* sum_j s_j = scale q.u and sum_j s_j^2 = scale^2 q.M q with u = sum_j k_j and
 * M = sum_j k_j k_j'. */
static lln_status row_sums(const lln_features *f, double *out)
{
    size_t d = f->d, size = d + d * d, chunks = (f->n + CHUNK - 1) / CHUNK;
    double *sums = lln_array_alloc((size_t)GROUPS * size, sizeof *sums);
    double *scratch = lln_array_alloc_raw(
        (size_t)lln_threads_count() * CHUNK * d, sizeof *scratch);
    if (!sums || !scratch) {
        free(sums);
        free(scratch);
        return LLN_ENOMEM;
    }
#pragma omp parallel for schedule(static)
    for (size_t g = 0; g < GROUPS; g++)
        sum_keys(f, f->m * g / GROUPS, f->m * (g + 1) / GROUPS, sums + g * size,
                 sums + g * size + d);
    join_groups(d, sums);
#pragma omp parallel for schedule(static)
    for (size_t c = 0; c < chunks; c++)
        sum_rows(f, sums, c * CHUNK, lln_size_smaller(CHUNK, f->n - c * CHUNK),
                 scratch + (size_t)omp_get_thread_num() * CHUNK * d,
                 out + c * CHUNK);
    free(sums);
    free(scratch);
    return LLN_OK;
}

/* Whether the polynomial is at least one/2 everywhere, so that no terms
 * cancel. */
static bool apart_from_zero(const lln_polynomial *p)
{
    return p->one > 0 && 2 * p->one * p->square >= p->linear * p->linear;
}

lln_status lln_polynomial_open(const lln_kernel_choice *choice,
                               const lln_head *head,
                               const lln_polynomial *polynomial,
                               lln_attention *attention)
{
    lln_features *f;
    double eps;
    LLN_TRY(lln_kernel_real(choice, "eps", &eps));
    LLN_TRY(lln_features_new(choice, head, sizeof *polynomial, &f));
    *(lln_polynomial *)f->state = *polynomial;
    f->rank = f->d * (f->d + 1) / 2;
    f->rank += (polynomial->linear > 0 ? f->d : 0) + (polynomial->one > 0);
    f->fill = fill_polynomial_features;
    f->scores = scores;
    f->row_sums = row_sums;
    f->tile = apart_from_zero(polynomial) ? tile : NULL;
    f->divisor = lln_features_sum_plus;
    f->eps = eps;
    return lln_features_open(f, attention);
}
