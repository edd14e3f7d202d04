/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows are visited in blocks. Block b belongs to group b mod GROUPS; a thread
 * takes whole groups, and what is summed over rows is summed within a group
 * in the order of rows, then over groups in their order: no result depends on
 * the number of threads. */
#include "measure/operator.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/threads.h"
#include "measure/operator_rows.h"

enum { BLOCK_ROWS = 32, BLOCK_KEYS = 512, GROUPS = 16 };

/* A product with fewer entries takes less time than it may take to wake
 * another thread on a busy machine. */
static const size_t SHARED_ENTRIES = (size_t)1 << 20;

/* Rows first .. first + rows - 1 as weights [rows x m]; columns from
 * `columns` on are zero in all of them. */
typedef struct {
    size_t first, rows, columns;
    const void *weights;
    const double *scale; /* [rows] */
} row_block;

/* Scratch of one thread. */
struct lln_apply_work {
    void *packed;
    void *weights; /* [BLOCK_ROWS x m], NULL if P is stored */
    double scale[BLOCK_ROWS];
};

typedef void block_visit(const lln_apply *apply, const row_block *block,
                         size_t group, void *context);

static size_t element(const lln_apply *apply)
{
    return lln_precision_size(apply->attention->precision);
}

/* The kernel's own products take the place of blocks. */
static bool own_products(const lln_apply *apply)
{
    return apply->attention->product && apply->attention->transposed;
}

/* They are quick enough to count as they begin. */
static void count_own_pass(const lln_apply *apply)
{
    lln_rows_begun += apply->n;
    lln_rows_done += apply->n;
}

static lln_matrix vector(const double *x, size_t size)
{
    return (lln_matrix){LLN_FLOAT64, size, 1, x};
}

/* Scores of the block's rows against keys 0 .. columns - 1, to out
 * [rows x m]. */
static void fill_scores(const lln_apply *apply, struct lln_apply_work *work,
                        const row_block *block, char *out)
{
    size_t queries[BLOCK_ROWS];
    for (size_t i = 0; i < block->rows; i++)
        queries[i] = block->first + i;
    lln_attention_pack(apply->attention, queries, block->rows, work->packed);
    for (size_t j = 0; j < block->columns; j += BLOCK_KEYS) {
        size_t keys = block->columns - j;
        keys = keys < BLOCK_KEYS ? keys : BLOCK_KEYS;
        lln_attention_tile(apply->attention, work->packed, block->rows, j, keys,
                           apply->m, out + j * element(apply));
    }
}

/* Where the block's rows begin and end, and its columns. */
static void find_columns(const lln_apply *apply, row_block *block,
                         size_t *first, size_t *end)
{
    block->columns = apply->attention->rows ? apply->m : 0;
    for (size_t i = 0; i < block->rows; i++) {
        lln_mask_keys(apply->attention->mask, apply->n, apply->m,
                      block->first + i, &first[i], &end[i]);
        block->columns = end[i] > block->columns ? end[i] : block->columns;
    }
}

/* Entries of attention by rows: [rows x m], float64. */
static lln_status make_entries(const lln_apply *apply, row_block *block,
                               void *out, double *scale)
{
    for (size_t i = 0; i < block->rows; i++)
        scale[i] = 1;
    return apply->attention->rows(apply->attention, block->first, block->rows,
                                  out);
}

/* Makes the weights of a block in `out` [rows x m]. */
static lln_status make_block(const lln_apply *apply,
                             struct lln_apply_work *work, row_block *block,
                             void *out, double *scale)
{
    const lln_attention *attention = apply->attention;
    size_t first[BLOCK_ROWS], end[BLOCK_ROWS];
    find_columns(apply, block, first, end);
    block->weights = out;
    block->scale = scale;
    if (attention->rows)
        return make_entries(apply, block, out, scale);
    fill_scores(apply, work, block, out);
    for (size_t i = 0; i < block->rows; i++) {
        char *row = (char *)out + i * apply->m * element(apply);
        lln_apply_weights(attention->precision, attention->domain, row,
                          first[i], end[i], block->columns, &scale[i]);
    }
    return LLN_OK;
}

/* Finds the block in the stored matrix. */
static void find_block(const lln_apply *apply, row_block *block)
{
    size_t first[BLOCK_ROWS], end[BLOCK_ROWS];
    find_columns(apply, block, first, end);
    block->weights =
        (char *)apply->stored + block->first * apply->m * element(apply);
    block->scale = apply->scale + block->first;
}

/* The block with that number, without its weights. */
static row_block block_at(const lln_apply *apply, size_t number)
{
    row_block block = {.first = number * BLOCK_ROWS, .rows = BLOCK_ROWS};
    if (block.first + block.rows > apply->n)
        block.rows = apply->n - block.first;
    return block;
}

