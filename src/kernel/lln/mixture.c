/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/lln/mixture.h"

#include <cblas.h>
#include <stdlib.h>

#include "core/memory.h"

/* Adding fewer elements takes less time than waking a thread. */
static const size_t SHARED_NUMBERS = (size_t)1 << 18;

/* y [size] = w0 y + w1 x */
static void add_weighted(const double *weight, lln_precision precision,
                         size_t size, const void *x, void *y)
{
    bool shared = size > SHARED_NUMBERS;
    if (precision == LLN_FLOAT32) {
        const float w[2] = {(float)weight[0], (float)weight[1]}, *from = x;
        float *to = y;
#pragma omp parallel for simd schedule(static) if (shared)
        for (size_t i = 0; i < size; i++)
            to[i] = w[0] * to[i] + w[1] * from[i];
    } else {
        const double *from = x;
        double *to = y;
#pragma omp parallel for simd schedule(static) if (shared)
        for (size_t i = 0; i < size; i++)
            to[i] = weight[0] * to[i] + weight[1] * from[i];
    }
}

static lln_status mixture_rows(const lln_attention *attention, size_t first,
                               size_t count, double *out)
{
    const lln_mixture *mixture = attention->state;
    size_t size = count * attention->m;
    double *other = lln_array_alloc_raw(size, sizeof *other);
    lln_status status = other ? LLN_OK : LLN_ENOMEM;
    if (status == LLN_OK)
        status = lln_attention_rows(&mixture->part[0], first, count, out);
    if (status == LLN_OK)
        status = lln_attention_rows(&mixture->part[1], first, count, other);
    if (status == LLN_OK)
        add_weighted(mixture->weight, LLN_FLOAT64, size, other, out);
    free(other);
    return status;
}

typedef lln_status product_hook(const lln_attention *attention, lln_matrix x,
                                void *y);

/* y [rows x columns] by the products of both parts. */
static lln_status add_products(const lln_mixture *mixture,
                               product_hook *const hook[2], lln_matrix x,
                               size_t rows, void *y)
{
    size_t size = rows * x.columns;
    void *other = lln_array_alloc_raw(size, lln_precision_size(x.precision));
    lln_status status = other ? LLN_OK : LLN_ENOMEM;
    if (status == LLN_OK)
        status = hook[0](&mixture->part[0], x, y);
    if (status == LLN_OK)
        status = hook[1](&mixture->part[1], x, other);
    if (status == LLN_OK)
        add_weighted(mixture->weight, x.precision, size, other, y);
    free(other);
    return status;
}

static lln_status mixture_product(const lln_attention *attention, lln_matrix x,
                                  void *y)
{
    const lln_mixture *mixture = attention->state;
    product_hook *const hooks[2] = {mixture->part[0].product,
                                    mixture->part[1].product};
    return add_products(mixture, hooks, x, attention->n, y);
}

static lln_status mixture_transposed(const lln_attention *attention,
                                     lln_matrix x, void *y)
{
    const lln_mixture *mixture = attention->state;
    product_hook *const hooks[2] = {mixture->part[0].transposed,
                                    mixture->part[1].transposed};
    return add_products(mixture, hooks, x, attention->m, y);
}

static lln_status mixture_diagonal(const lln_attention *attention, double *out)
{
    const lln_mixture *mixture = attention->state;
    double *other = lln_array_alloc_raw(attention->n, sizeof *other);
    lln_status status = other ? LLN_OK : LLN_ENOMEM;
    if (status == LLN_OK)
        status = mixture->part[0].diagonal(&mixture->part[0], out);
    if (status == LLN_OK)
        status = mixture->part[1].diagonal(&mixture->part[1], other);
    if (status == LLN_OK)
        add_weighted(mixture->weight, LLN_FLOAT64, attention->n, other, out);
    free(other);
    return status;
}

static lln_status mixture_prepare(lln_attention *attention)
{
    lln_mixture *mixture = attention->state;
    LLN_TRY(lln_attention_prepare(&mixture->part[0]));
    return lln_attention_prepare(&mixture->part[1]);
}

static void mixture_close(lln_attention *attention)
{
    lln_mixture *mixture = attention->state;
    lln_attention_close(&mixture->part[0]);
    lln_attention_close(&mixture->part[1]);
    free(mixture);
}

lln_status lln_mixture_open(lln_attention *first, lln_attention *second,
                            double weight, lln_attention *attention)
{
    lln_mixture *mixture = calloc(1, sizeof *mixture);
    if (!mixture) {
        lln_attention_close(first);
        lln_attention_close(second);
        return lln_fail(LLN_ENOMEM, "out of memory");
    }
    *mixture = (lln_mixture){{*first, *second}, {weight, 1 - weight}};
    *attention = (lln_attention){
        .n = first->n,
        .m = first->m,
        .unnormalised = first->unnormalised || second->unnormalised,
        .mask = first->mask,
        .precision = LLN_FLOAT64,
        .kind = LLN_ATTENTION_ROWS,
        .rows.make = mixture_rows,
        .prepare = mixture_prepare,
        .state = mixture,
        .close = mixture_close,
    };
    if (first->product && second->product)
        attention->product = mixture_product;
    if (first->transposed && second->transposed)
        attention->transposed = mixture_transposed;
    if (first->diagonal && second->diagonal)
        attention->diagonal = mixture_diagonal;
    *first = *second = (lln_attention){0};
    return LLN_OK;
}
