/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/operator.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/progress.h"
#include "core/threads.h"
#include "kernel/tiles.h"
#include "measure/operator_blocks.h"
#include "measure/operator_rows.h"
#include "measure/operator_visit.h"

enum { BLOCK_ROWS = LLN_OPERATOR_BLOCK_ROWS, GROUPS = LLN_OPERATOR_GROUPS };

typedef struct lln_operator_block row_block;

/* A product with fewer entries takes less time than waking another thread may
 * take on a busy machine. */
static const size_t SHARED_ENTRIES = (size_t)1 << 20;

static lln_matrix column_of(const double *x, size_t size)
{
    return (lln_matrix){LLN_FLOAT64, size, 1, x};
}

static void release_work(lln_operator *op)
{
    for (int t = 0; op->work && t < op->threads; t++) {
        lln_tiles_close(&op->work[t].tiles);
        free(op->work[t].weights);
    }
    free(op->work);
}

void lln_operator_close(lln_operator *op)
{
    release_work(op);
    free(op->stored);
    free(op->scale);
    free(op->mean);
    free(op->partial);
    free(op->blocks);
    *op = (lln_operator){0};
}

static bool allocate_sums(lln_operator *op)
{
    op->scale = lln_array_alloc(op->n, sizeof(double));
    op->mean = lln_array_alloc(op->m, sizeof(double));
    op->partial = lln_array_alloc(GROUPS * op->m, sizeof(double));
    op->blocks =
        lln_array_alloc(lln_operator_count_blocks(op), sizeof *op->blocks);
    op->work = calloc((size_t)op->threads, sizeof *op->work);
    if (!op->scale || !op->mean || !op->partial || !op->blocks || !op->work)
        return false;
    for (int t = 0; t < op->threads; t++) {
        struct lln_operator_work *work = &op->work[t];
        lln_status status =
            lln_tiles_open(op->attention, BLOCK_ROWS, &work->tiles);
        bool needed = !op->stored || lln_operator_narrows(op);
        if (needed)
            work->weights = lln_array_alloc_raw(
                BLOCK_ROWS * op->m,
                lln_precision_size(op->attention->precision));
        if (status != LLN_OK || (needed && !work->weights))
            return false;
    }
    return true;
}

/* Memory for P if it may be stored, else NULL. It is not zeroed: the threads
 * that fill its pages should touch them first. */
static void *reserve_matrix(const lln_operator *op, size_t memory)
{
    size_t bytes;
    if (__builtin_mul_overflow(op->n, op->m, &bytes) ||
        __builtin_mul_overflow(bytes, lln_operator_element_size(op), &bytes) ||
        bytes > memory)
        return NULL;
    return lln_array_alloc_swept(bytes, 1);
}

static lln_status store_blocks(lln_operator *op)
{
    size_t blocks = lln_operator_count_blocks(op);
    lln_failure failure = LLN_NO_FAILURE;
    lln_rows_begun += op->n;
#pragma omp parallel for schedule(dynamic, 1) num_threads(op->threads)
    for (size_t b = 0; b < blocks; b++) {
        struct lln_operator_work *work = &op->work[omp_get_thread_num()];
        row_block *block = &op->blocks[b];
        *block = lln_operator_block_at(op, b);
        size_t at = block->first * op->m * lln_operator_element_size(op);
        if (b < failure.item && !lln_stop_requested)
            lln_failure_note(&failure, b,
                             lln_operator_fill_block(op, work, block,
                                                     (char *)op->stored + at,
                                                     op->scale + block->first));
        lln_rows_done += block->rows;
    }
    return lln_failure_report(&failure);
}

static void visit_mean(const lln_operator *op, const row_block *block,
                       size_t group, void *context)
{
    (void)context;
    lln_operator_add(op->precision, block->weights, op->m, block->rows,
                     block->columns, block->scale, op->partial + group * op->m);
}

static lln_status find_mean(lln_operator *op)
{
    double share = 1 / (double)op->n;
    if (!lln_operator_own_products(op)) {
        LLN_TRY(lln_operator_visit(op, visit_mean, NULL));
        lln_operator_add_groups(op, share, op->mean);
        return LLN_OK;
    }
    for (size_t i = 0; i < op->n; i++)
        op->scale[i] = share;
    return op->attention->transposed(op->attention, column_of(op->scale, op->n),
                                     op->mean);
}