/* The block with that number, its weights found or made in `work`. */
static lln_status load_block(const lln_apply *apply, size_t number,
                             struct lln_apply_work *work, row_block *block)
{
    *block = block_at(apply, number);
    if (!apply->stored)
        return make_block(apply, work, block, work->weights, work->scale);
    find_block(apply, block);
    return LLN_OK;
}

static lln_status visit_blocks(lln_apply *apply, block_visit *visit,
                               void *context)
{
    size_t blocks = (apply->n + BLOCK_ROWS - 1) / BLOCK_ROWS;
    lln_failure failure = LLN_NO_FAILURE;
    lln_rows_begun += apply->n;
#pragma omp parallel for schedule(dynamic, 1) num_threads(apply->threads)
    for (size_t group = 0; group < GROUPS; group++)
        for (size_t b = group; b < blocks && !lln_stop_requested; b += GROUPS) {
            struct lln_apply_work *work = &apply->work[omp_get_thread_num()];
            row_block block;
            if (b >= failure.item)
                break;
            lln_status status = load_block(apply, b, work, &block);
            lln_failure_note(&failure, b, status);
            if (status == LLN_OK)
                visit(apply, &block, group, context);
            lln_rows_done += block.rows;
        }
    LLN_TRY(lln_failure_report(&failure));
    return lln_threads_check_stop();
}

static void release_work(lln_apply *apply)
{
    for (int t = 0; apply->work && t < apply->threads; t++) {
        free(apply->work[t].packed);
        free(apply->work[t].weights);
    }
    free(apply->work);
}

void lln_apply_close(lln_apply *apply)
{
    release_work(apply);
    free(apply->stored);
    free(apply->scale);
    free(apply->mean);
    free(apply->partial);
    *apply = (lln_apply){0};
}

static bool allocate(lln_apply *apply)
{
    size_t size = element(apply), rank = apply->attention->rank;
    apply->scale = lln_array_alloc(apply->n, sizeof(double));
    apply->mean = lln_array_alloc(apply->m, sizeof(double));
    apply->partial = lln_array_alloc(GROUPS * apply->m, sizeof(double));
    apply->work = calloc((size_t)apply->threads, sizeof *apply->work);
    if (!apply->scale || !apply->mean || !apply->partial || !apply->work)
        return false;
    for (int t = 0; t < apply->threads; t++) {
        struct lln_apply_work *work = &apply->work[t];
        work->packed = lln_array_alloc(BLOCK_ROWS * rank, size);
        if (!apply->stored)
            work->weights = lln_array_alloc_raw(BLOCK_ROWS * apply->m, size);
        if (!work->packed || (!apply->stored && !work->weights))
            return false;
    }
    return true;
}

/* Room for P if it may be kept, else NULL. Not zeroed: its pages are touched
 * first by the threads that fill them. */
static void *reserve(const lln_apply *apply, size_t memory)
{
    size_t bytes;
    if (__builtin_mul_overflow(apply->n, apply->m, &bytes) ||
        __builtin_mul_overflow(bytes, element(apply), &bytes) || bytes > memory)
        return NULL;
    return malloc(bytes);
}

static lln_status store(lln_apply *apply)
{
    size_t blocks = (apply->n + BLOCK_ROWS - 1) / BLOCK_ROWS;
    lln_failure failure = LLN_NO_FAILURE;
    lln_rows_begun += apply->n;
#pragma omp parallel for schedule(dynamic, 1) num_threads(apply->threads)
    for (size_t b = 0; b < blocks; b++) {
        struct lln_apply_work *work = &apply->work[omp_get_thread_num()];
        row_block block = block_at(apply, b);
        size_t at = block.first * apply->m * element(apply);
        if (b < failure.item && !lln_stop_requested)
            lln_failure_note(&failure, b,
                             make_block(apply, work, &block,
                                        (char *)apply->stored + at,
                                        apply->scale + block.first));
        lln_rows_done += block.rows;
    }
    return lln_failure_report(&failure);
}

/* Adds the sums of the groups: y [m] = factor sum_g partial_g. */
static void add_groups(const lln_apply *apply, double factor, double *y)
{
#pragma omp parallel for schedule(static) num_threads(apply->threads)
    for (size_t j = 0; j < apply->m; j++) {
        double sum = 0;
        for (size_t group = 0; group < GROUPS; group++)
            sum += apply->partial[group * apply->m + j];
        y[j] = factor * sum;
    }
}

static void clear_groups(lln_apply *apply)
{
    memset(apply->partial, 0, GROUPS * apply->m * sizeof(double));
}

static void visit_mean(const lln_apply *apply, const row_block *block,
                       size_t group, void *context)
{
    (void)context;
    lln_apply_add(apply->attention->precision, block->weights, apply->m,
                  block->rows, block->columns, block->scale,
                  apply->partial + group * apply->m);
}

