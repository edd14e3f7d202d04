/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "row_pass.h"

#include <stdlib.h>

lln_status row_pass_run(const run_case *c, lln_attention *attention,
                        bool entropies, bool per_row, row_pass *pass)
{
    lln_panel_visitor visitors[2];
    size_t visitor_count = 0;
    unsigned what = where_needs(c->passes);
    *pass = (row_pass){.count = c->row_count};
    if (entropies)
        what |= norm_columns_statistics(c, attention);
    LLN_TRY(lln_rows_alloc(attention, c->rows, &pass->count, &pass->rows));
    LLN_TRY(where_open(c, attention, per_row, &pass->where));
    LLN_TRY(pattern_columns_open(c, attention, pass->count, &pass->patterns));
    if (pass->where)
        visitors[visitor_count++] =
            (lln_panel_visitor){lln_where_visit, pass->where};
    if (pass->patterns)
        visitors[visitor_count++] = pattern_columns_visitor(pass->patterns);
    return coverage_measure(c, attention, visitors, visitor_count, what,
                            pass->count, pass->rows, &pass->coverage);
}

void row_pass_close(row_pass *pass)
{
    lln_coverage_close(pass->coverage);
    lln_where_close(pass->where);
    pattern_columns_close(pass->patterns);
    free(pass->rows);
}