static lln_status open_as(lln_attention *attention, size_t memory,
                          lln_precision precision, bool plain, lln_operator *op)
{
    *op = (lln_operator){.attention = attention,
                         .precision = precision,
                         .n = attention->n,
                         .m = attention->m,
                         .threads = lln_threads_count()};
    if (attention->n * attention->m < SHARED_ENTRIES)
        op->threads = 1;
    LLN_TRY(lln_attention_prepare(attention));
    if (!lln_operator_own_products(op))
        op->stored = reserve_matrix(op, memory);
    if (!allocate_sums(op)) {
        lln_operator_close(op);
        return lln_fail(LLN_ENOMEM, "out of memory");
    }
    lln_status status = op->stored ? store_blocks(op) : LLN_OK;
    if (status == LLN_OK && !plain)
        status = find_mean(op);
    if (status != LLN_OK)
        lln_operator_close(op);
    return status;
}

/* Of weights, of which those of tiles may be rounded to float32. */
static lln_precision narrowed(const lln_attention *attention)
{
    bool tiles = attention->kind == LLN_ATTENTION_TILES;
    return tiles ? LLN_FLOAT32 : attention->precision;
}

lln_status lln_operator_open(lln_attention *attention, size_t memory,
                             lln_operator *op)
{
    return open_as(attention, memory, attention->precision, false, op);
}

lln_status lln_operator_open_narrow(lln_attention *attention, size_t memory,
                                    lln_operator *op)
{
    return open_as(attention, memory, narrowed(attention), false, op);
}

lln_status lln_operator_open_plain(lln_attention *attention, size_t memory,
                                   bool narrow, lln_operator *op)
{
    return open_as(attention, memory,
                   narrow ? narrowed(attention) : attention->precision, true,
                   op);
}

typedef struct {
    const double *x;
    double *y;      /* [n x columns] */
    size_t columns; /* of x and y */
    double shift;   /* p.x */
} product;

static void visit_product(const lln_operator *op, const row_block *block,
                          size_t group, void *context)
{
    (void)group;
    const product *p = context;
    lln_operator_dots(op->precision, block->weights, op->m, block->rows,
                      block->columns, p->x, p->y + block->first);
    for (size_t i = 0; i < block->rows; i++)
        p->y[block->first + i] *= block->scale[i];
}

static void visit_products(const lln_operator *op, const row_block *block,
                           size_t group, void *context)
{
    (void)group;
    const product *p = context;
    double *y = p->y + block->first * p->columns;
    lln_operator_block_dots(op->precision, block->weights, op->m, block->rows,
                            block->columns, p->x, p->columns, y);
    for (size_t i = 0; i < block->rows; i++)
        for (size_t c = 0; c < p->columns; c++)
            y[i * p->columns + c] *= block->scale[i];
}

lln_status lln_operator_products(lln_operator *op, const double *x,
                                 size_t columns, double *y)
{
    product p = {.x = x, .y = y, .columns = columns};
    lln_matrix block = {LLN_FLOAT64, op->m, columns, x};
    lln_products_done++;
    if (!lln_operator_own_products(op))
        return lln_operator_visit(
            op, columns == 1 ? visit_product : visit_products, &p);
    lln_operator_count_pass(op);
    return op->attention->product(op->attention, block, y);
}

lln_status lln_operator_product(lln_operator *op, const double *x, double *y)
{
    return lln_operator_products(op, x, 1, y);
}

static void visit_transposed(const lln_operator *op, const row_block *block,
                             size_t group, void *context)
{
    const product *p = context;
    double u[BLOCK_ROWS];
    for (size_t i = 0; i < block->rows; i++)
        u[i] = block->scale[i] * p->x[block->first + i];
    lln_operator_add(op->precision, block->weights, op->m, block->rows,
                     block->columns, u, op->partial + group * op->m);
}

lln_status lln_operator_transposed(lln_operator *op, const double *x, double *y)
{
    product p = {.x = x};
    lln_products_done++;
    if (lln_operator_own_products(op)) {
        lln_operator_count_pass(op);
        return op->attention->transposed(op->attention, column_of(x, op->n), y);
    }
    lln_operator_clear_groups(op);
    LLN_TRY(lln_operator_visit(op, visit_transposed, &p));
    lln_operator_add_groups(op, 1, y);
    return LLN_OK;
}

