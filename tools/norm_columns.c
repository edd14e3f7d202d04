/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "norm_columns.h"

#include <stdlib.h>

#include "core/memory.h"

static unsigned asked(const run_case *c)
{
    unsigned what = 0;
    if (c->passes & PASS_NORM_CORRELATION)
        what |= LLN_QUERY_NORM_CORRELATION;
    if (c->passes & PASS_NORM_SLOPE)
        what |= LLN_QUERY_NORM_SLOPE;
    return what;
}

unsigned norm_columns_statistics(const run_case *c,
                                 const lln_attention *attention)
{
    return lln_query_norm_statistics(attention, asked(c));
}

lln_status norm_columns_measure(const run_case *c, lln_attention *attention,
                                const lln_row *rows, lln_query_norm *out,
                                lln_query_norm *error)
{
    unsigned what = asked(c);
    if (!what)
        return LLN_OK;
    return lln_query_norm_measure(c->kernel, c->head, attention, c->rows,
                                  c->row_count, rows, what, out, error);
}

static norm_record *record_at(norm_record *out, size_t stride, size_t i)
{
    void *at = (char *)out + i * stride;
    return at;
}

lln_status norm_columns_rows(const run_case *c, lln_attention *attention,
                             const lln_row *rows, size_t count,
                             norm_record *out, size_t stride)
{
    if (!(c->passes & PASS_NORM))
        return LLN_OK;
    double *values = lln_array_alloc_raw(count, sizeof *values);
    if (!values)
        return LLN_ENOMEM;
    if (c->passes & PASS_NORM_CORRELATION)
        lln_query_norms(c->head, c->rows, count, values);
    for (size_t i = 0; i < count && (c->passes & PASS_NORM_CORRELATION); i++)
        record_at(out, stride, i)->norm = values[i];
    lln_status status = LLN_OK;
    if (c->passes & PASS_NORM_SLOPE)
        status = lln_query_norm_slopes(c->kernel, c->head, attention, c->rows,
                                       count, rows, values);
    for (size_t i = 0; status == LLN_OK && i < count; i++)
        if (c->passes & PASS_NORM_SLOPE)
            record_at(out, stride, i)->slope = values[i];
    free(values);
    return status;
}
