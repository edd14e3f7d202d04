/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/operator_visit.h"

#include <omp.h>
#include <string.h>

#include "core/failure.h"
#include "core/progress.h"
#include "core/threads.h"

enum { GROUPS = LLN_OPERATOR_GROUPS };

typedef struct lln_operator_block row_block;

bool lln_operator_own_products(const lln_operator *op)
{
    return op->attention->product && op->attention->transposed;
}

void lln_operator_count_pass(const lln_operator *op)
{
    lln_rows_begun += op->n;
    lln_rows_done += op->n;
}

/* Loads block `number`; its weights are stored ones or computed in `work`. */
static lln_status load_block(const lln_operator *op, size_t number,
                             struct lln_operator_work *work, row_block *block)
{
    *block =
        op->stored ? op->blocks[number] : lln_operator_block_at(op, number);
    if (op->stored)
        return LLN_OK;
    return lln_operator_fill_block(op, work, block, work->weights, work->scale);
}

lln_status lln_operator_visit(lln_operator *op, lln_operator_visitor *visit,
                              void *context)
{
    size_t blocks = lln_operator_count_blocks(op);
    lln_failure failure = LLN_NO_FAILURE;
    lln_rows_begun += op->n;
#pragma omp parallel for schedule(dynamic, 1) num_threads(op->threads)
    for (size_t group = 0; group < GROUPS; group++)
        for (size_t b = group; b < blocks && !lln_stop_requested; b += GROUPS) {
            struct lln_operator_work *work = &op->work[omp_get_thread_num()];
            row_block block;
            if (b >= failure.item)
                break;
            lln_status status = load_block(op, b, work, &block);
            lln_failure_note(&failure, b, status);
            if (status == LLN_OK)
                visit(op, &block, group, context);
            lln_rows_done += block.rows;
        }
    LLN_TRY(lln_failure_report(&failure));
    return lln_threads_check_stop();
}

void lln_operator_clear_groups(lln_operator *op)
{
    memset(op->partial, 0, GROUPS * op->m * sizeof(double));
}

void lln_operator_add_groups(const lln_operator *op, double factor, double *y)
{
#pragma omp parallel for schedule(static) num_threads(op->threads)
    for (size_t j = 0; j < op->m; j++) {
        double sum = 0;
        for (size_t group = 0; group < GROUPS; group++)
            sum += op->partial[group * op->m + j];
        y[j] = factor * sum;
    }
}
