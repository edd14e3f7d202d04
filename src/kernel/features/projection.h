/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random matrices for kernels that project: given as an array of the choice, or
 * drawn from its seed and the number of its draw. One thread draws them; they
 * are the same on every machine. */
#ifndef LLN_KERNEL_FEATURES_PROJECTION_H
#define LLN_KERNEL_FEATURES_PROJECTION_H

#include "kernel/parameters.h"

/* out [count]: normal random numbers of mean 0 and that standard deviation.
 * Parts of one choice with different `part` are independent of each other and
 * of the heads sampled from the same seed. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_projection_normal(const lln_kernel_choice *choice,
                                               uint64_t part, size_t count,
                                               double deviation, double *out);

/* out [rows x columns] in blocks of `columns` rows. Rows of one block are
 * orthogonal and their directions uniform on the sphere. Each has the length of
 * an independent normal vector, so that a single row is a normal vector.
 * LLN_ENOMEM. Source: Choromanski et al. (2021), section 2.4. */
LLN_NODISCARD lln_status lln_projection_orthogonal(
    const lln_kernel_choice *choice, size_t rows, size_t columns, double *out);

/* Largest number of rows of a random matrix. */
enum { LLN_PROJECTION_MOST = 65536 };

/* The distribution from which lln_projection_open draws. */
typedef enum { LLN_PROJECTION_NORMAL, LLN_PROJECTION_ORTHOGONAL } lln_draw;

/* *w [*rows x columns]: the array 'w' of the choice in float64, with any number
 * of rows; if it was not given, random with as many rows as the parameter
 * 'features'. The caller frees *w. LLN_EINVAL; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_projection_open(const lln_kernel_choice *choice,
                                             lln_draw draw, size_t columns,
                                             size_t *rows, double **w);

/* out [count x 2 rows] = factor (sin, cos) of W x / (|x| + added) for each row
 * x of x [count x d]; W [rows x d]. The angles of x = 0 are 0. Source: Peng et
 * al. (2021). */
void lln_projection_fourier(const double *x, size_t count, size_t d,
                            const double *w, size_t rows, double added,
                            double factor, double *out);

#endif
