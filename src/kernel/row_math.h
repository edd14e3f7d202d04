/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arithmetic on rows of features in float64, in place. */
#ifndef LLN_KERNEL_ROW_MATH_H
#define LLN_KERNEL_ROW_MATH_H

#include <math.h>
#include <stddef.h>

/* out [rows x columns] = factor a b' for a [rows x rank] and b [columns x
 * rank]. `stride` >= columns elements from one row of out to the next. */
void lln_row_products(double factor, const double *a, size_t rows,
                      const double *b, size_t columns, size_t rank,
                      size_t stride, double *out);

/* sum_l a_l b_l, [count] */
double lln_row_dot(const double *a, const double *b, size_t count);

double lln_row_sum(const double *x, size_t count);

/* The largest of x [count]; -inf if count is 0. */
double lln_row_max(const double *x, size_t count);

/* x_l = exp(x_l - shift) + added */
void lln_row_exp(double *x, size_t count, double shift, double added);

/* x = softmax(x), computed relative to the largest entry. */
void lln_row_softmax(double *x, size_t count);

/* ln(exp(a) + exp(b)); at least one of them must be finite. */
static inline double lln_log_add(double a, double b)
{
    double high = fmax(a, b), low = fmin(a, b);
    return high + log1p(exp(low - high));
}

#endif
