/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/operator_squares.h"

#include <math.h>

#include "core/sorting.h"
#include "measure/operator_rows.h"
#include "measure/operator_visit.h"

static void visit(const lln_operator *op,
                  const struct lln_operator_block *block, size_t group,
                  void *context)
{
    (void)context;
    lln_operator_add_squares(op->precision, block->weights, op->m, block->rows,
                             block->columns, block->scale,
                             op->partial + group * op->m);
}

lln_status lln_operator_squares(lln_operator *op, double *squares)
{
    lln_operator_clear_groups(op);
    LLN_TRY(lln_operator_visit(op, visit, NULL));
    lln_operator_add_groups(op, 1, squares);
    return LLN_OK;
}

lln_status lln_squares_columns(double *squares, size_t m, double fraction,
                               double slack, double *columns)
{
    double total = 0, sum = 0;
    *columns = NAN;
    LLN_TRY(lln_sort_reals(squares, m));
    for (size_t j = 0; j < m; j++)
        total += squares[j];
    if (!(total > 0))
        return LLN_OK;
    for (size_t count = 1; count <= m; count++) {
        sum += squares[m - count];
        if (sum >= (fraction - slack) * total) {
            *columns = (double)count;
            return LLN_OK;
        }
    }
    return LLN_OK;
}
