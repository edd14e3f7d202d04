/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The search along the curve on some rows, whose results are checked and
 * refined on all rows. Private to joint*.c. */
#ifndef LLN_MATCH_JOINT_SOME_ROWS_H
#define LLN_MATCH_JOINT_SOME_ROWS_H

#include <stdbool.h>

#include "match/joint_curve.h"

/* Follows the curve on up to 64 rows of lln_strata_choose. At some points, the
 * anchors, all rows are measured too; between anchors, the difference of all
 * rows from the chosen ones is interpolated. The error of this is estimated
 * from how the rows differ from each other, and where the sign of the second
 * quantity's difference is not certain by four standard errors, another anchor
 * is put. Solutions and the nearest point are those of all rows in float64.
 *
 * *certain is false, and *out undefined, if too many anchors would be needed, a
 * sample does not reach the curve, or the refined result contradicts the
 * samples: then lln_joint_search_all_rows must be used. The statuses of
 * lln_joint_measure; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_joint_search_some_rows(const lln_joint *j,
                                                    lln_joint_outcome *out,
                                                    bool *certain);

#endif
