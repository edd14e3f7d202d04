/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/attention.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/threads.h"
#include "kernel/product.h"

enum { PRODUCT_ROWS = 64 };

void lln_attention_close(lln_attention *attention)
{
    if (attention->close)
        attention->close(attention);
    *attention = (lln_attention){0};
}

lln_status lln_attention_prepare(lln_attention *attention)
{
    return attention->prepare ? attention->prepare(attention) : LLN_OK;
}

lln_status lln_attention_prepare_product(lln_attention *attention)
{
    return attention->product ? LLN_OK : lln_attention_prepare(attention);
}

void lln_attention_pack(const lln_attention *attention, const size_t *queries,
                        size_t count, void *out)
{
    if (attention->pack) {
        attention->pack(attention, queries, count, out);
        return;
    }
    size_t bytes = attention->rank * lln_precision_size(attention->precision);
    for (size_t i = 0; i < count; i++)
        memcpy((char *)out + i * bytes,
               lln_matrix_rows(attention->left, queries[i], 1).data, bytes);
}

void lln_attention_tile(const lln_attention *attention, const void *packed,
                        size_t rows, size_t first_key, size_t keys,
                        size_t stride, void *out)
{
    if (attention->tile) {
        attention->tile(attention, packed, rows, first_key, keys, stride, out);
        return;
    }
    int r = (int)attention->rank;
    if (attention->precision == LLN_FLOAT32) {
        const float *right = attention->right.data;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows,
                    (int)keys, r, (float)attention->scale, packed, r,
                    right + first_key * attention->rank, r, 0, out,
                    (int)stride);
    } else {
        const double *right = attention->right.data;
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows,
                    (int)keys, r, attention->scale, packed, r,
                    right + first_key * attention->rank, r, 0, out,
                    (int)stride);
    }
}

/* Scores [keys] of one row to probabilities over first <= j < end. */
static void normalise(const lln_attention *attention, double *row, size_t first,
                      size_t end)
{
    double max = -INFINITY, sum = 0;
    for (size_t j = first; j < end; j++)
        max = fmax(max, row[j]);
    for (size_t j = first; j < end; j++) {
        row[j] =
            attention->domain == LLN_LOG ? exp(row[j] - max) : row[j] / max;
        sum += row[j];
    }
    for (size_t j = 0; j < attention->m; j++)
        row[j] = j >= first && j < end ? row[j] / sum : 0;
}

/* packed, scores: scratch. */
static lln_status one_row(const lln_attention *attention, size_t i,
                          void *packed, void *scores, double *out)
{
    size_t first, end;
    if (attention->rows)
        return attention->rows(attention, i, 1, out);
    lln_attention_pack(attention, &i, 1, packed);
    lln_attention_tile(attention, packed, 1, 0, attention->m, attention->m,
                       scores);
    lln_matrix view = {attention->precision, 1, attention->m, scores};
    lln_matrix_convert(view, LLN_FLOAT64, out);
    lln_mask_keys(attention->mask, attention->n, attention->m, i, &first, &end);
    normalise(attention, out, first, end);
    return LLN_OK;
}

lln_status lln_attention_rows(const lln_attention *attention, size_t first,
                              size_t count, double *out)
{
    lln_failure failure = LLN_NO_FAILURE;
#pragma omp parallel
    {
        void *packed = lln_array_alloc(attention->rank, sizeof(double));
        void *scores =
            packed ? lln_array_alloc(attention->m, sizeof(double)) : NULL;
        lln_failure_note(&failure, 0, scores ? LLN_OK : LLN_ENOMEM);
#pragma omp for
        for (size_t i = 0; i < count; i++)
            if (i < failure.item)
                lln_failure_note(&failure, i,
                                 one_row(attention, first + i, packed, scores,
                                         out + i * attention->m));
        free(packed);
        free(scores);
    }
    return lln_failure_report(&failure);
}

/* y [n x columns] = P x by blocks of rows; p: scratch [PRODUCT_ROWS x m],
 * part: scratch [PRODUCT_ROWS x columns]. */
static lln_status multiply_rows(const lln_attention *attention, const double *x,
                                size_t columns, double *p, double *part,
                                lln_matrix y)
{
    int c = (int)columns, m = (int)attention->m;
    lln_rows_begun += attention->n;
    for (size_t i = 0; i < attention->n; i += PRODUCT_ROWS) {
        size_t rows = attention->n - i;
        rows = rows < PRODUCT_ROWS ? rows : PRODUCT_ROWS;
        if (lln_stop_requested)
            return lln_fail(LLN_EINTERRUPTED, "interrupted");
        LLN_TRY(lln_attention_rows(attention, i, rows, p));
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows, c, m,
                    1, p, m, x, c, 0, part, c);
        lln_matrix_convert((lln_matrix){LLN_FLOAT64, rows, columns, part},
                           y.precision,
                           (void *)lln_matrix_rows(y, i, rows).data);
        lln_rows_done += rows;
    }
    return LLN_OK;
}

lln_status lln_attention_product(const lln_attention *attention, lln_matrix x,
                                 void *y)
{
    if (attention->product)
        return attention->product(attention, x, y);
    if (!attention->rows)
        return lln_product_by_tiles(attention, x, y);
    size_t size = x.rows * x.columns;
    double *values = lln_array_alloc_raw(size, sizeof *values);
    double *p = lln_array_alloc_raw(PRODUCT_ROWS * attention->m, sizeof *p);
    double *part = lln_array_alloc_raw(PRODUCT_ROWS * x.columns, sizeof *part);
    lln_status status = LLN_ENOMEM;
    if (values && p && part) {
        lln_matrix_convert(x, LLN_FLOAT64, values);
        lln_matrix out = {x.precision, attention->n, x.columns, y};
        status = multiply_rows(attention, values, x.columns, p, part, out);
    }
    free(values);
    free(p);
    free(part);
    return status;
}
