/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax over short runs of keys: products, the diagonal and the norm, from
 * tiles. */
#include <cblas.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "kernel/dense/local.h"
#include "kernel/product_f64.h"

enum { ROWS = LLN_LOCAL_ROWS, GROUP = LLN_LOCAL_GROUP };

/* y = P x, in the precision of x. */
typedef struct {
    lln_matrix x;
    void *y;
    size_t width; /* keys of the widest tile */
    float *p;     /* tiles in float32, [threads x ROWS x width] */
} product;

static void multiply_f32(const product *w, const lln_local_tile *tile)
{
    int c = (int)w->x.columns, keys = (int)tile->keys;
    float *p = w->p + (size_t)omp_get_thread_num() * ROWS * w->width;
    lln_matrix_convert(
        (lln_matrix){LLN_FLOAT64, tile->rows, tile->keys, tile->p}, LLN_FLOAT32,
        p);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)tile->rows, c,
                keys, 1, p, keys,
                (const float *)w->x.data + tile->low * w->x.columns, c, 0,
                (float *)w->y + tile->first * w->x.columns, c);
}

static void visit_product(void *context, size_t group,
                          const lln_local_tile *tile)
{
    const product *w = context;
    int c = (int)w->x.columns, keys = (int)tile->keys;
    (void)group;
    if (w->x.precision == LLN_FLOAT32)
        multiply_f32(w, tile);
    else
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)tile->rows,
                    c, keys, 1, tile->p, keys,
                    (const double *)w->x.data + tile->low * w->x.columns, c, 0,
                    (double *)w->y + tile->first * w->x.columns, c);
}

lln_status lln_local_product(const lln_local *local, lln_matrix x, void *y)
{
    product w = {.x = x, .y = y, .width = lln_local_width(local)};
    if (x.precision == LLN_FLOAT32) {
        size_t rows = (size_t)lln_threads_count() * ROWS;
        w.p = lln_array_alloc_raw(rows * w.width, sizeof *w.p);
        if (!w.p)
            return LLN_ENOMEM;
    }
    lln_status status = lln_local_visit(local, visit_product, &w);
    free(w.p);
    return status;
}

typedef struct {
    const double *x;
    double *y;
    size_t columns;
    size_t *offset; /* [groups]: first row of the group's sums in y */
    size_t *low;    /* [groups]: first key of the group */
} transposition;

/* Adds the tile's part of P'x to the sums of its group. */
static void visit_transposed(void *context, size_t group,
                             const lln_local_tile *tile)
{
    const transposition *p = context;
    int c = (int)p->columns, keys = (int)tile->keys;
    double *sums =
        p->y + (p->offset[group] + tile->low - p->low[group]) * p->columns;
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, keys, c,
                (int)tile->rows, 1, tile->p, keys,
                p->x + tile->first * p->columns, c, 1, sums, c);
}

/* Sets low and offset; returns the number of keys of all groups together. */
static size_t place_groups(const lln_head *head, size_t groups,
                           transposition *p)
{
    size_t n = head->q.rows, total = 0;
    for (size_t g = 0; g < groups; g++) {
        size_t high, first = g * GROUP;
        lln_local_span(head, first, lln_size_smaller(GROUP, n - first),
                       &p->low[g], &high);
        p->offset[g] = total;
        total += high - p->low[g];
    }
    p->offset[groups] = total;
    return total;
}

/* y [m x columns] = sum over the groups, in order. */
static void add_groups(const transposition *p, size_t groups, size_t m,
                       double *y)
{
    memset(y, 0, m * p->columns * sizeof *y);
    for (size_t g = 0; g < groups; g++) {
        const double *from = p->y + p->offset[g] * p->columns;
        size_t keys = p->offset[g + 1] - p->offset[g];
        for (size_t l = 0; l < keys * p->columns; l++)
            y[p->low[g] * p->columns + l] += from[l];
    }
}

static lln_status multiply_transposed(const void *context, const double *x,
                                      size_t columns, double *y)
{
    const lln_local *local = context;
    size_t groups = lln_local_groups(local);
    transposition p = {.x = x, .columns = columns};
    p.offset = lln_array_alloc(2 * groups + 1, sizeof *p.offset);
    if (!p.offset)
        return LLN_ENOMEM;
    p.low = p.offset + groups + 1;
    size_t keys = place_groups(&local->head, groups, &p);
    p.y = lln_array_alloc(keys * columns, sizeof *p.y);
    lln_status status =
        p.y ? lln_local_visit(local, visit_transposed, &p) : LLN_ENOMEM;
    if (status == LLN_OK)
        add_groups(&p, groups, local->head.k.rows, y);
    free(p.y);
    free(p.offset);
    return status;
}

lln_status lln_local_transposed(const lln_local *local, lln_matrix x, void *y)
{
    return lln_product_in_f64(multiply_transposed, local, x, local->head.k.rows,
                              y);
}

static void visit_diagonal(void *context, size_t group,
                           const lln_local_tile *tile)
{
    double *out = context;
    (void)group;
    for (size_t i = 0; i < tile->rows; i++)
        out[tile->first + i] =
            tile->p[i * tile->keys + tile->first + i - tile->low];
}

lln_status lln_local_diagonal(const lln_local *local, double *out)
{
    return lln_local_visit(local, visit_diagonal, out);
}

/* Sums of squared means: below[j] over the keys before j, above[j] over the
 * keys from j on. So the keys outside a run need a sum, not a difference. */
typedef struct {
    const double *mean;
    double *below, *above; /* [m + 1] */
    double *sums;          /* [groups] */
} norm_work;

static void visit_norm(void *context, size_t group, const lln_local_tile *tile)
{
    const norm_work *w = context;
    double outside = w->below[tile->low] + w->above[tile->low + tile->keys];
    for (size_t i = 0; i < tile->rows; i++) {
        const double *p = tile->p + i * tile->keys;
        double sum = outside;
        for (size_t j = 0; j < tile->keys; j++) {
            double delta = p[j] - w->mean[tile->low + j];
            sum += delta * delta;
        }
        w->sums[group] += sum;
    }
}

lln_status lln_local_norm(const lln_local *local, const double *mean,
                          double *norm)
{
    size_t m = local->head.k.rows, groups = lln_local_groups(local);
    double *memory = lln_array_alloc(2 * (m + 1) + groups, sizeof *memory);
    if (!memory)
        return LLN_ENOMEM;
    norm_work w = {mean, memory, memory + m + 1, memory + 2 * (m + 1)};
    for (size_t j = 0; j < m; j++)
        w.below[j + 1] = w.below[j] + mean[j] * mean[j];
    for (size_t j = m; j-- > 0;)
        w.above[j] = w.above[j + 1] + mean[j] * mean[j];
    lln_status status = lln_local_visit(local, visit_norm, &w);
    double square = 0;
    for (size_t g = 0; g < groups; g++)
        square += w.sums[g];
    free(memory);
    *norm = sqrt(square);
    return status;
}
