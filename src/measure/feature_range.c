/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/feature_range.h"

#include <math.h>

#include "kernel/row_math.h"

static double largest_of(lln_matrix x, double factor)
{
    double largest = -INFINITY;
    for (size_t i = 0; i < x.rows; i++)
        for (size_t l = 0; l < x.columns; l++)
            largest = fmax(largest, factor * lln_matrix_get(x, i, l));
    return largest;
}

/* Adds the features of the matrix to the counts, which are whole numbers. */
static void count_features(lln_matrix x, double factor, double largest,
                           lln_range_fractions counts[LLN_NUMBER_FORMATS])
{
    for (size_t i = 0; i < x.rows; i++)
        for (size_t l = 0; l < x.columns; l++) {
            double exponent = factor * lln_matrix_get(x, i, l);
            double shifted = exponent - largest;
            for (int f = 0; f < LLN_NUMBER_FORMATS; f++) {
                const lln_number_format *format = &lln_number_formats[f];
                counts[f].overflow += exponent >= format->overflow;
                counts[f].flushed += exponent < format->flush;
                counts[f].subnormal +=
                    exponent < format->normal && exponent >= format->flush;
                counts[f].shifted_flushed += shifted < format->flush;
            }
        }
}

void lln_feature_range_measure(lln_matrix x, double factor, bool by_row,
                               lln_feature_range *out)
{
    double features = (double)x.rows * (double)x.columns;
    *out = (lln_feature_range){.largest = largest_of(x, factor)};
    for (size_t i = 0; by_row && i < x.rows; i++) {
        lln_matrix row = lln_matrix_rows(x, i, 1);
        count_features(row, factor, largest_of(row, factor), out->formats);
    }
    if (!by_row)
        count_features(x, factor, out->largest, out->formats);
    for (int f = 0; f < LLN_NUMBER_FORMATS; f++) {
        lln_range_fractions *counts = &out->formats[f];
        counts->overflow /= features;
        counts->subnormal /= features;
        counts->flushed /= features;
        counts->shifted_flushed /= features;
    }
}

double lln_feature_range_largest_sum(lln_matrix q, double alpha, lln_matrix k,
                                     double beta, double *sums)
{
    double largest = -INFINITY;
    for (size_t l = 0; l < k.columns; l++)
        sums[l] = -INFINITY;
    for (size_t j = 0; j < k.rows; j++)
        for (size_t l = 0; l < k.columns; l++)
            sums[l] = lln_log_add(sums[l], beta * lln_matrix_get(k, j, l));
    for (size_t i = 0; i < q.rows; i++) {
        double sum = -INFINITY;
        for (size_t l = 0; l < q.columns; l++)
            sum = lln_log_add(sum, alpha * lln_matrix_get(q, i, l) + sums[l]);
        largest = fmax(largest, sum);
    }
    return largest;
}
