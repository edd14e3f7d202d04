/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Laplace transform of a log-normal variable on a grid of ln t: the one
 * integral without a closed form; everything in src/theory is based on it.
 * Private to src/theory. */
#ifndef LLN_THEORY_TRANSFORM_H
#define LLN_THEORY_TRANSFORM_H

#include <stddef.h>

/* The largest standard deviation of the logarithm that the arrays allow. */
#define LLN_TRANSFORM_SPREAD_MAX 64.0

enum {
    LLN_TRANSFORM_LATTICE = 2048,
    LLN_TRANSFORM_WEIGHTS = 9216,
    LLN_TRANSFORM_MANY = 32, /* points that are evaluated together */
    /* The lattice with as many points beyond each end. */
    LLN_TRANSFORM_PADDED = LLN_TRANSFORM_LATTICE + 2 * LLN_TRANSFORM_MANY
};

/* Expectations for x = e^{u + s Z} at many u, Z standard normal. */
typedef struct {
    double complement[LLN_TRANSFORM_MANY]; /* E[1 - e^{-x}] = 1 - phi(e^u) */
    double first[LLN_TRANSFORM_MANY];      /* E[x e^{-x}] = -d phi / du */
    double second[LLN_TRANSFORM_MANY];     /* E[x^2 e^{-x}] */
} lln_transform_values;

/* State for one s and one grid u_i = start + i step. Large (about 200 kB):
 * keep it on the heap. */
typedef struct {
    double s, step, depth, start;
    double spacing;   /* of the lattice; step if there is none */
    ptrdiff_t stride; /* lattice points per step; 0: no lattice */
    ptrdiff_t origin; /* lattice index of u_0 */
    ptrdiff_t length; /* lattice points */
    ptrdiff_t reach;  /* weights on either side of z = 0 */
    double weight[LLN_TRANSFORM_WEIGHTS];
    double tail[LLN_TRANSFORM_WEIGHTS]; /* sums of the weights from here on */
    double lowest;                      /* y of the first lattice point, and */
    double lattice; /* spacing for which the arrays below were filled */
    double complement[LLN_TRANSFORM_PADDED];
    double first[LLN_TRANSFORM_PADDED];
    double second[LLN_TRANSFORM_PADDED];
} lln_transform;

/* How far the grids for a sum of d terms must extend, so that the part beyond
 * is below e^{-digits}: ln d + digits. */
double lln_transform_depth(size_t d, double digits);

/* The u < 0 at which d (1 - phi(e^u)) falls below about e^{-digits}. */
double lln_transform_left(double s, double depth);

/* Sets s in [0, LLN_TRANSFORM_SPREAD_MAX], the step (0.15 to 0.25) and the
 * depth (at most 90). The grid may then be moved as often as needed. The
 * transform must be zeroed before the first time; a lattice that does not
 * change is kept. */
void lln_transform_init(lln_transform *transform, double s, double step,
                        double depth);

/* Moves the grid so that u_0 = start. */
void lln_transform_move(lln_transform *transform, double start);

/* All three expectations at u_i to u_{i + LLN_TRANSFORM_MANY - 1}. The absolute
 * error is that of rounding plus e^{-depth}. */
void lln_transform_at(const lln_transform *transform, size_t i,
                      lln_transform_values *values);

/* The complements at start + k spacing, k = 0 .. count - 1. */
void lln_transform_complements(const lln_transform *transform, size_t count,
                               double *values);

#endif
