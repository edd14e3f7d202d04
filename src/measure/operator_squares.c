/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/operator_squares.h"

#include <math.h>
#include <string.h>

#include "core/sorting.h"
#include "measure/operator_rows.h"
#include "measure/operator_visit.h"

enum { GROUPS = LLN_OPERATOR_GROUPS };

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
    memset(op->partial, 0, GROUPS * op->m * sizeof(double));
    LLN_TRY(lln_operator_visit(op, visit, NULL));
    for (size_t j = 0; j < op->m; j++) {
        squares[j] = 0;
        for (size_t group = 0; group < GROUPS; group++)
            squares[j] += op->partial[group * op->m + j];
    }
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
