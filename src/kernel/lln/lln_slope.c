/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How the scores of LLN attention change with the norm of a query. Notation: x
 * = alpha q, y = beta k; see lln_internal.h. */
#include <math.h>
#include <string.h>

#include "kernel/lln/lln_internal.h"

/* x exp(x + ...) from the packed exp(x + ...). */
static void pack_products(const lln_attention *attention, const size_t *queries,
                          size_t count, const void *packed, void *out)
{
    const lln_state *state = attention->state;
    size_t d = attention->rank;
    bool single = attention->precision == LLN_FLOAT32;
    for (size_t i = 0; i < count; i++)
        for (size_t l = 0; l < d; l++) {
            double x = state->alpha * lln_matrix_get(state->q, queries[i], l);
            double y = x * lln_lln_number(packed, single, i * d + l);
            if (single)
                ((float *)out)[i * d + l] = (float)y;
            else
                ((double *)out)[i * d + l] = y;
        }
}

/* Queries that are packed as x are needed as they are. */
static void pack_same(const lln_attention *attention, const size_t *queries,
                      size_t count, const void *packed, void *out)
{
    (void)queries;
    memcpy(out, packed,
           count * attention->rank * lln_precision_size(attention->precision));
}

/* The mean of x_l with weights exp(x_l + y_l), y = beta k of one key. */
static double weighted_mean(const double *x, lln_matrix k, double beta,
                            size_t key)
{
    double largest = -INFINITY, sum = 0, product = 0;
    for (size_t l = 0; l < k.columns; l++)
        largest = fmax(largest, x[l] + beta * lln_matrix_get(k, key, l));
    for (size_t l = 0; l < k.columns; l++) {
        double weight = exp(x[l] + beta * lln_matrix_get(k, key, l) - largest);
        sum += weight;
        product += weight > 0 ? weight * x[l] : 0;
    }
    return product / sum;
}

static void tile_means(const lln_attention *attention, const void *packed,
                       size_t rows, size_t first_key, size_t keys,
                       size_t stride, void *out)
{
    const lln_state *state = attention->state;
    const double *x = packed;
    double *to = out;
    for (size_t i = 0; i < rows; i++, x += attention->rank)
        for (size_t j = 0; j < keys; j++)
            to[i * stride + j] =
                weighted_mean(x, state->k, state->beta, first_key + j);
}

void lln_lln_set_slope(lln_attention *attention)
{
    bool logs = attention->tiles.domain == LLN_DOMAIN_LOG;
    attention->tiles.pack_slope = logs ? pack_same : pack_products;
    attention->tiles.tile_slope = logs ? tile_means : NULL;
}
