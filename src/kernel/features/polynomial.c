/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/features/polynomial.h"

#include <math.h>

#include "core/vector_math.h"
#include "kernel/features/features.h"
#include "kernel/logits.h"

/* out [d (d + 1)/2]: products of x with itself, factor x_a^2 and
 * factor sqrt(2) x_a x_b, whose dot product is factor^2 (x.x')^2. */
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

LLN_CLONES static void evaluate(double *s, size_t count, double one,
                                double linear, double square)
{
#pragma omp simd
    for (size_t j = 0; j < count; j++)
        s[j] = one + s[j] * (linear + square * s[j]);
}

static void scores(const lln_features *f, size_t query, size_t queries,
                   size_t key, size_t keys, size_t stride, double *out)
{
    const lln_polynomial *p = f->state;
    lln_logits_rows(&p->rule, f->q + query * f->d, queries, f->k + key * f->d,
                    keys, f->d, stride, out);
    for (size_t i = 0; i < queries; i++)
        evaluate(out + i * stride, keys, p->one, p->linear, p->square);
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
    f->divisor = lln_features_sum_plus;
    f->eps = eps;
    return lln_features_open(f, attention);
}
