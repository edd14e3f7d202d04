/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/wide.h"

#include "core/memory.h"

lln_status lln_head_widen(const lln_head *head, lln_head *wide,
                          double **storage)
{
    size_t queries = head->q.rows * head->q.columns;
    *wide = *head;
    *storage = NULL;
    if (head->q.precision == LLN_FLOAT64)
        return LLN_OK;
    double *numbers = lln_array_alloc_raw(
        queries + head->k.rows * head->k.columns, sizeof *numbers);
    if (!numbers)
        return LLN_ENOMEM;
    lln_matrix_convert(head->q, LLN_FLOAT64, numbers);
    lln_matrix_convert(head->k, LLN_FLOAT64, numbers + queries);
    wide->q.precision = wide->k.precision = LLN_FLOAT64;
    wide->q.data = numbers;
    wide->k.data = numbers + queries;
    *storage = numbers;
    return LLN_OK;
}

lln_status lln_head_widen_small(const lln_head *head, size_t tokens,
                                lln_head *wide, double **storage)
{
    if (head->q.rows <= tokens && head->k.rows <= tokens)
        return lln_head_widen(head, wide, storage);
    *wide = *head;
    *storage = NULL;
    return LLN_OK;
}
