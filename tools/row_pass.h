/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One pass over the rows of a case of lln-entropy, which measures what all
 * groups of columns ask for. */
#ifndef LLN_TOOLS_ROW_PASS_H
#define LLN_TOOLS_ROW_PASS_H

#include "coverage_columns.h"
#include "norm_columns.h"
#include "pattern_columns.h"
#include "where_columns.h"

typedef struct {
    size_t count;
    lln_row *rows;          /* [count] */
    lln_coverage *coverage; /* NULL: not asked for, like the next two */
    lln_where_sums *where;
    pattern_pass *patterns;
} row_pass;

/* Measures the rows of the case, and their entropies if `entropies`. per_row:
 * for a table of rows. Release it by row_pass_close, after failures too. The
 * statuses of lln_panels_measure and of what takes part. */
LLN_NODISCARD lln_status row_pass_run(const run_case *c,
                                      lln_attention *attention, bool entropies,
                                      bool per_row, row_pass *pass);

void row_pass_close(row_pass *pass);

#endif
