/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Alpha and beta of LLN attention from the standard deviations of queries and
 * keys of a layer. */
#include <math.h>

#include "theory/line.h"
#include "theory/lln_theory.h"
#include "train/attention.h"

/* The side s at which D2 equals t is tabulated as ln s at equal steps of ln t,
 * from LEAST to MOST. Outside, s is proportional to sqrt(t): D2 / s^2 tends to
 * constants. */
static const double LEAST = 1e-6, MOST = 178, STEP = 0.2;

/* Points of the interpolating polynomial, and those of them before the interval
 * of the argument. */
enum { POINTS = 6, BEFORE = 2 };

static lln_status side_at(lln_train_sides *sides, size_t index, double *log_s)
{
    double *side = &sides->side[index], s;
    if (*side == 0) {
        LLN_TRY(lln_theory_lln_match(sides->size,
                                     LEAST * exp(STEP * (double)index), &s));
        *side = s;
    }
    *log_s = log(*side);
    return LLN_OK;
}

/* Lagrange interpolation of ln s between six points of the table. */
static lln_status exact_side(lln_train_sides *sides, size_t size, double target,
                             double *s)
{
    double inside = fmin(fmax(target, LEAST), MOST);
    double at = log(inside / LEAST) / STEP, sum = 0;
    double start = fmax(floor(at) - BEFORE, 0);
    start = fmin(start, LLN_TRAIN_SIDES - POINTS);
    if (sides->size != size)
        *sides = (lln_train_sides){.size = size};
    for (size_t i = 0; i < POINTS; i++) {
        double log_s, weight = 1;
        LLN_TRY(side_at(sides, (size_t)start + i, &log_s));
        for (size_t j = 0; j < POINTS; j++)
            if (j != i)
                weight *= (at - start - (double)j) / ((double)i - (double)j);
        sum += weight * log_s;
    }
    *s = exp(sum) * sqrt(target / inside);
    return LLN_OK;
}

static lln_status find_side(lln_train_attention *a, const lln_train_extent *e,
                            double sigma_q, double sigma_k, double *s)
{
    double sigma = sigma_q * sigma_k;
    if (!(sigma_q > 0 && sigma_k > 0 && sigma * sigma > 0 &&
          isfinite(sigma * sigma)))
        return lln_fail(LLN_EUNDEFINED,
                        "alpha and beta are undefined: the standard deviations "
                        "of queries and keys are %g and %g",
                        sigma_q, sigma_k);
    if (a->match == LLN_TRAIN_PAPER)
        return lln_theory_paper_side(sigma_q, sigma_k, s);
    return exact_side(&a->sides, e->size, sigma * sigma, s);
}

lln_status lln_train_constants_set(lln_train_attention *a,
                                   const lln_train_extent *e, double sigma_q,
                                   double sigma_k, lln_train_constants *c)
{
    double alpha = a->alpha, beta = a->beta, s;
    if (a->match == LLN_TRAIN_PAPER || a->match == LLN_TRAIN_EXACT) {
        LLN_TRY(find_side(a, e, sigma_q, sigma_k, &s));
        alpha = s / sigma_q;
        beta = s / sigma_k;
    }
    c->alpha = a->factor * alpha;
    c->beta = a->factor * beta;
    c->mixture_learned = a->mixture_learned;
    if (!a->mixture_learned)
        c->mixture = a->mixture;
    return LLN_OK;
}
