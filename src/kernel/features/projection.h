/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matrices of random numbers for kernels that project: given as an array of
 * the choice, or drawn from its seed and the number of its draw, by one thread,
 * the same on every machine. */
#ifndef LLN_KERNEL_FEATURES_PROJECTION_H
#define LLN_KERNEL_FEATURES_PROJECTION_H

#include "kernel/parameters.h"

/* out [count]: normal numbers of mean zero and that deviation. Parts of one
 * choice with different numbers `part` are independent, and of the heads that
 * are sampled from the same seed too. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_projection_normal(const lln_kernel_choice *choice,
                                               uint64_t part, size_t count,
                                               double deviation, double *out);

/* out [rows x columns]: rows in blocks of `columns`, orthogonal within a block
 * and uniform on the sphere, each as long as an independent normal vector, so
 * that one row alone is a normal vector. LLN_ENOMEM.
 * Source: Choromanski et al. (2021), section 2.4. */
LLN_NODISCARD lln_status lln_projection_orthogonal(
    const lln_kernel_choice *choice, size_t rows, size_t columns, double *out);

/* The most rows of a random matrix. */
enum { LLN_PROJECTION_MOST = 65536 };

/* How lln_projection_open draws. */
typedef enum { LLN_PROJECTION_NORMAL, LLN_PROJECTION_ORTHOGONAL } lln_draw;

/* The array 'w' [*rows x columns] of the choice in float64, of any number of
 * rows; else drawn, with as many rows as the parameter 'features' says. *w
 * belongs to the caller (free). LLN_EINVAL; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_projection_open(const lln_kernel_choice *choice,
                                             lln_draw draw, size_t columns,
                                             size_t *rows, double **w);

/* out [count x 2 rows] = factor (sin, cos) of W x / (|x| + added), for each
 * row of x [count x d], W [rows x d]; the angles of x = 0 are 0.
 * Source: Peng et al. (2021). */
void lln_projection_fourier(const double *x, size_t count, size_t d,
                            const double *w, size_t rows, double added,
                            double factor, double *out);

#endif
