/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/series.h"

#include <math.h>
#include <stdlib.h>

#include "table/table.h"

/* Evenly in the logarithm, also where high / low is no number. */
static double log_value(double low, double high, double part)
{
    double ratio = high / low;
    return isnormal(ratio) ? low * pow(ratio, part)
                           : pow(low, 1 - part) * pow(high, part);
}

double lln_series_value(double low, double high, size_t count, bool log,
                        size_t index)
{
    if (index == 0)
        return low;
    if (index + 1 >= count)
        return high;
    double part = (double)index / (double)(count - 1);
    double value = log ? log_value(low, high, part) : low + (high - low) * part;
    char text[32];
    lln_table_format_real(value, 12, text);
    return strtod(text, NULL);
}

void lln_average_add(lln_average *average, double x)
{
    average->count++;
    if (average->count == 1) {
        average->mean = x;
        return;
    }
    if (isinf(average->mean)) {
        average->mean += x;
        average->m2 = NAN;
        return;
    }
    double before = x - average->mean;
    average->mean += before / (double)average->count;
    average->m2 += before * (x - average->mean);
}

double lln_average_deviation(const lln_average *average)
{
    if (average->count < 2)
        return NAN;
    return sqrt(average->m2 / (double)(average->count - 1));
}

double lln_average_error(const lln_average *average)
{
    if (average->count < 2)
        return NAN;
    double count = (double)average->count;
    return sqrt(average->m2 / (count - 1) / count);
}

static int compare_values(const void *first, const void *second)
{
    double a = *(const double *)first, b = *(const double *)second;
    return (a > b) - (a < b);
}

double lln_median(double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (isnan(values[i]))
            return NAN;
    if (count == 0)
        return NAN;
    qsort(values, count, sizeof *values, compare_values);
    double low = values[(count - 1) / 2], high = values[count / 2];
    return low == high ? low : low / 2 + high / 2;
}
