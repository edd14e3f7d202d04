/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All results of one pass over the transform for a sum of log-normals. Private
 * to src/theory. */
#ifndef LLN_THEORY_SUM_ROW_H
#define LLN_THEORY_SUM_ROW_H

#include "core/status.h"
#include "theory/transform.h"

typedef struct {
    double cumulants[4]; /* of ln S */
    double concentration;
} lln_sum_row_values;

/* Memory for one integral, zeroed; the caller keeps it for many. */
typedef struct {
    lln_transform transform;
    double density[LLN_TRANSFORM_WEIGHTS + LLN_TRANSFORM_MANY];
} lln_sum_workspace;

/* S = sum of d >= 1 iid e^{s Z}, s in [0, LLN_TRANSFORM_SPREAD_MAX].
 * LLN_ENOCONV: the density does not integrate to 1. */
LLN_NODISCARD lln_status lln_sum_row(lln_sum_workspace *workspace, size_t d,
                                     double s, lln_sum_row_values *row);

#endif
