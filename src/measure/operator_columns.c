/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A block of rows of P is converted to float64 a panel of keys at a time, which
 * stays in the cache for matrix products with all vectors. */
#include "measure/operator_columns.h"

#include <cblas.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/progress.h"
#include "measure/operator_visit.h"

enum {
    ROWS = LLN_OPERATOR_BLOCK_ROWS,
    GROUPS = LLN_OPERATOR_GROUPS,
    KEYS = 512, /* of a panel */
    PANEL = ROWS * KEYS
};

typedef struct lln_operator_block row_block;

/* Doubles of scratch: a panel and the products of a block for each thread, or
 * columns for the kernel's own products. */
static size_t room_size(const lln_operator *op, size_t most)
{
    if (lln_operator_own_products(op))
        return 2 * (op->n + op->m) * most;
    return (size_t)op->threads * (PANEL + ROWS * most);
}

lln_status lln_columns_open(lln_operator *op, size_t most, bool centred,
                            lln_columns *out)
{
    size_t sums = lln_operator_own_products(op) ? 0 : GROUPS * op->m * most;
    *out = (lln_columns){.op = op, .most = most, .centred = centred};
    out->room = lln_array_alloc(room_size(op, most), sizeof(double));
    out->partial = lln_array_alloc(sums, sizeof(double));
    if (out->room && out->partial)
        return LLN_OK;
    lln_columns_close(out);
    return LLN_ENOMEM;
}

void lln_columns_close(lln_columns *by)
{
    free(by->room);
    free(by->partial);
    *by = (lln_columns){0};
}

/* A pass over P: products with x, or given u, and then sums of the transpose
 * with those. */
typedef struct {
    lln_columns *by;
    const double *x; /* [columns x m]; NULL: u is given */
    const double *given;
    double *u; /* [columns x n]; NULL: not stored */
    bool adds; /* to by->partial */
    size_t columns;
    const double *shift; /* p.x of each vector, [columns] */
} pass;

/* Entries first .. first + keys - 1 of the rows of a block; *stride is the
 * distance of rows. */
static const double *load_panel(const lln_operator *op, const row_block *block,
                                size_t first, size_t keys, double *room,
                                size_t *stride)
{
    const float *from = block->weights;
    *stride = op->m;
    if (op->precision == LLN_FLOAT64)
        return (const double *)block->weights + first;
    *stride = keys;
    for (size_t i = 0; i < block->rows; i++)
        for (size_t j = 0; j < keys; j++)
            room[i * keys + j] = (double)from[i * op->m + first + j];
    return room;
}

/* out [rows x columns] = P_B x - shift */
static void multiply_block(const pass *p, const row_block *block, double *panel,
                           double *out)
{
    const lln_operator *op = p->by->op;
    size_t stride, columns = p->columns;
    memset(out, 0, block->rows * columns * sizeof *out);
    for (size_t j = 0; j < block->columns; j += KEYS) {
        size_t keys = lln_size_smaller(KEYS, block->columns - j);
        const double *a = load_panel(op, block, j, keys, panel, &stride);
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)block->rows,
                    (int)columns, (int)keys, 1, a, (int)stride, p->x + j,
                    (int)op->m, 1, out, (int)columns);
    }
    for (size_t i = 0; i < block->rows; i++)
        for (size_t c = 0; c < columns; c++)
            out[i * columns + c] = out[i * columns + c] * block->scale[i] -
                                   (p->by->centred ? p->shift[c] : 0);
}

/* partial [columns x m] += (P_B)' u, u [rows x columns]; overwrites u. */
static void add_block(const pass *p, const row_block *block, double *panel,
                      double *u, double *partial)
{
    const lln_operator *op = p->by->op;
    size_t stride, columns = p->columns;
    for (size_t i = 0; i < block->rows; i++)
        cblas_dscal((int)columns, block->scale[i], u + i * columns, 1);
    for (size_t j = 0; j < block->columns; j += KEYS) {
        size_t keys = lln_size_smaller(KEYS, block->columns - j);
        const double *a = load_panel(op, block, j, keys, panel, &stride);
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)columns,
                    (int)keys, (int)block->rows, 1, u, (int)columns, a,
                    (int)stride, 1, partial + j, (int)op->m);
    }
}

/* to [columns x rows] of a block <-> from [columns x n] */
static void visit_columns(const lln_operator *op, const row_block *block,
                          size_t group, void *context)
{
    const pass *p = context;
    size_t columns = p->columns;
    double *panel = p->by->room +
                    (size_t)omp_get_thread_num() * (PANEL + ROWS * p->by->most);
    double *here = panel + PANEL;
    if (p->x)
        multiply_block(p, block, panel, here);
    for (size_t i = 0; i < block->rows; i++)
        for (size_t c = 0; c < columns; c++) {
            size_t at = c * op->n + block->first + i;
            if (p->given)
                here[i * columns + c] = p->given[at];
            if (p->u)
                p->u[at] = here[i * columns + c];
        }
    if (p->adds)
        add_block(p, block, panel, here,
                  p->by->partial + group * op->m * p->by->most);
}

