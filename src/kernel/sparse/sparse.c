/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows are made in batches. Each thread makes a strip of rows in arrays that
 * have room for the longest possible rows; the batch is then appended to the
 * matrix. */
#include "kernel/sparse/sparse.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/progress.h"
#include "core/threads.h"
#include "kernel/logits.h"
#include "kernel/sparse/sparse_attention.h"

enum { STRIP = 32 };

/* How much the sum of a row may differ from 1 by rounding. */
static const double SUM_ERROR = 1e-9;

typedef struct {
    const lln_sparse_kernel *kernel;
    lln_sparse *sparse;
    const double *q, *k; /* [n x d], [m x d] */
    size_t d, most, batch;
    size_t room; /* allocated entries */
    bool unnormalised;
    double *copy;         /* of queries and keys, in float64 */
    double *logits;       /* [threads x (STRIP + 1) x m] */
    lln_sparse_row *rows; /* [batch] */
    uint32_t *keys;       /* [batch x most] */
    double *values;       /* [batch x most] */
} builder;

static void builder_free(builder *b)
{
    free(b->copy);
    free(b->logits);
    free(b->rows);
    free(b->keys);
    free(b->values);
}

static lln_status builder_alloc(builder *b)
{
    const lln_head *head = b->kernel->head;
    size_t n = head->q.rows, m = head->k.rows, d = head->q.columns;
    size_t threads = (size_t)lln_threads_count();
    b->d = d;
    b->most = b->kernel->most;
    b->batch = STRIP * threads;
    b->copy = lln_array_alloc_raw((n + m) * d, sizeof *b->copy);
    b->logits =
        lln_array_alloc_raw(threads * (STRIP + 1) * m, sizeof *b->logits);
    b->rows = lln_array_alloc(b->batch, sizeof *b->rows);
    b->keys = lln_array_alloc_raw(b->batch * b->most, sizeof *b->keys);
    b->values = lln_array_alloc_raw(b->batch * b->most, sizeof *b->values);
    b->sparse = lln_array_alloc(1, sizeof *b->sparse);
    if (!b->copy || !b->logits || !b->rows || !b->keys || !b->values ||
        !b->sparse)
        return LLN_ENOMEM;
    *b->sparse = (lln_sparse){.n = n, .m = m, .mask = head->rule.mask};
    b->sparse->start = lln_array_alloc(n + 1, sizeof *b->sparse->start);
    if (!b->sparse->start)
        return LLN_ENOMEM;
    lln_matrix_convert(head->q, LLN_FLOAT64, b->copy);
    lln_matrix_convert(head->k, LLN_FLOAT64, b->copy + n * d);
    b->q = b->copy;
    b->k = b->copy + n * d;
    return LLN_OK;
}

/* Makes rows first .. end - 1, which begin at row `at` of the batch; logits:
 * scratch [(STRIP + 1) x m]. */
static void make_strip(builder *b, size_t first, size_t end, size_t at,
                       double *logits)
{
    const lln_head *head = b->kernel->head;
    size_t n = head->q.rows, m = head->k.rows, low, high, unused;
    lln_mask_keys(head->rule.mask, n, m, first, &low, &unused);
    lln_mask_keys(head->rule.mask, n, m, end - 1, &unused, &high);
    if (b->kernel->logits)
        lln_logits_rows(&head->rule, &(lln_logit_place){n, m, NULL, first, low},
                        b->q + first * b->d, end - first, b->k + low * b->d,
                        high - low, b->d, high - low, logits);
    for (size_t i = first; i < end; i++, at++) {
        lln_sparse_query query = {
            .i = i,
            .n = n,
            .m = m,
            .position = lln_mask_position(head->rule.mask, n, m, i),
            .d = b->d,
            .q = b->q + i * b->d,
            .k = b->k,
            .scratch = logits + STRIP * m};
        lln_mask_keys(head->rule.mask, n, m, i, &query.first, &query.end);
        query.logits = logits + (i - first) * (high - low) + query.first - low;
        b->rows[at] = (lln_sparse_row){.keys = b->keys + at * b->most,
                                       .values = b->values + at * b->most};
        b->kernel->make(b->kernel->state, &query, &b->rows[at]);
    }
}

/* The number of entries that the kernel expects. */
static size_t expected(const builder *b)
{
    const lln_sparse *s = b->sparse;
    size_t entries = 0, first, end;
    for (size_t i = 0; i < s->n; i++) {
        lln_mask_keys(s->mask, s->n, s->m, i, &first, &end);
        entries +=
            end - first < b->kernel->expect ? end - first : b->kernel->expect;
    }
    return entries;
}

