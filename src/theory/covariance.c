/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * psi^d - (phi phi')^d is computed from the centred covariance c = psi - phi
 * phi' at each (u, u'), so that nothing cancels: (phi phi')^d (e^{d ln(1 + c /
 * (phi phi'))} - 1). */
#include "theory/covariance.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/memory.h"
#include "theory/transform.h"

/* The trapezoidal rule in u has an error of e^{-pi^2 / step} = e^{-41}. */
static const double STEP = 0.24;

/* The grids end where the integrand is below e^{-38}, 3e-17. */
static const double DIGITS = 38;

/* A complement closer to 1 is only rounding; this matters for d = 1. */
static const double SATURATED = 1 - 1e-15;

/* Pairs (u, u') that contribute less are left out. */
static const double NEGLIGIBLE = 1e-18;

/* One of the two sums, on its grid of u. */
struct side {
    size_t count, nodes;
    double *deviation; /* [count x nodes]: sqrt(weight) (phi_b - phi) */
    double *log_phi;   /* [count] */
    double *norm;      /* [count]: length of the row of differences above */
};

static void side_free(struct side *side)
{
    free(side->deviation);
    free(side->log_phi);
    free(side->norm);
}

static lln_status side_alloc(size_t count, size_t nodes, struct side *side)
{
    size_t size;
    LLN_TRY(lln_size_multiply(count, nodes, &size));
    *side = (struct side){
        .count = count,
        .nodes = nodes,
        .deviation = lln_array_alloc(size, sizeof(double)),
        .log_phi = lln_array_alloc(count, sizeof(double)),
        .norm = lln_array_alloc(count, sizeof(double)),
    };
    if (side->deviation && side->log_phi && side->norm)
        return LLN_OK;
    side_free(side);
    return LLN_ENOMEM;
}

/* Step in z for which the trapezoidal rule for the mean over z of a product F(u
 * + az) F'(u' + az) has an error of e^{-40}. At the frequency w in az, the
 * transform of the normal density decreases as e^{-a^2 w^2 / 2}, and that of
 * the product as e^{-pi w / 2 - smooth w^2}. The step divides w between the two
 * so that the cost is least. */
static double node_step(double a, double smooth)
{
    double quadratic = a * a / 2, w = sqrt(40 / quadratic);
    for (;; w *= 1.01) {
        double rest =
            (2 * quadratic * w - M_PI / 2) / (2 * (quadratic + smooth));
        double share = fmax(rest, 0);
        if (quadratic * (w - share) * (w - share) + smooth * share * share +
                M_PI / 2 * share >=
            40)
            return 2 * M_PI / (w * a);
    }
}

/* Number of points from the left end to where phi^d is negligible. */
static size_t grid_count(lln_transform *transform, size_t d, double s,
                         double depth)
{
    size_t count = 0;
    lln_transform_init(transform, s, STEP, depth);
    lln_transform_move(transform, lln_transform_left(s, depth));
    for (;; count++) {
        double c = lln_transform_complement(transform, count);
        if (!(c < SATURATED && (double)d * log1p(-c) >= -DIGITS))
            return count;
    }
}

/* Column by column: 1 - phi_b(e^{u + az}) for all u at one node z. */
static void fill_complements(lln_transform *transform, double a, double b,
                             double left, double depth, double step,
                             struct side *side)
{
    lln_transform_init(transform, b, STEP, depth);
    for (size_t j = 0; j < side->nodes; j++) {
        double z = ((double)j - (double)(side->nodes - 1) / 2) * step;
        lln_transform_move(transform, left + a * z);
        for (size_t i = 0; i < side->count; i++)
            side->deviation[i * side->nodes + j] =
                lln_transform_complement(transform, i);
    }
}

/* Row by row: the mean over z, and the differences from it. */
static void centre_rows(struct side *side, double step)
{
    for (size_t i = 0; i < side->count; i++) {
        double *row = side->deviation + i * side->nodes;
        double mean = 0, squares = 0;
        for (size_t j = 0; j < side->nodes; j++) {
            double z = ((double)j - (double)(side->nodes - 1) / 2) * step;
            mean += step * exp(-z * z / 2) / sqrt(2 * M_PI) * row[j];
        }
        for (size_t j = 0; j < side->nodes; j++) {
            double z = ((double)j - (double)(side->nodes - 1) / 2) * step;
            row[j] =
                sqrt(step / sqrt(2 * M_PI)) * exp(-z * z / 4) * (mean - row[j]);
            squares += row[j] * row[j];
        }
        side->log_phi[i] = log1p(-mean);
        side->norm[i] = sqrt(squares);
    }
}

static lln_status side_build(lln_transform *transform, size_t d, double a,
                             double b, double step, struct side *side)
{
    double depth = lln_transform_depth(d, DIGITS);
    double s = hypot(a, b), reach = sqrt(2 * depth);
    size_t count = grid_count(transform, d, s, depth);
    size_t nodes = 2 * (size_t)(reach / step) + 1;
    LLN_TRY(side_alloc(count, nodes, side));
    fill_complements(transform, a, b, lln_transform_left(s, depth), depth, step,
                     side);
    centre_rows(side, step);
    return LLN_OK;
}

static double dot(size_t count, const double *x, const double *y)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t j = 0; j < count; j++)
        sum += x[j] * y[j];
    return sum;
}

/* psi^d - (phi phi')^d at one point of the plane. */
static double integrand(size_t d, const struct side *x, size_t i,
                        const struct side *y, size_t k)
{
    double terms = (double)d;
    if (terms * x->norm[i] * y->norm[k] < NEGLIGIBLE)
        return 0;
    double c =
        dot(x->nodes, x->deviation + i * x->nodes, y->deviation + k * y->nodes);
    double log_product = x->log_phi[i] + y->log_phi[k];
    double ratio = c * exp(-log_product);
    return exp(terms * log_product) * expm1(terms * log1p(ratio));
}

/* Moving u and u' together shifts both logarithms. In this direction the
 * integrand is as smooth as the density of G plus a times the largest of d
 * normals, whose scale is about 1 / sqrt(2 ln d). So every `stride`-th row of
 * the plane is enough, with all columns in each. */
static size_t row_stride(size_t d, double a)
{
    return 1 + (size_t)(a / (1 + sqrt(2 * log((double)d))));
}

static double integrate(size_t d, const struct side *x, const struct side *y,
                        size_t stride)
{
    double sum = 0;
    for (size_t i = 0; i < x->count; i += stride)
        for (size_t k = 0; k < y->count; k++)
            sum += integrand(d, x, i, y, k);
    return STEP * STEP * (double)stride * sum;
}

lln_status lln_sum_covariance(size_t d, double a, double b, double b2,
                              double *covariance)
{
    lln_transform *transform = lln_array_alloc(1, sizeof *transform);
    if (!transform)
        return LLN_ENOMEM;
    struct side x = {0}, y = {0};
    double smooth = b == b2 ? b * b / 4 : 0, step = node_step(a, smooth);
    bool same = b == b2;
    lln_status status = side_build(transform, d, a, b, step, &x);
    if (status == LLN_OK && !same)
        status = side_build(transform, d, a, b2, step, &y);
    if (status == LLN_OK)
        *covariance = integrate(d, &x, same ? &x : &y, row_stride(d, a));
    side_free(&x);
    side_free(&y);
    free(transform);
    return status;
}
