/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * psi^d - (phi phi')^d is computed from the centred covariance c = psi - phi
 * phi' at each (u, u'), so that nothing cancels: (phi phi')^d ((1 + c / (phi
 * phi'))^d - 1). */
#include "theory/covariance.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector_math.h"
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
    double *deviation; /* [nodes x count]: sqrt(weight) (phi_b - phi) / phi */
    double *power;     /* [count]: phi^d */
    double *norm;      /* [count]: length of sqrt(weight) (phi_b - phi) */
};

/* Nodes of z for both sums, and how they meet the lattice of the transform:
 * nodes `group` apart differ by `points` of its points. */
struct nodes {
    size_t count, group, points;
    double step;
};

static void side_free(struct side *side)
{
    free(side->deviation);
    free(side->power);
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
        .power = lln_array_alloc(count, sizeof(double)),
        .norm = lln_array_alloc(count, sizeof(double)),
    };
    if (side->deviation && side->power && side->norm)
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

/* Nodes for this step in z or a smaller one, so that they share a lattice of
 * this spacing in u, or few. */
static struct nodes choose_nodes(double a, double step, double spacing,
                                 double depth)
{
    struct nodes nodes = {.group = 1, .points = 1};
    double ratio = a * step / spacing;
    if (ratio >= 1)
        nodes.points = (size_t)ratio;
    else
        nodes.group = (size_t)ceil(1 / ratio);
    nodes.step = spacing * (double)nodes.points / ((double)nodes.group * a);
    nodes.count = 2 * (size_t)(sqrt(2 * depth) / nodes.step) + 1;
    return nodes;
}

static double node_at(const struct nodes *nodes, size_t j)
{
    return ((double)j - (double)(nodes->count - 1) / 2) * nodes->step;
}

/* Number of points from the left end to where phi^d is negligible. */
static size_t grid_count(lln_transform *transform, size_t d, double s,
                         double depth)
{
    lln_transform_values at = {0};
    lln_transform_init(transform, s, STEP, depth);
    lln_transform_move(transform, lln_transform_left(s, depth));
    for (size_t count = 0;; count++) {
        size_t b = count % LLN_TRANSFORM_MANY;
        if (b == 0)
            lln_transform_at(transform, count, &at);
        double c = at.complement[b];
        if (!(c < SATURATED && (double)d * log1p(-c) >= -DIGITS))
            return count;
    }
}

/* 1 - phi_b(e^{u + az}) for all u at each node z. The transform has been set
 * for b; `stride` of its points make a step of u. */
static lln_status fill_complements(lln_transform *transform,
                                   const struct nodes *nodes, double a,
                                   double left, size_t stride,
                                   struct side *side)
{
    size_t members = (nodes->count - 1) / nodes->group + 1;
    size_t points = side->count * stride + members * nodes->points;
    double *values = lln_array_alloc_raw(points, sizeof *values);
    if (!values)
        return LLN_ENOMEM;
    for (size_t g = 0; g < nodes->group && g < nodes->count; g++) {
        lln_transform_move(transform, left + a * node_at(nodes, g));
        lln_transform_complements(transform, points, values);
        const double *at = values;
        for (size_t j = g; j < nodes->count; j += nodes->group) {
            for (size_t i = 0; i < side->count; i++)
                side->deviation[j * side->count + i] = at[i * stride];
            at += nodes->points;
        }
    }
    free(values);
    return LLN_OK;
}

/* The mean over z at each u, and the differences from it. Until the end, norm
 * is the mean complement. */
static void centre_nodes(const struct nodes *nodes, size_t d, struct side *side)
{
    size_t count = side->count;
    for (size_t j = 0; j < side->nodes; j++) {
        double z = node_at(nodes, j);
        double weight = nodes->step * exp(-z * z / 2) / sqrt(2 * M_PI);
        for (size_t i = 0; i < count; i++)
            side->norm[i] += weight * side->deviation[j * count + i];
    }
    for (size_t j = 0; j < side->nodes; j++) {
        double z = node_at(nodes, j);
        double root = sqrt(nodes->step / sqrt(2 * M_PI)) * exp(-z * z / 4);
        for (size_t i = 0; i < count; i++) {
            double *x = &side->deviation[j * count + i];
            *x = root * (side->norm[i] - *x) / (1 - side->norm[i]);
            side->power[i] += *x * *x;
        }
    }
    for (size_t i = 0; i < count; i++) {
        double mean = side->norm[i];
        side->norm[i] = sqrt(side->power[i]) * (1 - mean);
        side->power[i] = exp((double)d * log1p(-mean));
    }
}

