/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * D2 under a window. A tree contains the moments of chunks of keys, of pairs of
 * chunks, and so on. The moments of any run of chunks are joined from a few
 * nodes, without a subtraction that could cancel. For each block of queries,
 * the chunks that are inside all of their windows are used as a whole, and the
 * few chunks at the ends of the windows key by key. */
#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "heads/temperature_internal.h"

enum { CHUNK = LLN_TEMPERATURE_CHUNK };

typedef struct {
    const lln_head *head;
    size_t d, chunks, blocks; /* chunks of keys; blocks of queries */
    lln_key_moments *nodes;   /* [2 chunks]: node chunks + c is chunk c, node i
                                 joins nodes 2 i and 2 i + 1 */
    double *memory;           /* of the nodes */
    double *sum;              /* [blocks]: sum of the variances of rows */
    size_t *rows;             /* [blocks]: number of rows with a variance */
} work;

/* Logits of one query: count, mean (relative to the logit of the reference key)
 * and scatter. */
typedef struct {
    double count, mean, scatter;
} logit_moments;

/* Scratch memory of one thread. */
typedef struct {
    double *keys, *queries, *product; /* [CHUNK x d] */
    double *logits;                   /* [CHUNK x CHUNK] */
    double *shift, *reference;        /* means of keys [d] */
    bool referenced;                  /* reference is set */
    lln_key_moments core; /* of the keys that all queries may attend to */
    size_t first[CHUNK], end[CHUNK]; /* allowed keys of each query */
    logit_moments row[CHUNK];
} scratch;

static void scratch_free(scratch *s)
{
    if (s)
        free(s->keys);
    free(s);
}

/* NULL when out of memory. */
static scratch *scratch_alloc(size_t d)
{
    scratch *s = calloc(1, sizeof *s);
    size_t numbers = 3 * CHUNK * d + CHUNK * CHUNK + (3 + d) * d;
    if (s)
        s->keys = lln_array_alloc(numbers, sizeof *s->keys);
    if (!s || !s->keys) {
        scratch_free(s);
        return NULL;
    }
    s->queries = s->keys + CHUNK * d;
    s->product = s->queries + CHUNK * d;
    s->logits = s->product + CHUNK * d;
    s->shift = s->logits + CHUNK * CHUNK;
    s->reference = s->shift + d;
    s->core.mean = s->reference + d;
    s->core.scatter = s->core.mean + d;
    return s;
}

/* Reads chunk c of the keys, centred about s->shift; returns the number of
 * keys. */
static size_t read_keys(const work *w, size_t c, scratch *s)
{
    lln_matrix k = w->head->k;
    size_t count = lln_size_smaller(CHUNK, k.rows - c * CHUNK);
    lln_temperature_read(k, c * CHUNK, count, s->keys);
    lln_temperature_centre(s->keys, count, w->d, s->shift);
    return count;
}

static void gather_chunk(work *w, size_t c, scratch *s)
{
    size_t count = read_keys(w, c, s);
    lln_key_moments_add(&w->nodes[w->chunks + c], s->keys, count, s->shift,
                        w->d, s->product);
}

/* Sets s->core to the moments of the chunks first .. end - 1. */
static void gather_core(const work *w, size_t first, size_t end, scratch *s)
{
    lln_key_moments *core = &s->core;
    core->count = 0;
    memset(core->mean, 0, (1 + w->d) * w->d * sizeof *core->mean);
    if (first >= end)
        return;
    first += w->chunks;
    end += w->chunks;
    for (; first < end; first /= 2, end /= 2) {
        if (first % 2 == 1)
            lln_key_moments_merge(core, &w->nodes[first++], w->d, s->product);
        if (end % 2 == 1)
            lln_key_moments_merge(core, &w->nodes[--end], w->d, s->product);
    }
}

/* Starts each row with the keys of the core. */
static void start_rows(const work *w, size_t rows, scratch *s)
{
    int d = (int)w->d;
    memset(s->row, 0, sizeof s->row);
    s->referenced = s->core.count > 0;
    if (!s->referenced)
        return;
    memcpy(s->reference, s->core.mean, w->d * sizeof *s->reference);
    cblas_dsymm(CblasRowMajor, CblasRight, CblasLower, (int)rows, d, 1,
                s->core.scatter, d, s->queries, d, 0, s->product, d);
    for (size_t i = 0; i < rows; i++) {
        s->row[i].count = (double)s->core.count;
        s->row[i].scatter =
            cblas_ddot(d, s->queries + i * w->d, 1, s->product + i * w->d, 1);
    }
}

/* Adds logits that are relative to a key whose own logit is `offset`. */
static void add_logits(logit_moments *row, const double *logits, size_t count,
                       double offset)
{
    double own = 0, number = (double)count, total = row->count + number;
    for (size_t j = 0; j < count; j++)
        own += logits[j];
    own /= number;
    for (size_t j = 0; j < count; j++)
        row->scatter += (logits[j] - own) * (logits[j] - own);
    double delta = own + offset - row->mean;
    row->scatter += row->count * (number / total) * delta * delta;
    row->mean += number / total * delta;
    row->count = total;
}

