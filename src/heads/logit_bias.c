/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/logit_bias.h"

#include <math.h>

#include "core/memory.h"
#include "core/vector_math.h"

/* Numbers of a row that are read at a time. */
enum { PART = 512 };

const double lln_hiding_number = -32752;

static void add_numbers(const lln_logit_grid *grid, size_t i, size_t first,
                        size_t count, double *out)
{
    double part[PART];
    const lln_tensor_slice *all = &grid->slice;
    for (size_t at = 0; at < count; at += PART) {
        size_t here = lln_size_smaller(count - at, PART), bad;
        size_t from = i * all->row_stride + (first + at) * all->column_stride;
        lln_tensor_slice slice = {all->offset + from, 1, here, all->row_stride,
                                  all->column_stride};
        lln_status status =
            lln_tensor_copy(&grid->tensor, &slice, LLN_FLOAT64, part, &bad);
        for (size_t j = 0; j < here; j++) {
            double x = part[j] <= lln_hiding_number ? -INFINITY : part[j];
            out[at + j] += status == LLN_OK ? x : NAN;
        }
    }
}

static void add_flags(const lln_logit_grid *grid, size_t i, size_t first,
                      size_t count, double *out)
{
    const lln_tensor_slice *all = &grid->slice;
    const unsigned char *flags = grid->flags + all->offset +
                                 i * all->row_stride +
                                 first * all->column_stride;
    for (size_t j = 0; j < count; j++)
        if (!flags[j * all->column_stride])
            out[j] = -INFINITY;
}

static void add_grid(const lln_logit_grid *grid, size_t i, size_t first,
                     size_t count, double *out)
{
    if (!grid)
        return;
    if (grid->flags)
        add_flags(grid, i, first, count, out);
    else
        add_numbers(grid, i, first, count, out);
}

LLN_CLONES static void add(const double *b, size_t count, double *out)
{
    for (size_t j = 0; j < count; j++)
        out[j] += b[j];
}

LLN_CLONES static void add_slope(double slope, double position,
                                 const double *key, size_t count, double *out)
{
    for (size_t j = 0; j < count; j++)
        out[j] -= slope * fabs(position - key[j]);
}

void lln_logit_bias_add(const lln_logit_bias *bias, size_t i, size_t p,
                        size_t first_key, size_t count, double *out)
{
    if (bias->by_distance)
        add(bias->by_distance + (bias->zero + first_key - p), count, out);
    if (bias->position)
        add_slope(bias->slope, bias->position[p], bias->position + first_key,
                  count, out);
    add_grid(bias->numbers, i, first_key, count, out);
    add_grid(bias->mask, i, first_key, count, out);
}
