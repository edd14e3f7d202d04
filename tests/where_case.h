/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Measures everything about where the mass falls. */
#ifndef LLN_TESTS_WHERE_CASE_H
#define LLN_TESTS_WHERE_CASE_H

#include "measure/where.h"
#include "shapes.h"

enum { ALL = LLN_WHERE_COLUMNS | LLN_WHERE_MEDIAN | LLN_WHERE_ROW_MEDIANS };

/* Values of the rows in rows [count], which may be NULL. */
static inline lln_where measure(lln_attention *attention, const size_t *queries,
                                size_t count, const lln_where_rule *rule,
                                lln_where_row *rows, lln_where *error)
{
    lln_where out;
    lln_where_sums *sums;
    unsigned what = ALL | (rule->grid.height ? LLN_WHERE_GRID : 0);
    expect_ok(lln_where_open(attention, queries, count, rule, what, &sums));
    expect_ok(
        lln_panels_visit(attention, queries, count, 0, lln_where_visit, sums));
    count = queries ? count : attention->n;
    if (rows)
        memcpy(rows, lln_where_rows(sums), count * sizeof *rows);
    expect_ok(lln_where_finish(sums, &out, error));
    lln_where_close(sums);
    return out;
}

#endif
