/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/shape_entropy.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "measure/entropy.h"

/* The entropy that follows from what was measured. Attention by tiles has that
 * of the shape; attention by rows has it of rows that sum to 1 except for
 * rounding, as E = w (H - ln w). */
static double known_entropy(const lln_attention *attention, const lln_row *row)
{
    /* `sum` is that before, or that without one more outcome. */
    bool divided = attention->rows.sums || attention->rows.outside;
    if (attention->kind == LLN_ATTENTION_TILES || divided)
        return row->entropy;
    return row->entropy / row->sum + log(row->sum);
}

/* Whether the row has a shape that was not measured. */
static bool is_open(const lln_row *row, double entropy)
{
    return isnan(entropy) && row->keys > 0 && row->negative == 0;
}

typedef struct {
    const size_t *index; /* of out, of each row */
    double *out;
} open_rows;

static void visit_row(void *context, int thread, size_t index,
                      const lln_row *row, lln_matrix logs)
{
    const open_rows *rows = context;
    (void)thread;
    rows->out[rows->index[index]] = lln_entropy_of_logits(logs.data, row->keys);
}

/* Measures `open` rows, listed by their place in out, from logarithms. */
static lln_status measure_open(lln_attention *attention, const size_t *queries,
                               const size_t *index, size_t open, double *out)
{
    open_rows context = {index, out};
    size_t *list = lln_array_alloc(open, sizeof *list);
    lln_row *unused = lln_array_alloc(open, sizeof *unused);
    lln_status status = list && unused ? LLN_OK : LLN_ENOMEM;
    for (size_t i = 0; status == LLN_OK && i < open; i++)
        list[i] = queries ? queries[index[i]] : index[i];
    if (status == LLN_OK)
        status =
            lln_rows_visit(attention, list, open, visit_row, &context, unused);
    free(list);
    free(unused);
    return status;
}

static lln_status take_rows(lln_attention *attention, const size_t *queries,
                            size_t count, const lln_row *rows, double *out)
{
    size_t open = 0;
    size_t *index = lln_array_alloc(count, sizeof *index);
    if (!index)
        return LLN_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        out[i] = known_entropy(attention, &rows[i]);
        if (attention->kind == LLN_ATTENTION_ROWS && is_open(&rows[i], out[i]))
            index[open++] = i;
    }
    lln_status status = LLN_OK;
    if (open > 0)
        status = measure_open(attention, queries, index, open, out);
    free(index);
    return status;
}

lln_status lln_shape_entropies(lln_attention *attention, const size_t *queries,
                               size_t count, const lln_row *rows, double *out)
{
    if (rows)
        return take_rows(attention, queries, count, rows, out);
    lln_row *measured = lln_array_alloc(count, sizeof *measured);
    if (!measured)
        return LLN_ENOMEM;
    lln_status status =
        lln_rows_measure(attention, queries, count, LLN_ROW_ENTROPY, measured);
    if (status == LLN_OK)
        status = take_rows(attention, queries, count, measured, out);
    free(measured);
    return status;
}