/* b_side: of this sum, b or 0. */
static lln_status side_build(lln_transform *transform, size_t d, double a,
                             double b_side, double b, bool alike,
                             struct side *side)
{
    double depth = lln_transform_depth(d, DIGITS);
    double s = hypot(a, b_side);
    size_t count = grid_count(transform, d, s, depth);
    lln_transform_init(transform, b, STEP, depth);
    double spacing = transform->spacing;
    double smooth = alike ? b * b / 4 : 0;
    struct nodes nodes = choose_nodes(a, node_step(a, smooth), spacing, depth);
    if (b_side != b)
        lln_transform_init(transform, b_side, spacing, depth);
    LLN_TRY(side_alloc(count, nodes.count, side));
    LLN_TRY(fill_complements(transform, &nodes, a, lln_transform_left(s, depth),
                             (size_t)round(STEP / spacing), side));
    centre_nodes(&nodes, d, side);
    return LLN_OK;
}

/* q = (1 + p)^d - 1 for each of count p, which it changes; nothing cancels. */
LLN_INLINE void raise_all(size_t d, size_t count, double *p, double *q)
{
    for (size_t k = 0; k < count; k++)
        q[k] = 0;
    for (size_t bits = d;;) {
        for (size_t k = 0; (bits & 1) && k < count; k++)
            q[k] = q[k] + p[k] + q[k] * p[k];
        bits >>= 1;
        if (bits == 0)
            return;
        for (size_t k = 0; k < count; k++)
            p[k] = p[k] * (2 + p[k]);
    }
}

/* The sum of psi^d - (phi phi')^d over points first .. end - 1 of row i of the
 * plane. scratch: twice as many. */
LLN_CLONES static double sum_row(size_t d, const struct side *x, size_t i,
                                 const struct side *y, size_t first, size_t end,
                                 double *scratch)
{
    size_t count = end - first;
    double sum = 0, *c = scratch, *q = scratch + count;
    const double *column = y->deviation + first;
    for (size_t k = 0; k < count; k++)
        c[k] = 0;
    for (size_t j = 0; j < x->nodes; j++, column += y->count) {
        double factor = x->deviation[j * x->count + i];
#pragma omp simd
        for (size_t k = 0; k < count; k++)
            c[k] += factor * column[k];
    }
    raise_all(d, count, c, q);
#pragma omp simd reduction(+ : sum)
    for (size_t k = 0; k < count; k++)
        sum += y->power[first + k] * q[k];
    return x->power[i] * sum;
}

/* Moving u and u' together shifts both logarithms. In this direction the
 * integrand is as smooth as the density of G plus a times the largest of d
 * normals, whose scale is about 1 / sqrt(2 ln d). So every `stride`-th row of
 * the plane is enough, with all columns in each. */
static size_t row_stride(size_t d, double a)
{
    return 1 + (size_t)(a / (1 + sqrt(2 * log((double)d))));
}

/* If the two sums are alike, the plane is symmetric: points above the diagonal
 * count twice. */
static lln_status integrate(size_t d, const struct side *x,
                            const struct side *y, size_t stride,
                            double *integral)
{
    bool half = x == y && stride == 1;
    double sum = 0,
           *scratch = lln_array_alloc_raw(y->count, 2 * sizeof(double));
    if (!scratch)
        return LLN_ENOMEM;
    for (size_t i = 0; i < x->count; i += stride) {
        double least = NEGLIGIBLE / ((double)d * x->norm[i]);
        size_t first = half ? i + 1 : 0, end = y->count;
        while (first < end && y->norm[first] < least)
            first++;
        while (first < end && y->norm[end - 1] < least)
            end--;
        double part = sum_row(d, x, i, y, first, end, scratch);
        if (half)
            part = 2 * part + sum_row(d, x, i, y, i, i + 1, scratch);
        sum += part;
    }
    free(scratch);
    *integral = STEP * STEP * (double)stride * sum;
    return LLN_OK;
}

lln_status lln_sum_covariance(size_t d, double a, double b, bool alike,
                              double *covariance)
{
    lln_transform *transform = lln_array_alloc(1, sizeof *transform);
    if (!transform)
        return LLN_ENOMEM;
    struct side x = {0}, y = {0};
    lln_status status = side_build(transform, d, a, b, b, alike, &x);
    if (status == LLN_OK && !alike)
        status = side_build(transform, d, a, 0, b, alike, &y);
    if (status == LLN_OK)
        status =
            integrate(d, &x, alike ? &x : &y, row_stride(d, a), covariance);
    side_free(&x);
    side_free(&y);
    free(transform);
    return status;
}