static lln_status find_mean(lln_apply *apply)
{
    double share = 1 / (double)apply->n;
    if (!own_products(apply)) {
        LLN_TRY(visit_blocks(apply, visit_mean, NULL));
        add_groups(apply, share, apply->mean);
        return LLN_OK;
    }
    for (size_t i = 0; i < apply->n; i++)
        apply->scale[i] = share;
    return apply->attention->transposed(
        apply->attention, vector(apply->scale, apply->n), apply->mean);
}

lln_status lln_apply_open(lln_attention *attention, size_t memory,
                          lln_apply *apply)
{
    *apply = (lln_apply){.attention = attention,
                         .n = attention->n,
                         .m = attention->m,
                         .threads = lln_threads_count()};
    if (attention->n * attention->m < SHARED_ENTRIES)
        apply->threads = 1;
    LLN_TRY(lln_attention_prepare(attention));
    if (!own_products(apply))
        apply->stored = reserve(apply, memory);
    if (!allocate(apply)) {
        lln_apply_close(apply);
        return lln_fail(LLN_ENOMEM, "out of memory");
    }
    lln_status status = apply->stored ? store(apply) : LLN_OK;
    if (status == LLN_OK)
        status = find_mean(apply);
    if (status != LLN_OK)
        lln_apply_close(apply);
    return status;
}

typedef struct {
    const double *x;
    double *y;    /* [n] */
    double shift; /* p.x */
} product;

static void visit_product(const lln_apply *apply, const row_block *block,
                          size_t group, void *context)
{
    (void)group;
    const product *p = context;
    lln_apply_dots(apply->attention->precision, block->weights, apply->m,
                   block->rows, block->columns, p->x, p->y + block->first);
    for (size_t i = 0; i < block->rows; i++)
        p->y[block->first + i] *= block->scale[i];
}

lln_status lln_apply_product(lln_apply *apply, const double *x, double *y)
{
    product p = {.x = x, .y = y};
    lln_products_done++;
    if (!own_products(apply))
        return visit_blocks(apply, visit_product, &p);
    count_own_pass(apply);
    return apply->attention->product(apply->attention, vector(x, apply->m), y);
}

/* While the rows are in cache: u_i = P_i.x - p.x, then y += u_i P_i. */
static void visit_gram(const lln_apply *apply, const row_block *block,
                       size_t group, void *context)
{
    const product *p = context;
    double u[BLOCK_ROWS];
    lln_precision precision = apply->attention->precision;
    lln_apply_dots(precision, block->weights, apply->m, block->rows,
                   block->columns, p->x, u);
    for (size_t i = 0; i < block->rows; i++)
        u[i] = (u[i] * block->scale[i] - p->shift) * block->scale[i];
    lln_apply_add(precision, block->weights, apply->m, block->rows,
                  block->columns, u, apply->partial + group * apply->m);
}

static lln_status own_gram(lln_apply *apply, const double *x, double shift,
                           double *y)
{
    const lln_attention *attention = apply->attention;
    double *u = apply->scale;
    count_own_pass(apply);
    LLN_TRY(attention->product(attention, vector(x, apply->m), u));
    for (size_t i = 0; i < apply->n; i++)
        u[i] -= shift;
    return attention->transposed(attention, vector(u, apply->n), y);
}

lln_status lln_apply_gram(lln_apply *apply, const double *x, double *y)
{
    product p = {.x = x};
    lln_products_done++;
    for (size_t j = 0; j < apply->m; j++)
        p.shift += apply->mean[j] * x[j];
    if (own_products(apply))
        return own_gram(apply, x, p.shift, y);
    clear_groups(apply);
    LLN_TRY(visit_blocks(apply, visit_gram, &p));
    /* P~'u = P'u - p sum_i u_i, and the sum is zero: p is the mean row. */
    add_groups(apply, 1, y);
    return LLN_OK;
}

static void visit_norm(const lln_apply *apply, const row_block *block,
                       size_t group, void *context)
{
    double *sums = context;
    size_t stride = apply->m * element(apply);
    for (size_t i = 0; i < block->rows; i++)
        sums[group] += lln_apply_distance(
            apply->attention->precision,
            (const char *)block->weights + i * stride, block->columns,
            block->scale[i], apply->mean, apply->m);
}

lln_status lln_apply_norm(lln_apply *apply, double *norm)
{
    double sums[GROUPS] = {0}, total = 0;
    if (apply->attention->unbiased_norm)
        return apply->attention->unbiased_norm(apply->attention, apply->mean,
                                               norm);
    LLN_TRY(visit_blocks(apply, visit_norm, sums));
    for (size_t group = 0; group < GROUPS; group++)
        total += sums[group];
    *norm = sqrt(total);
    return LLN_OK;
}