/* While the rows are in the cache: u_i = P_i.x - p.x, then y += u_i P_i. */
static void visit_gram(const lln_operator *op, const row_block *block,
                       size_t group, void *context)
{
    const product *p = context;
    double u[BLOCK_ROWS];
    lln_precision precision = op->precision;
    lln_operator_dots(precision, block->weights, op->m, block->rows,
                      block->columns, p->x, u);
    for (size_t i = 0; i < block->rows; i++)
        u[i] = (u[i] * block->scale[i] - p->shift) * block->scale[i];
    lln_operator_add(precision, block->weights, op->m, block->rows,
                     block->columns, u, op->partial + group * op->m);
}

static lln_status own_gram(lln_operator *op, const double *x, double shift,
                           double *y)
{
    const lln_attention *attention = op->attention;
    double *u = op->scale;
    lln_operator_count_pass(op);
    LLN_TRY(attention->product(attention, column_of(x, op->m), u));
    for (size_t i = 0; i < op->n; i++)
        u[i] -= shift;
    return attention->transposed(attention, column_of(u, op->n), y);
}

/* y = P'(P x - shift) */
static lln_status square(lln_operator *op, const double *x, double shift,
                         double *y)
{
    product p = {.x = x, .shift = shift};
    lln_products_done++;
    if (lln_operator_own_products(op))
        return own_gram(op, x, shift, y);
    lln_operator_clear_groups(op);
    LLN_TRY(lln_operator_visit(op, visit_gram, &p));
    lln_operator_add_groups(op, 1, y);
    return LLN_OK;
}

lln_status lln_operator_square(lln_operator *op, const double *x, double *y)
{
    return square(op, x, 0, y);
}

/* P~'u = P'u - p sum_i u_i, and sum_i u_i is zero, up to rounding, because p is
 * the mean row. If rows of P sum to 1, it is also the sum of P'u; its rounding
 * matters if P~ is much smaller than P. */
lln_status lln_operator_gram(lln_operator *op, const double *x, double *y)
{
    double shift = 0, sum = 0;
    for (size_t j = 0; j < op->m; j++)
        shift += op->mean[j] * x[j];
    LLN_TRY(square(op, x, shift, y));
    for (size_t j = 0; !op->attention->unnormalised && j < op->m; j++)
        sum += y[j];
    for (size_t j = 0; j < op->m; j++)
        y[j] -= op->mean[j] * sum;
    return LLN_OK;
}

static void visit_largest(const lln_operator *op, const row_block *block,
                          size_t group, void *context)
{
    (void)op;
    double *largest = context;
    for (size_t i = 0; i < block->rows; i++)
        largest[group] = fmax(largest[group], block->scale[i]);
}

lln_status lln_operator_largest(lln_operator *op, double *largest)
{
    double groups[GROUPS] = {0};
    *largest = 1;
    if (lln_operator_own_products(op))
        return LLN_OK;
    LLN_TRY(lln_operator_visit(op, visit_largest, groups));
    *largest = 0;
    for (size_t group = 0; group < GROUPS; group++)
        *largest = fmax(*largest, groups[group]);
    return LLN_OK;
}

static void visit_norm(const lln_operator *op, const row_block *block,
                       size_t group, void *context)
{
    double *sums = context;
    size_t stride = op->m * lln_operator_element_size(op);
    for (size_t i = 0; i < block->rows; i++)
        sums[group] += lln_operator_distance(
            op->precision, (const char *)block->weights + i * stride,
            block->columns, block->scale[i], op->mean, op->m);
}

lln_status lln_operator_norm(lln_operator *op, double *norm)
{
    double sums[GROUPS] = {0}, total = 0;
    if (op->attention->unbiased_norm)
        return op->attention->unbiased_norm(op->attention, op->mean, norm);
    LLN_TRY(lln_operator_visit(op, visit_norm, sums));
    for (size_t group = 0; group < GROUPS; group++)
        total += sums[group];
    *norm = sqrt(total);
    return LLN_OK;
}
