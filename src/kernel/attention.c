/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/attention.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/memory.h"
#include "kernel/logits.h"

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
    if (attention->tiles.pack) {
        attention->tiles.pack(attention, queries, count, out);
        return;
    }
    size_t bytes = attention->rank * lln_precision_size(attention->precision);
    for (size_t i = 0; i < count; i++)
        memcpy((char *)out + i * bytes,
               lln_matrix_rows(attention->tiles.left, queries[i], 1).data,
               bytes);
}

void lln_attention_tile(const lln_attention *attention, const size_t *queries,
                        const void *packed, size_t rows, size_t first_key,
                        size_t keys, size_t stride, void *out)
{
    if (attention->tiles.tile) {
        attention->tiles.tile(attention, packed, rows, first_key, keys, stride,
                              out);
        return;
    }
    lln_matrix left = {attention->precision, rows, attention->rank, packed};
    lln_logit_place place = {attention->n, attention->m, queries, 0, first_key};
    lln_logits_tile(&attention->tiles.rule, &place, left,
                    lln_matrix_rows(attention->tiles.right, first_key, keys),
                    stride, out);
}

double lln_attention_outside(const lln_attention *attention, size_t i,
                             double log_norm)
{
    const lln_attention_tiles *tiles = &attention->tiles;
    if (!tiles->rule.has_sink)
        return 0;
    if (tiles->offset)
        log_norm += tiles->offset[i];
    return lln_logits_outside(&tiles->rule, log_norm);
}

/* Turns the scores [count] of the allowed keys of row i into probabilities. */
static void normalise(const lln_attention *attention, size_t i, double *row,
                      size_t count)
{
    double max = -INFINITY, sum = 0;
    for (size_t j = 0; j < count; j++)
        max = fmax(max, row[j]);
    if (max == -INFINITY) { /* a bias hides all keys */
        memset(row, 0, count * sizeof *row);
        return;
    }
    for (size_t j = 0; j < count; j++) {
        row[j] = attention->tiles.domain == LLN_DOMAIN_LOG ? exp(row[j] - max)
                                                           : row[j] / max;
        sum += row[j];
    }
    sum /= 1 - lln_attention_outside(attention, i, max + log(sum));
    for (size_t j = 0; j < count; j++)
        row[j] /= sum;
}

/* Scratch of one thread, for attention by tiles. */
typedef struct {
    void *packed;   /* [rank] */
    double *scores; /* [m] */
    double *row;    /* [m] */
} row_scratch;

static bool allocate_row(const lln_attention *attention, row_scratch *scratch)
{
    scratch->packed = lln_array_alloc(attention->rank + 2 * attention->m,
                                      sizeof *scratch->row);
    if (!scratch->packed)
        return false;
    scratch->scores = (double *)scratch->packed + attention->rank;
    scratch->row = scratch->scores + attention->m;
    return true;
}

/* Columns first_key .. first_key + keys - 1 of row i of P, out [keys]. Only
 * allowed keys are computed. */
static void one_row(const lln_attention *attention, size_t i, size_t first_key,
                    size_t keys, row_scratch scratch, double *out)
{
    size_t first = 0, end = attention->m, last_key = first_key + keys;
    lln_mask_keys(attention->mask, attention->n, attention->m, i, &first, &end);
    lln_attention_pack(attention, &i, 1, scratch.packed);
    lln_attention_tile(attention, &i, scratch.packed, 1, first, end - first,
                       end - first, scratch.scores);
    lln_matrix view = {attention->precision, 1, end - first, scratch.scores};
    lln_matrix_convert(view, LLN_FLOAT64, scratch.row);
    normalise(attention, i, scratch.row, end - first);
    memset(out, 0, keys * sizeof *out);
    for (size_t j = first > first_key ? first : first_key;
         j < end && j < last_key; j++)
        out[j - first_key] = scratch.row[j - first];
}

static lln_status block_of_tiles(const lln_attention *attention, size_t first,
                                 size_t count, size_t first_key, size_t keys,
                                 double *out)
{
    lln_failure failure = LLN_NO_FAILURE;
#pragma omp parallel
    {
        row_scratch scratch = {0};
        bool room = allocate_row(attention, &scratch);
        lln_failure_note(&failure, 0, room ? LLN_OK : LLN_ENOMEM);
#pragma omp for
        for (size_t i = 0; i < count; i++)
            if (room)
                one_row(attention, first + i, first_key, keys, scratch,
                        out + i * keys);
        free(scratch.packed);
    }
    return lln_failure_report(&failure);
}

