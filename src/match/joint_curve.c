/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/joint_curve.h"

#include <math.h>

#include "match/joint.h"

double lln_joint_grid_x(const lln_joint *j, int i)
{
    double high = log(j->problem->options->largest);
    return high - i * (high - log(LLN_JOINT_LEAST)) / (LLN_JOINT_GRID - 1);
}

double lln_joint_extrapolate(const double *y, int i)
{
    if (i == 1)
        return y[0];
    if (i == 2)
        return 2 * y[1] - y[0];
    return 3 * (y[i - 1] - y[i - 2]) + y[i - 3];
}

lln_status lln_joint_measure(const lln_joint *j, const lln_head *head,
                             const size_t *queries, size_t count, double x,
                             double y, double *excess, double *second)
{
    lln_attention attention;
    lln_side_values values;
    LLN_TRY(lln_side_attention(head, exp(x) / j->problem->sigma_q,
                               exp(y) / j->problem->sigma_k, &attention));
    LLN_TRY(lln_side_measure(&attention, queries, count, j->rows, &values));
    *excess = log(fmax(values.variance, 1e-300)) - log(j->problem->variance);
    *second = j->skewness ? values.skewness : values.entropy;
    return LLN_OK;
}

void lln_joint_add(lln_joint_outcome *out, lln_joint_point at)
{
    if (out->count < LLN_MATCH_SOLUTIONS)
        out->solutions[out->count++] = at;
}
