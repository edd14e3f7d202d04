/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/product_f64.h"

#include <stdlib.h>

#include "core/memory.h"

lln_status lln_product_in_f64(lln_product_f64 *multiply, const void *context,
                              lln_matrix x, size_t rows, void *y)
{
    size_t columns = x.columns, size = x.rows * columns;
    if (x.precision == LLN_FLOAT64)
        return multiply(context, x.data, columns, y);
    double *in = lln_array_alloc_raw(size + rows * columns, sizeof *in);
    if (!in)
        return LLN_ENOMEM;
    double *out = in + size;
    lln_matrix_convert(x, LLN_FLOAT64, in);
    lln_status status = multiply(context, in, columns, out);
    if (status == LLN_OK)
        lln_matrix_convert((lln_matrix){LLN_FLOAT64, rows, columns, out},
                           x.precision, y);
    free(in);
    return status;
}
