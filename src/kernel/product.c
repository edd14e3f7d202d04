/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/product.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/progress.h"
#include "core/threads.h"
#include "core/vector_math.h"
#include "kernel/tiles.h"

enum {
    ROWS = LLN_TILE_ROWS, /* of a block */
    ENTRY_ROWS = 64 /* rows of P computed at a time, for attention by rows */
};

typedef struct {
    const lln_attention *attention;
    lln_matrix x; /* in the precision of the attention */
    lln_matrix_output y;
} product;

/* Data of one thread: running sums over the tiles of a block. */
typedef struct {
    lln_tiles tiles;               /* scores, then weights */
    void *part;                    /* sums of one tile, [ROWS x columns] */
    double *sums;                  /* sum_j w_ij x_j [ROWS x columns] */
    double max[ROWS], total[ROWS]; /* total: sum_j w_ij */
} workspace;

/* Rescales the sums of a row to a larger maximum. */
static void raise_max(const product *p, workspace *work, size_t i, double max)
{
    if (max <= work->max[i])
        return;
    double shrink = p->attention->tiles.domain == LLN_DOMAIN_LOG
                        ? exp(work->max[i] - max)
                        : work->max[i] / max;
    work->max[i] = max;
    if (work->total[i] == 0)
        return;
    work->total[i] *= shrink;
    for (size_t l = 0; l < p->x.columns; l++)
        work->sums[i * p->x.columns + l] *= shrink;
}

#define LLN_BODY "kernel/product.inc"
#include "core/both_precisions.h"

static void add_tile(const product *p, workspace *work)
{
    bool single = p->attention->precision == LLN_FLOAT32;
    for (size_t i = 0; i < work->tiles.rows; i++)
        if (single)
            weigh_row_f32(p, work, i);
        else
            weigh_row_f64(p, work, i);
    if (single)
        multiply_f32(p, work);
    else
        multiply_f64(p, work);
}

static void multiply_block(const product *p, workspace *work, size_t start,
                           size_t rows)
{
    size_t columns = p->x.columns;
    lln_tiles_start(&work->tiles, NULL, start, rows);
    for (size_t i = 0; i < rows; i++) {
        work->max[i] =
            p->attention->tiles.domain == LLN_DOMAIN_LOG ? -INFINITY : 0;
        work->total[i] = 0;
    }
    memset(work->sums, 0, rows * columns * sizeof *work->sums);
    while (lln_tiles_next(&work->tiles))
        add_tile(p, work);
    for (size_t i = 0; i < rows; i++) {
        if (work->total[i] == 0)
            continue; /* a bias hides all keys */
        double outside = lln_attention_outside(
            p->attention, start + i, work->max[i] + log(work->total[i]));
        for (size_t l = 0; l < columns; l++)
            work->sums[i * columns + l] /= work->total[i] / (1 - outside);
    }
    lln_matrix sums = {LLN_FLOAT64, rows, columns, work->sums};
    lln_matrix_store(sums, p->y, start);
    lln_rows_done += rows;
}

static void workspace_free(workspace *work)
{
    if (!work)
        return;
    lln_tiles_close(&work->tiles);
    free(work->part);
    free(work->sums);
    free(work);
}

/* Returns NULL if memory runs out. */
static workspace *workspace_alloc(const product *p)
{
    size_t size = lln_precision_size(p->attention->precision);
    workspace *work = calloc(1, sizeof *work);
    if (!work)
        return NULL;
    lln_status status = lln_tiles_open(p->attention, ROWS, &work->tiles);
    work->part = lln_array_alloc_raw(ROWS * p->x.columns, size);
    work->sums = lln_array_alloc_raw(ROWS * p->x.columns, sizeof *work->sums);
    if (status == LLN_OK && work->part && work->sums)
        return work;
    workspace_free(work);
    return NULL;
}

static lln_status multiply_blocks(const product *p)
{
    bool out_of_memory = false;
    size_t block = lln_tiles_block_rows(p->y.rows);
    lln_rows_begun += p->y.rows;
#pragma omp parallel
    {
        workspace *work = workspace_alloc(p);
#pragma omp for schedule(dynamic, 1)
        for (size_t start = 0; start < p->y.rows; start += block) {
            size_t here = lln_size_smaller(p->y.rows - start, block);
            if (work && !lln_stop_requested)
                multiply_block(p, work, start, here);
        }
        if (!work) {
#pragma omp atomic write
            out_of_memory = true;
        }
        workspace_free(work);
    }
    if (out_of_memory)
        return lln_fail(LLN_ENOMEM, "out of memory");
    return lln_threads_check_stop();
}

lln_status lln_product_by_tiles(const lln_attention *attention, lln_matrix x,
                                void *y)
{
    product p = {attention, x, {x.precision, attention->n, x.columns, y}};
    void *copy = NULL;
    if (x.precision != attention->precision) {
        size_t size = lln_precision_size(attention->precision);
        copy = lln_array_alloc_raw(x.rows * x.columns, size);
        if (!copy)
            return LLN_ENOMEM;
        lln_matrix_convert(x, attention->precision, copy);
        p.x = (lln_matrix){attention->precision, x.rows, x.columns, copy};
    }
    lln_status status = multiply_blocks(&p);
    free(copy);
    return status;
}

/* y [n x columns] = P x by blocks of rows. Scratch: p [ENTRY_ROWS x m], part
 * [ENTRY_ROWS x columns]. */
static lln_status multiply_rows(const lln_attention *attention, const double *x,
                                size_t columns, double *p, double *part,
                                lln_matrix_output y)
{
    int c = (int)columns, m = (int)attention->m;
    lln_rows_begun += attention->n;
    for (size_t i = 0; i < attention->n; i += ENTRY_ROWS) {
        size_t rows = attention->n - i;
        rows = rows < ENTRY_ROWS ? rows : ENTRY_ROWS;
        LLN_TRY(lln_threads_check_stop());
        LLN_TRY(lln_attention_rows(attention, i, rows, p));
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows, c, m,
                    1, p, m, x, c, 0, part, c);
        lln_matrix_store((lln_matrix){LLN_FLOAT64, rows, columns, part}, y, i);
        lln_rows_done += rows;
    }
    return LLN_OK;
}

static lln_status product_by_rows(const lln_attention *attention, lln_matrix x,
                                  void *y)
{
    size_t size = x.rows * x.columns;
    double *values = lln_array_alloc_raw(size, sizeof *values);
    double *p = lln_array_alloc_raw(ENTRY_ROWS * attention->m, sizeof *p);
    double *part = lln_array_alloc_raw(ENTRY_ROWS * x.columns, sizeof *part);
    lln_status status = LLN_ENOMEM;
    if (values && p && part) {
        lln_matrix_convert(x, LLN_FLOAT64, values);
        lln_matrix_output out = {x.precision, attention->n, x.columns, y};
        status = multiply_rows(attention, values, x.columns, p, part, out);
    }
    free(values);
    free(p);
    free(part);
    return status;
}

/* It is so fast that progress is counted at its end. */
static lln_status own_product(const lln_attention *attention, lln_matrix x,
                              void *y)
{
    lln_rows_begun += attention->n;
    LLN_TRY(attention->product(attention, x, y));
    lln_rows_done += attention->n;
    return LLN_OK;
}

lln_status lln_attention_product(const lln_attention *attention, lln_matrix x,
                                 void *y)
{
    if (attention->product)
        return own_product(attention, x, y);
    if (attention->kind == LLN_ATTENTION_ROWS)
        return product_by_rows(attention, x, y);
    return lln_product_by_tiles(attention, x, y);
}
