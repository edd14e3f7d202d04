/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gradients against central differences, in float64. */
#ifndef LLN_TESTS_GRADIENT_H
#define LLN_TESTS_GRADIENT_H

#include "core/random.h"
#include "expect.h"

/* Between -1 and 1, the same for the same number. */
static inline double gradient_number(size_t i)
{
    return (double)(lln_random_number(21, i) >> 11) * 0x1p-52 - 1;
}

static inline void gradient_fill(double *x, size_t count, size_t first)
{
    for (size_t i = 0; i < count; i++)
        x[i] = gradient_number(first + i);
}

/* The loss in terms of results y: sum of y_i c_i with fixed numbers c_i, which
 * are the gradient of y. */
static inline double gradient_loss(const double *y, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += y[i] * gradient_number(7000 + i);
    return sum;
}

/* gradient [count] of loss(data) by x [count], each to 1e-8. */
static inline void gradient_check(double *x, size_t count,
                                  const double *gradient,
                                  double (*loss)(void *data), void *data)
{
    const double step = 1e-5;
    for (size_t i = 0; i < count; i++) {
        double middle = x[i];
        x[i] = middle + step;
        double above = loss(data);
        x[i] = middle - step;
        double below = loss(data);
        x[i] = middle;
        expect_absolute(gradient[i], (above - below) / (2 * step), 1e-8);
    }
}

#endif
