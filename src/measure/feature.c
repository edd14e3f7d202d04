/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/feature.h"

#include <math.h>

void lln_feature_read(lln_matrix a, size_t j, size_t step, double *x)
{
    size_t count = lln_feature_tokens(a.rows, step);
    for (size_t i = 0; i < count; i++)
        x[i] = lln_matrix_get(a, i * step, j);
}

static double subtract_mean(double *x, size_t n)
{
    double sum = 0, first = x[0];
    for (size_t i = 0; i < n; i++)
        sum += x[i] - first;
    double mean = first + sum / (double)n;
    for (size_t i = 0; i < n; i++)
        x[i] -= mean;
    return mean;
}

/* The standard deviation of values with mean 0, without overflow of squares. */
static double deviation_of(const double *x, size_t n)
{
    double largest = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(x[i]));
    for (size_t i = 0; largest > 0 && i < n; i++)
        sum += x[i] / largest * (x[i] / largest);
    return largest * sqrt(sum / (double)n);
}

void lln_feature_centre(double *x, size_t n)
{
    if (n == 0)
        return;
    double mean = subtract_mean(x, n);
    /* What is left by the rounding of a mean far from 0. */
    subtract_mean(x, n);
    double rounding = lln_precision_rounding(LLN_FLOAT64, fabs(mean));
    if (deviation_of(x, n) > rounding)
        return;
    for (size_t i = 0; i < n; i++)
        x[i] = 0;
}