/* Adds the keys of chunk c to the queries whose windows include them. */
static void add_edge(const work *w, size_t c, size_t rows, scratch *s)
{
    int d = (int)w->d;
    size_t at = c * CHUNK, keys = read_keys(w, c, s);
    if (!s->referenced)
        memcpy(s->reference, s->shift, w->d * sizeof *s->reference);
    s->referenced = true;
    cblas_daxpy(d, -1, s->reference, 1, s->shift, 1);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, (int)keys,
                d, 1, s->queries, d, s->keys, d, 0, s->logits, CHUNK);
    for (size_t i = 0; i < rows; i++) {
        size_t from = s->first[i] > at ? s->first[i] - at : 0;
        size_t to = lln_size_smaller(s->end[i] > at ? s->end[i] - at : 0, keys);
        if (from < to)
            add_logits(&s->row[i], s->logits + i * CHUNK + from, to - from,
                       cblas_ddot(d, s->queries + i * w->d, 1, s->shift, 1));
    }
}

/* Adds the variances of the queries of block b. */
static void scan_block(work *w, size_t b, scratch *s)
{
    lln_matrix q = w->head->q;
    size_t m = w->head->k.rows,
           rows = lln_size_smaller(CHUNK, q.rows - b * CHUNK);
    for (size_t i = 0; i < rows; i++)
        lln_mask_keys(w->head->rule.mask, q.rows, m, b * CHUNK + i,
                      &s->first[i], &s->end[i]);
    size_t last = rows - 1; /* its window starts and ends last */
    size_t core = (s->first[last] + CHUNK - 1) / CHUNK;
    size_t core_end = s->end[0] == m ? w->chunks : s->end[0] / CHUNK;
    lln_temperature_read(q, b * CHUNK, rows, s->queries);
    gather_core(w, core, core_end, s);
    start_rows(w, rows, s);
    for (size_t c = s->first[0] / CHUNK; c * CHUNK < s->end[last]; c++)
        if (c < core || c >= core_end)
            add_edge(w, c, rows, s);
    for (size_t i = 0; i < rows; i++) {
        if (s->row[i].count < 2)
            continue;
        w->sum[b] += s->row[i].scatter / (s->row[i].count - 1);
        w->rows[b]++;
    }
}

/* Runs a step `count` times; the runs are independent of each other. */
static lln_status for_all(work *w, size_t count,
                          void (*step)(work *, size_t, scratch *))
{
    int failed = 0;
#pragma omp parallel reduction(| : failed)
    {
        scratch *s = scratch_alloc(w->d);
        failed = !s;
#pragma omp for schedule(dynamic, 1)
        for (size_t i = 0; i < count; i++)
            if (!failed && !lln_stop_requested)
                step(w, i, s);
        scratch_free(s);
    }
    if (lln_stop_requested)
        return lln_fail(LLN_EINTERRUPTED, "temperature: interrupted");
    return failed ? lln_fail(LLN_ENOMEM, "temperature: out of memory") : LLN_OK;
}

static lln_status work_alloc(work *w)
{
    size_t node, size, d = w->d;
    LLN_TRY(lln_size_multiply(d, d + 1, &node));
    LLN_TRY(lln_size_multiply(node, 2 * w->chunks, &size));
    w->nodes = lln_array_alloc(2 * w->chunks, sizeof *w->nodes);
    w->memory = lln_array_alloc(size, sizeof *w->memory);
    w->sum = lln_array_alloc(w->blocks, sizeof *w->sum);
    w->rows = lln_array_alloc(w->blocks, sizeof *w->rows);
    if (!w->nodes || !w->memory || !w->sum || !w->rows)
        return LLN_ENOMEM;
    for (size_t i = 0; i < 2 * w->chunks; i++) {
        w->nodes[i].mean = w->memory + i * node;
        w->nodes[i].scatter = w->nodes[i].mean + d;
    }
    return LLN_OK;
}

static lln_status window_variance(work *w)
{
    LLN_TRY(for_all(w, w->chunks, gather_chunk));
    double *delta = lln_array_alloc(w->d, sizeof *delta);
    if (!delta)
        return LLN_ENOMEM;
    for (size_t i = w->chunks - 1; i > 0; i--)
        for (size_t child = 2 * i; child <= 2 * i + 1; child++)
            lln_key_moments_merge(&w->nodes[i], &w->nodes[child], w->d, delta);
    free(delta);
    return for_all(w, w->blocks, scan_block);
}

static void free_work(work *w)
{
    free(w->nodes);
    free(w->memory);
    free(w->sum);
    free(w->rows);
}

lln_status lln_temperature_window(const lln_head *head, double *mean)
{
    double sum = 0;
    size_t rows = 0;
    work w = {.head = head,
              .d = head->q.columns,
              .chunks = (head->k.rows + CHUNK - 1) / CHUNK,
              .blocks = (head->q.rows + CHUNK - 1) / CHUNK};
    lln_status status = work_alloc(&w);
    if (status == LLN_OK)
        status = window_variance(&w);
    for (size_t b = 0; status == LLN_OK && b < w.blocks; b++) {
        sum += w.sum[b];
        rows += w.rows[b];
    }
    free_work(&w);
    *mean = sum / (double)rows;
    return status;
}
