/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The inner loops of the streaming pass, vectorised: sums over consecutive
 * scores of one row, in the precision of the tile. */
#ifndef LLN_MEASURE_TILE_SUMS_H
#define LLN_MEASURE_TILE_SUMS_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/attention.h"

/* Sums, with scores s as logarithms (LLN_DOMAIN_LINEAR: s = ln A) and y = s -
 * max. */
typedef struct {
    double reference; /* in: a score */
    double max;       /* in: reference as a logarithm */
    double center;    /* in, rounded on return: near the mean of s */
    double largest; /* the largest score; if above reference, sums of exp(y) are
                       invalid and must be computed again */
    double rest;    /* sum of exp(y) over scores below reference */
    double slope;   /* sum of -y exp(y) over the same scores */
    double square;  /* sum of exp(y)^2 over the same scores */
    double tilt;    /* in with `shape`: near the mean of y weighted by exp(y) */
    double first;   /* with `shape`: sum of exp(y) (y - tilt) over all scores */
    double second;  /* sum of exp(y) (y - tilt)^2 over the same */
    double smallest; /* with `shape`: the smallest score as a logarithm */
    double power[5]; /* power[r] = sum of (s - center)^r, r = 1..4;
                        with `shape` r = 1, 2 */
    void *weights;   /* in: receives factor exp(y) [count] in the precision of
                        the scores; NULL: is not wanted */
    double factor;   /* in: with weights */
    void *logs; /* in: with weights, receives y [count] if the domain is linear,
                   where y = scores - reference does not hold */
} lln_tile_sums;

/* The largest of count >= 1 scores, and the number of scores equal to
 * `value`. */
float lln_tile_max_f32(const float *scores, size_t count);
double lln_tile_max_f64(const double *scores, size_t count);
size_t lln_tile_ties_f32(const float *scores, size_t count, float value);
size_t lln_tile_ties_f64(const double *scores, size_t count, double value);

/* Moves the scores above 0 to the front, in order; returns their number. No
 * score may be negative. */
size_t lln_tile_drop_zeros_f32(float *scores, size_t count);
size_t lln_tile_drop_zeros_f64(double *scores, size_t count);

/* The same for the scores above -inf. */
size_t lln_tile_drop_hidden(lln_precision precision, void *scores,
                            size_t count);

/* A center for a row that begins with these scores: the mean of s over the
 * first few. */
double lln_tile_center_f32(const float *scores, size_t count,
                           lln_domain domain);
double lln_tile_center_f64(const double *scores, size_t count,
                           lln_domain domain);

/* Sums over count >= 1 scores, at most one tile, since they are computed in the
 * precision of the scores. power[] is computed only with moments, LLN_TILE_KEEP
 * and LLN_TILE_SHAPE; with LLN_TILE_KEEP, kept [count] receives the scores as
 * logarithms. */
typedef enum {
    LLN_TILE_SUMS,
    LLN_TILE_MOMENTS,
    LLN_TILE_KEEP,
    LLN_TILE_SHAPE
} lln_tile_what;

void lln_tile_sums_f32(const float *scores, size_t count, lln_domain domain,
                       lln_tile_what what, float *kept, lln_tile_sums *sums);
void lln_tile_sums_f64(const double *scores, size_t count, lln_domain domain,
                       lln_tile_what what, double *kept, lln_tile_sums *sums);

/* Only `first` and `second` of these sums. */
void lln_tile_tilt_f32(const float *scores, size_t count, lln_domain domain,
                       lln_tile_sums *sums);
void lln_tile_tilt_f64(const double *scores, size_t count, lln_domain domain,
                       lln_tile_sums *sums);

#endif
