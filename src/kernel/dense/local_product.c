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

/* y = p x for `keys` columns of the tile, which begin with column `at` and key
 * `key`; y += p x if there are columns before. */
static void multiply_part(const product *w, const lln_local_tile *tile,
                          const void *p, size_t at, size_t keys, size_t key)
{
    int c = (int)w->x.columns, rows = (int)tile->rows, stride = (int)tile->keys;
    size_t from = key * w->x.columns, to = tile->first * w->x.columns;
    if (keys == 0)
        return;
    if (w->x.precision == LLN_FLOAT32)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, c,
                    (int)keys, 1, (const float *)p + at, stride,
                    (const float *)w->x.data + from, c, at > 0,
                    (float *)w->y + to, c);
    else
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, c,
                    (int)keys, 1, (const double *)p + at, stride,
                    (const double *)w->x.data + from, c, at > 0,
                    (double *)w->y + to, c);
}

static void visit_product(void *context, size_t group,
                          const lln_local_tile *tile)
{
    const product *w = context;
    const void *p = tile->p;
    size_t sinks = tile->sinks;
    (void)group;
    if (w->x.precision == LLN_FLOAT32) {
        float *single = w->p + (size_t)omp_get_thread_num() * ROWS * w->width;
        lln_matrix_convert(
            (lln_matrix){LLN_FLOAT64, tile->rows, tile->keys, tile->p},
            LLN_FLOAT32, single);
        p = single;
    }
    multiply_part(w, tile, p, 0, sinks, 0);
    multiply_part(w, tile, p, sinks, tile->keys - sinks, tile->low);
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
    size_t sinks;   /* the first rows of each group's sums */
    size_t *offset; /* [groups + 1]: first row of the group's sums in y */
    size_t *low;    /* [groups]: first key of the group after the sinks */
} transposition;

/* sums += p'x for `keys` columns of the tile from column `at` on. */
static void transpose_part(const transposition *p, const lln_local_tile *tile,
                           size_t at, size_t keys, double *sums)
{
    int c = (int)p->columns;
    if (keys > 0)
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)keys, c,
                    (int)tile->rows, 1, tile->p + at, (int)tile->keys,
                    p->x + tile->first * p->columns, c, 1, sums, c);
}

/* Adds the tile's part of P'x to the sums of its group. */
static void visit_transposed(void *context, size_t group,
                             const lln_local_tile *tile)
{
    const transposition *p = context;
    double *sums = p->y + p->offset[group] * p->columns;
    size_t sinks = tile->sinks, at = sinks + tile->low - p->low[group];
    transpose_part(p, tile, 0, sinks, sums);
    transpose_part(p, tile, sinks, tile->keys - sinks, sums + at * p->columns);
}

/* Sets low and offset; returns the number of keys of all groups together. */
static size_t place_groups(const lln_local *local, size_t groups,
                           transposition *p)
{
    size_t n = local->head.q.rows, total = 0;
    for (size_t g = 0; g < groups; g++) {
        size_t high, first = g * GROUP;
        lln_local_span(local, first, lln_size_smaller(GROUP, n - first),
                       &p->low[g], &high);
        p->offset[g] = total;
        total += p->sinks + high - p->low[g];
    }
    p->offset[groups] = total;
    return total;
}

/* y [m x columns] = sum over the groups, in order. */
static void add_groups(const transposition *p, size_t groups, size_t m,
                       double *y)
{
    size_t sinks = p->sinks * p->columns;
    memset(y, 0, m * p->columns * sizeof *y);
    for (size_t g = 0; g < groups; g++) {
        const double *from = p->y + p->offset[g] * p->columns;
        double *to = y + p->low[g] * p->columns;
        size_t size = (p->offset[g + 1] - p->offset[g]) * p->columns;
        for (size_t l = 0; l < sinks; l++)
            y[l] += from[l];
        for (size_t l = sinks; l < size; l++)
            to[l - sinks] += from[l];
    }
}

static lln_status multiply_transposed(const void *context, const double *x,
                                      size_t columns, double *y)
{
    const lln_local *local = context;
    size_t groups = lln_local_groups(local);
    transposition p = {.x = x, .columns = columns, .sinks = local->sinks};
    p.offset = lln_array_alloc(2 * groups + 1, sizeof *p.offset);
    if (!p.offset)
        return LLN_ENOMEM;
    p.low = p.offset + groups + 1;
    size_t keys = place_groups(local, groups, &p);
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
    for (size_t r = 0; r < tile->rows; r++) {
        size_t i = tile->first + r;
        size_t column = i < tile->sinks ? i : tile->sinks + i - tile->low;
        out[i] = tile->p[r * tile->keys + column];
    }
}

lln_status lln_local_diagonal(const lln_local *local, double *out)
{
    return lln_local_visit(local, visit_diagonal, out);
}

/* Sums of squared means: below[j] over the keys before j that are no sinks,
 * above[j] over the keys from j on. So the keys outside a run need a sum, not a
 * difference. */
typedef struct {
    const double *mean;
    double *below, *above; /* [m + 1] */
    double *sums;          /* [groups] */
} norm_work;

static void visit_norm(void *context, size_t group, const lln_local_tile *tile)
{
    const norm_work *w = context;
    size_t sinks = tile->sinks, high = tile->low + tile->keys - sinks;
    double outside = w->below[tile->low] + w->above[high];
    for (size_t i = 0; i < tile->rows; i++) {
        const double *p = tile->p + i * tile->keys;
        double sum = outside;
        for (size_t j = 0; j < tile->keys; j++) {
            size_t key = j < sinks ? j : tile->low + j - sinks;
            double delta = p[j] - w->mean[key];
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
    for (size_t j = local->sinks; j < m; j++)
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
