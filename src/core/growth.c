/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/growth.h"

#include <math.h>

double lln_growth_size(size_t n, size_t m)
{
    return sqrt((double)n * (double)m);
}

double lln_growth_power(double before, double after, double least, double most)
{
    if (!(before > 0 && after > 0))
        return least;
    return fmin(fmax(log2(after / before), least), most);
}

double lln_growth_extrapolate(double known, double from, double to,
                              double power)
{
    return known * pow(to / from, power);
}

double lln_growth_round(double x)
{
    if (!(x > 0))
        return x;
    double unit = pow(10, fabs(floor(log10(x)) - 1));
    return x < 10 ? round(x * unit) / unit : round(x / unit) * unit;
}
