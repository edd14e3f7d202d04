/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to temperature.c and temperature_window.c. Matrices are float64 and
 * row-major; symmetric ones are given by their lower triangle. */
#ifndef LLN_HEADS_TEMPERATURE_INTERNAL_H
#define LLN_HEADS_TEMPERATURE_INTERNAL_H

#include "heads/heads.h"

/* Rows processed together; with 64 features they fit in the L2 cache. */
enum { LLN_TEMPERATURE_CHUNK = 256 };

/* Moments of a set of rows: count, mean [d] and scatter = sum (x - mean)(x -
 * mean)' [d x d]. */
typedef struct {
    size_t count;
    double *mean, *scatter;
} lln_key_moments;

/* Copies rows first .. first + count - 1 of a to out [count x d]. */
void lln_temperature_read(lln_matrix a, size_t first, size_t count,
                          double *out);

/* Subtracts from each column of x [count x d] its mean; mean [d]. A column of
 * equal values becomes exactly 0. */
void lln_temperature_centre(double *x, size_t count, size_t d, double *mean);

/* Adds x'x of x [count x d] to c [d x d]. */
void lln_temperature_add_squares(const double *x, size_t count, size_t d,
                                 double *c);

/* Updates a as if `count` rows with the given mean had joined, except for the
 * scatter of these rows about their own mean. delta [d] is scratch. Source:
 * Chan, Golub and LeVeque (1979), eq. 2.1. */
void lln_key_moments_join(lln_key_moments *a, size_t count, const double *mean,
                          size_t d, double *delta);

/* Adds the centred keys x [count x d], whose mean is given, to a. */
void lln_key_moments_add(lln_key_moments *a, const double *x, size_t count,
                         const double *mean, size_t d, double *delta);

/* Adds the rows of b to a. */
void lln_key_moments_merge(lln_key_moments *a, const lln_key_moments *b,
                           size_t d, double *delta);

/* Mean over rows of the within-row variance of q.k under a mask with a window
 * of at least 2, n <= m, m >= 2. Time O((n + m) d^2), memory
 * O(m d^2 / LLN_TEMPERATURE_CHUNK). LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_temperature_window(const lln_head *head,
                                                double *mean);

#endif
