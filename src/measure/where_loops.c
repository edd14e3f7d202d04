/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loops are in where_loops.inc, once for both precisions. */
#include "measure/where_loops.h"

#include "core/memory.h"
#include "core/vector_math.h"

enum { SEGMENT = 512 };

#define LLN_BODY "measure/where_loops.inc"
#include "core/both_precisions.h"

void lln_where_segment(lln_precision precision, const void *weights,
                       size_t count, double lag, double *mass, double *moment)
{
    if (precision == LLN_FLOAT32)
        segment_f32(weights, count, lag, mass, moment);
    else
        segment_f64(weights, count, lag, mass, moment);
}

void lln_where_add(lln_precision precision, const void *weights, size_t stride,
                   size_t rows, size_t count, const double *factor, double *y)
{
    if (precision == LLN_FLOAT32)
        add_f32(weights, stride, rows, count, factor, y);
    else
        add_f64(weights, stride, rows, count, factor, y);
}
