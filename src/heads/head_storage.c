/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/head_storage.h"

#include "core/memory.h"

enum { PAD = 64 }; /* bytes: keys and values start on a cache line */

/* Adds room for a matrix to *total bytes. */
static lln_status add_room(const lln_matrix *a, size_t *total)
{
    size_t count, bytes;
    LLN_TRY(lln_size_multiply(a->rows, a->columns, &count));
    LLN_TRY(lln_size_multiply(count, lln_precision_size(a->precision), &bytes));
    if (__builtin_add_overflow(*total, bytes, total) ||
        __builtin_add_overflow(*total, PAD - 1, total))
        return lln_fail(LLN_ENOMEM, "too large");
    *total = *total / PAD * PAD;
    return LLN_OK;
}

lln_status lln_head_allocate(lln_precision logits, lln_precision values,
                             lln_head *head, lln_matrix_output *out)
{
    lln_matrix *const role[] = {&head->q, &head->k, &head->v};
    size_t end[LLN_ROLES + 1] = {0};
    for (int i = 0; i < LLN_ROLES; i++) {
        role[i]->precision = i == LLN_VALUES ? values : logits;
        end[i + 1] = end[i];
        LLN_TRY(add_room(role[i], &end[i + 1]));
    }
    head->storage = lln_array_alloc_raw(end[LLN_ROLES], 1);
    if (!head->storage)
        return LLN_ENOMEM;
    for (int i = 0; i < LLN_ROLES; i++) {
        void *at = (char *)head->storage + end[i];
        out[i] = (lln_matrix_output){role[i]->precision, role[i]->rows,
                                     role[i]->columns,
                                     role[i]->rows > 0 ? at : NULL};
        *role[i] = lln_matrix_written(out[i]);
    }
    return LLN_OK;
}

lln_matrix_output lln_head_writable(const lln_head *head, lln_matrix a)
{
    ptrdiff_t at = (const char *)a.data - (const char *)head->storage;
    return (lln_matrix_output){a.precision, a.rows, a.columns,
                               a.data ? (char *)head->storage + at : NULL};
}