static lln_status check_size(const builder *b, size_t entries)
{
    const double mebibyte = 1048576;
    size_t size = sizeof *b->keys + sizeof *b->values;
    size_t memory = lln_memory_available() / 2;
    if (entries <= memory / size)
        return LLN_OK;
    return lln_fail(LLN_ETOOBIG,
                    "kernel '%s': %zu entries need %.1f MiB; %.1f MiB "
                    "are allowed",
                    b->kernel->choice->text, entries,
                    (double)entries * (double)size / mebibyte,
                    (double)memory / mebibyte);
}

/* Makes room for `entries` in total, and for at least 1.5 times as many as
 * before. */
static lln_status reserve(builder *b, size_t entries)
{
    lln_sparse *s = b->sparse;
    if (entries <= b->room)
        return LLN_OK;
    LLN_TRY(check_size(b, entries));
    size_t room = b->room + b->room / 2;
    room = room > entries ? room : entries;
    uint32_t *key = realloc(s->key, room * sizeof *key);
    if (key)
        s->key = key;
    double *value = realloc(s->value, room * sizeof *value);
    if (value)
        s->value = value;
    if (!key || !value)
        return lln_fail(LLN_ENOMEM, "out of memory");
    b->room = room;
    return LLN_OK;
}

static double row_sum(const builder *b, size_t i, const lln_sparse_row *row)
{
    const lln_sparse *s = b->sparse;
    size_t first, end;
    double sum = 0;
    for (size_t e = 0; e < row->count; e++)
        sum += row->values[e];
    lln_mask_keys(s->mask, s->n, s->m, i, &first, &end);
    return sum + (double)(end - first) * row->rest;
}

/* Stores the rest of row i; most kernels have none. */
static lln_status keep_rest(builder *b, size_t i, double rest)
{
    lln_sparse *s = b->sparse;
    if (rest != 0 && !s->rest)
        s->rest = lln_array_alloc(s->n, sizeof *s->rest);
    if (rest != 0 && !s->rest)
        return LLN_ENOMEM;
    if (s->rest)
        s->rest[i] = rest;
    return LLN_OK;
}

/* Appends the rows of a batch. */
static lln_status append(builder *b, size_t first, size_t count)
{
    lln_sparse *s = b->sparse;
    size_t entries = s->start[first];
    for (size_t r = 0; r < count; r++) {
        entries += b->rows[r].count;
        s->start[first + r + 1] = entries;
    }
    LLN_TRY(reserve(b, entries));
    for (size_t r = 0; r < count; r++) {
        const lln_sparse_row *row = &b->rows[r];
        size_t at = s->start[first + r];
        if (row->count > 0) {
            memcpy(s->key + at, row->keys, row->count * sizeof *row->keys);
            memcpy(s->value + at, row->values,
                   row->count * sizeof *row->values);
        }
        LLN_TRY(keep_rest(b, first + r, row->rest));
        if (fabs(row_sum(b, first + r, row) - 1) > SUM_ERROR)
            b->unnormalised = true;
    }
    return LLN_OK;
}

static lln_status build(builder *b)
{
    size_t n = b->sparse->n, m = b->sparse->m;
    LLN_TRY(reserve(b, expected(b)));
    lln_rows_begun += n;
    for (size_t first = 0; first < n; first += b->batch) {
        size_t rows = n - first < b->batch ? n - first : b->batch;
#pragma omp parallel for schedule(dynamic, 1) if (rows > STRIP)
        for (size_t at = 0; at < rows; at += STRIP)
            make_strip(
                b, first + at, first + (rows - at < STRIP ? rows : at + STRIP),
                at, b->logits + (size_t)omp_get_thread_num() * (STRIP + 1) * m);
        LLN_TRY(lln_threads_check_stop());
        LLN_TRY(append(b, first, rows));
        lln_rows_done += rows;
    }
    return LLN_OK;
}

lln_status lln_sparse_open(const lln_sparse_kernel *kernel,
                           lln_attention *attention)
{
    LLN_TRY(lln_kernel_check_mask(kernel->choice, kernel->head));
    if (kernel->head->k.rows > UINT32_MAX)
        return lln_fail(LLN_EINVAL,
                        "kernel '%s': %zu keys; expected at most "
                        "%u",
                        kernel->choice->text, kernel->head->k.rows, UINT32_MAX);
    builder b = {.kernel = kernel};
    lln_status status = builder_alloc(&b);
    if (status == LLN_OK)
        status = build(&b);
    if (status == LLN_OK)
        lln_sparse_attention(b.sparse, b.unnormalised, attention);
    else
        lln_sparse_free(b.sparse);
    builder_free(&b);
    return status;
}