/* y [columns x m] = sums of the groups - p times the sum of u, which is
 * total [columns] or NULL for 0 */
static void add_groups(const lln_columns *by, size_t columns,
                       const double *total, double *y)
{
    const lln_operator *op = by->op;
#pragma omp parallel for schedule(static) num_threads(op->threads)
    for (size_t at = 0; at < columns * op->m; at++) {
        double sum = 0;
        for (size_t group = 0; group < GROUPS; group++)
            sum += by->partial[group * op->m * by->most + at];
        if (total)
            sum -= op->mean[at % op->m] * total[at / op->m];
        y[at] = sum;
    }
}

static void transpose(const double *from, size_t rows, size_t columns,
                      double *to)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            to[j * rows + i] = from[i * columns + j];
}

/* The same by the kernel's own product: from [columns x size], to [columns x
 * other]. */
static lln_status multiply_own(const lln_columns *by, bool transposed,
                               const double *from, size_t columns, double *to)
{
    const lln_attention *attention = by->op->attention;
    size_t size = transposed ? by->op->n : by->op->m;
    size_t other = transposed ? by->op->m : by->op->n;
    double *in = by->room, *out = in + size * columns;
    lln_operator_count_pass(by->op);
    transpose(from, columns, size, in);
    lln_matrix x = {LLN_FLOAT64, size, columns, in};
    LLN_TRY(transposed ? attention->transposed(attention, x, out)
                       : attention->product(attention, x, out));
    transpose(out, other, columns, to);
    return LLN_OK;
}

/* shift [columns] = the sums of p times x */
static void find_shift(const lln_columns *by, const double *x, size_t columns,
                       double *shift)
{
    int m = (int)by->op->m;
    for (size_t c = 0; c < columns; c++)
        shift[c] = cblas_ddot(m, by->op->mean, 1, x + c * by->op->m, 1);
}

/* Sums of the vectors u [columns x n]. */
static void find_total(const lln_columns *by, const double *u, size_t columns,
                       double *total)
{
    for (size_t c = 0; c < columns; c++) {
        total[c] = 0;
        for (size_t i = 0; i < by->op->n; i++)
            total[c] += u[c * by->op->n + i];
    }
}

lln_status lln_columns_product(lln_columns *by, const double *x, size_t columns,
                               double *u)
{
    double shift[LLN_COLUMNS_MOST];
    size_t n = by->op->n;
    pass p = {.by = by, .x = x, .u = u, .columns = columns, .shift = shift};
    lln_products_done++;
    find_shift(by, x, columns, shift);
    if (!lln_operator_own_products(by->op))
        return lln_operator_visit(by->op, visit_columns, &p);
    LLN_TRY(multiply_own(by, false, x, columns, u));
    for (size_t at = 0; by->centred && at < columns * n; at++)
        u[at] -= shift[at / n];
    return LLN_OK;
}

lln_status lln_columns_transposed(lln_columns *by, const double *u,
                                  size_t columns, double *y)
{
    double total[LLN_COLUMNS_MOST];
    size_t m = by->op->m;
    pass p = {.by = by, .given = u, .adds = true, .columns = columns};
    lln_products_done++;
    find_total(by, u, columns, total);
    if (!lln_operator_own_products(by->op)) {
        memset(by->partial, 0, GROUPS * m * by->most * sizeof(double));
        LLN_TRY(lln_operator_visit(by->op, visit_columns, &p));
        add_groups(by, columns, by->centred ? total : NULL, y);
        return LLN_OK;
    }
    LLN_TRY(multiply_own(by, true, u, columns, y));
    for (size_t at = 0; by->centred && at < columns * m; at++)
        y[at] -= by->op->mean[at % m] * total[at / m];
    return LLN_OK;
}

lln_status lln_columns_gram(lln_columns *by, const double *x, size_t columns,
                            double *y)
{
    double shift[LLN_COLUMNS_MOST];
    pass p = {
        .by = by, .x = x, .adds = true, .columns = columns, .shift = shift};
    lln_operator *op = by->op;
    if (lln_operator_own_products(op)) {
        double *u = by->room + (op->n + op->m) * by->most;
        LLN_TRY(lln_columns_product(by, x, columns, u));
        return lln_columns_transposed(by, u, columns, y);
    }
    lln_products_done++;
    find_shift(by, x, columns, shift);
    memset(by->partial, 0, GROUPS * op->m * by->most * sizeof(double));
    LLN_TRY(lln_operator_visit(op, visit_columns, &p));
    /* The sum of u is 0 for P~, because p is the mean row. */
    add_groups(by, columns, NULL, y);
    return LLN_OK;
}