size_t lln_attention_block_rows(const lln_attention *attention)
{
    enum { ROWS = 16, ENTRIES = 1 << 21 };
    if (attention->m <= ENTRIES / ROWS)
        return ROWS;
    return attention->m < ENTRIES ? ENTRIES / attention->m : 1;
}

size_t lln_queries_run(const size_t *queries, size_t count)
{
    size_t run = 1;
    while (run < count && queries[run] == queries[0] + run)
        run++;
    return run;
}

/* Some columns of some rows. Rows are made in `rows` [count x m]; NULL: all
 * columns are wanted, and rows are made in `out`. */
static lln_status some_rows(const lln_attention *attention, size_t first,
                            size_t count, size_t first_key, size_t keys,
                            double *rows, double *out)
{
    LLN_TRY(attention->rows.make(attention, first, count, rows ? rows : out));
    for (size_t i = 0; rows && i < count; i++)
        memcpy(out + i * keys, rows + i * attention->m + first_key,
               keys * sizeof *out);
    return LLN_OK;
}

static lln_status block_of_rows(const lln_attention *attention, size_t first,
                                size_t count, size_t first_key, size_t keys,
                                double *out)
{
    size_t m = attention->m, block = lln_attention_block_rows(attention);
    bool all = keys == m;
    lln_failure failure = LLN_NO_FAILURE;
#pragma omp parallel
    {
        double *rows =
            all ? NULL : lln_array_alloc_raw(block * m, sizeof *rows);
        lln_failure_note(&failure, 0, all || rows ? LLN_OK : LLN_ENOMEM);
#pragma omp for
        for (size_t i = 0; i < count; i += block)
            if (i < failure.item)
                lln_failure_note(&failure, i,
                                 some_rows(attention, first + i,
                                           lln_size_smaller(block, count - i),
                                           first_key, keys, rows,
                                           out + i * keys));
        free(rows);
    }
    return lln_failure_report(&failure);
}

lln_status lln_attention_block(const lln_attention *attention, size_t first,
                               size_t count, size_t first_key, size_t keys,
                               double *out)
{
    return (attention->kind == LLN_ATTENTION_ROWS ? block_of_rows
                                                  : block_of_tiles)(
        attention, first, count, first_key, keys, out);
}

lln_status lln_attention_rows(const lln_attention *attention, size_t first,
                              size_t count, double *out)
{
    return lln_attention_block(attention, first, count, 0, attention->m, out);
}

lln_status lln_attention_listed_rows(const lln_attention *attention,
                                     const size_t *queries, size_t first,
                                     size_t count, double *out)
{
    bool by_rows = attention->kind == LLN_ATTENTION_ROWS;
    size_t most = by_rows ? lln_attention_block_rows(attention) : count;
    for (size_t i = 0, run; i < count; i += run) {
        size_t query = queries ? queries[i] : first + i;
        run = queries ? lln_queries_run(queries + i, count - i) : count - i;
        run = lln_size_smaller(run, most);
        LLN_TRY((by_rows ? attention->rows.make : lln_attention_rows)(
            attention, query, run, out + i * attention->m));
    }
    return LLN_OK;
}

bool lln_key_is_hidden(const lln_visible_keys *keys, size_t j)
{
    return keys->bias && keys->bias[j] == -INFINITY;
}

lln_visible_keys lln_attention_visible(const lln_attention *attention,
                                       size_t query, double *bias)
{
    lln_visible_keys keys = {.bias = NULL};
    size_t n = attention->n, m = attention->m;
    lln_mask_keys(attention->mask, n, m, query, &keys.first, &keys.end);
    keys.count = keys.end - keys.first;
    if (!attention->bias || !attention->bias->hides)
        return keys;
    memset(bias, 0, keys.count * sizeof *bias);
    lln_logit_bias_add(attention->bias, query,
                       lln_mask_position(attention->mask, n, m, query),
                       keys.first, keys.count, bias);
    keys.bias = bias;
    for (size_t j = 0; j < keys.end - keys.first; j++)
        keys.count -= lln_key_is_hidden(&keys, j);
    return keys;
}
