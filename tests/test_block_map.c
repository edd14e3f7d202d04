/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Maps of P against the blocks of a dense matrix, whose rows come from
 * lln_attention_rows. */
#include "measure/block_map.h"

#include "core/threads.h"
#include "dense.h"
#include "given_matrix.h"

/* The first entry of block b, among `count` entries of P. */
static size_t begin(const lln_block_axis *axis, size_t b, size_t count)
{
    double token =
        floor((double)b * (double)axis->tokens / (double)axis->blocks);
    return (size_t)fmin(fmax(token - (double)axis->first, 0), (double)count);
}

/* The mean or the largest of the entries of P [n x m] in each block. */
static void dense_map(const double *p, size_t n, size_t m,
                      const lln_block_axis *queries, const lln_block_axis *keys,
                      lln_pool pool, double *map)
{
    for (size_t r = 0; r < queries->blocks; r++)
        for (size_t c = 0; c < keys->blocks; c++) {
            double sum = 0, count = 0, largest = -INFINITY;
            for (size_t i = begin(queries, r, n); i < begin(queries, r + 1, n);
                 i++)
                for (size_t j = begin(keys, c, m); j < begin(keys, c + 1, m);
                     j++) {
                    sum += p[i * m + j];
                    largest = fmax(largest, p[i * m + j]);
                    count++;
                }
            double value = pool == LLN_POOL_MEAN ? sum / count : largest;
            map[r * keys->blocks + c] = count > 0 ? value : 0;
        }
}

/* Both maps of an attention, with one thread and two. */
static void expect_maps(lln_attention *attention, lln_block_axis queries,
                        lln_block_axis keys, double tolerance)
{
    size_t n = attention->n, m = attention->m;
    size_t size = queries.blocks * keys.blocks;
    double *p = lln_array_alloc(n * m + 3 * size, sizeof *p);
    double *wanted = p + n * m, *one = wanted + size, *two = one + size;
    for (int pool = 0; pool < LLN_POOLS; pool++) {
        lln_threads_set(1);
        expect_ok(lln_block_map_measure(attention, &queries, &keys,
                                        (lln_pool)pool, one));
        lln_threads_set(2);
        expect_ok(lln_block_map_measure(attention, &queries, &keys,
                                        (lln_pool)pool, two));
        ck_assert_mem_eq(one, two, size * sizeof *one);
        expect_ok(lln_attention_rows(attention, 0, n, p));
        dense_map(p, n, m, &queries, &keys, (lln_pool)pool, wanted);
        expect_all((lln_matrix){LLN_FLOAT64, queries.blocks, keys.blocks, one},
                   wanted, tolerance);
    }
    free(p);
}

/* Sizes, masks, and numbers of blocks that do not divide the tokens. */
static const struct {
    size_t n, m, blocks;
    bool causal;
    size_t window;
} shapes[] = {
    {1, 1, 1, false, 0},     {1, 1, 512, true, 0},    {1, 300, 7, true, 0},
    {300, 1, 7, false, 0},   {200, 200, 1, true, 0},  {200, 200, 16, true, 0},
    {300, 300, 7, true, 0},  {37, 300, 64, true, 0},  {300, 37, 64, false, 0},
    {512, 512, 32, true, 9}, {700, 700, 13, true, 1}, {700, 900, 699, true, 40},
    {64, 64, 64, true, 0},   {900, 700, 5, false, 0},
};

START_TEST(measure_shapes)
{
    size_t n = shapes[_i].n, m = shapes[_i].m, blocks = shapes[_i].blocks;
    lln_mask mask = {.causal = shapes[_i].causal, .window = shapes[_i].window};
    for (int precision = 0; precision < 2; precision++) {
        lln_head head = dense_head(n, m, 4, 3, mask, (lln_precision)precision);
        lln_kernel_choice choice;
        lln_attention attention;
        expect_ok(lln_kernel_parse("softmax", &choice));
        expect_ok(lln_kernel_open(&choice, &head, &attention));
        expect_maps(&attention, lln_block_axis_of(blocks, n, 0),
                    lln_block_axis_of(blocks, m, 0),
                    precision == LLN_FLOAT64 ? 1e-14 : 1e-6);
        /* with padding before and after the tokens */
        expect_maps(&attention, lln_block_axis_of(blocks, n + 9, 5),
                    lln_block_axis_of(blocks, m + 31, 29),
                    precision == LLN_FLOAT64 ? 1e-14 : 1e-6);
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
}
END_TEST

/* Kernels by rows, and rows that do not sum to 1. */
START_TEST(measure_kernels)
{
    static const char *const kernels[] = {
        "elu", "lln:alpha=1.5:beta=2", "kvt:k=3", "gla", "relu", "softmax"};
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) {
        lln_head head =
            dense_head(90, 90, 4, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
        head.rule.has_sink = strcmp(kernels[k], "softmax") == 0;
        head.rule.sink = 0.7;
        lln_attention attention;
        open_kernel(kernels[k], &head, NULL, 0, &attention);
        expect_maps(&attention, lln_block_axis_of(13, 90, 0),
                    lln_block_axis_of(17, 90, 0), 1e-14);
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
}
END_TEST

/* Negative entries; many rows of P in each row of the map, so that every group
 * of panels adds to it. */
START_TEST(measure_given)
{
    enum { N = 700, M = 9 };
    double p[N * M];
    draw_numbers(3, N * M, 1, p);
    lln_attention attention = given_attention(p, N, M);
    expect_maps(&attention, lln_block_axis_of(2, N, 0),
                lln_block_axis_of(4, M, 0), 1e-14);
    expect_maps(&attention, lln_block_axis_of(512, N, 0),
                lln_block_axis_of(512, M, 0), 1e-15);
    lln_attention_close(&attention);
}
END_TEST

/* A mask that hides keys in the middle, and all keys of one row. */
START_TEST(measure_hidden)
{
    enum { N = 30, M = 1200 };
    static unsigned char flags[N * M];
    lln_logit_grid grid = {.flags = flags, .slice = {0, N, M, M, 1}};
    lln_logit_bias bias = {.mask = &grid, .hides = true};
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < M; j++)
            flags[i * M + j] = i != 4 && j % 7 != 2 && (j < 511 || j > 1100);
    lln_head head = dense_head(N, M, 4, 2, (lln_mask){0}, LLN_FLOAT64);
    lln_attention attention;
    head.rule.bias = &bias;
    open_kernel("softmax", &head, NULL, 0, &attention);
    expect_maps(&attention, lln_block_axis_of(30, N, 0),
                lln_block_axis_of(100, M, 0), 1e-14);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* The example of block_map.h, and its entries with padding: blocks begin at 0
 * and 4 of 8 tokens, of which the second to the fourth are P. */
START_TEST(measure_example)
{
    double p[] = {1, 0, 0, 0.5, 0.5, 0, 0.25, 0.25, 0.5};
    const double mean[] = {1, 0, 0.375, 0.3125}, most[] = {1, 0, 0.5, 0.5};
    const double padded[] = {1. / 3, 0, 0, 0};
    lln_block_axis axis = {2, 3, 0}, wide = {2, 8, 1};
    double map[4];
    lln_attention attention = given_attention(p, 3, 3);
    expect_ok(
        lln_block_map_measure(&attention, &axis, &axis, LLN_POOL_MEAN, map));
    ck_assert_mem_eq(map, mean, sizeof map);
    expect_ok(
        lln_block_map_measure(&attention, &axis, &axis, LLN_POOL_MAX, map));
    ck_assert_mem_eq(map, most, sizeof map);
    expect_ok(
        lln_block_map_measure(&attention, &wide, &wide, LLN_POOL_MEAN, map));
    for (size_t i = 0; i < 4; i++)
        expect_relative(map[i], padded[i], 1e-15);
    lln_attention_close(&attention);
}
END_TEST

START_TEST(measure_refused)
{
    double p[] = {1, 0, 0, 1};
    double map[4];
    lln_block_axis good = {2, 2, 0};
    const lln_block_axis bad[] = {
        {0, 2, 0}, {3, 2, 0}, {1, 1, 0}, {2, 2, 1}, {2, 2, 3}};
    lln_attention attention = given_attention(p, 2, 2);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_status(lln_block_map_measure(&attention, &bad[i], &good,
                                            LLN_POOL_MEAN, map),
                      LLN_EINVAL);
        expect_status(lln_block_map_measure(&attention, &good, &bad[i],
                                            LLN_POOL_MEAN, map),
                      LLN_EINVAL);
    }
    ck_assert_str_eq(lln_error_message(), "2 keys from 3 on, but 2 tokens");
    lln_stop_requested = 1;
    expect_status(
        lln_block_map_measure(&attention, &good, &good, LLN_POOL_MEAN, map),
        LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_attention_close(&attention);
}
END_TEST

START_TEST(pool_find_names)
{
    lln_pool pool;
    expect_ok(lln_pool_find("max", &pool));
    ck_assert(pool == LLN_POOL_MAX);
    expect_ok(lln_pool_find("mean", &pool));
    ck_assert(pool == LLN_POOL_MEAN);
    expect_status(lln_pool_find("sum", &pool), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "expected mean or max, found 'sum'");
}
END_TEST

/* Every token is in one block, and blocks differ by at most one token. */
START_TEST(block_begin_covers)
{
    for (size_t tokens = 1; tokens < 40; tokens++)
        for (size_t blocks = 1; blocks < 50; blocks++) {
            lln_block_axis axis = lln_block_axis_of(blocks, tokens, 0);
            ck_assert_uint_eq(lln_block_begin(&axis, 0, tokens), 0);
            ck_assert_uint_eq(lln_block_begin(&axis, axis.blocks, tokens),
                              tokens);
            for (size_t b = 0; b < axis.blocks; b++) {
                size_t size = lln_block_begin(&axis, b + 1, tokens) -
                              lln_block_begin(&axis, b, tokens);
                ck_assert_uint_ge(size, tokens / axis.blocks);
                ck_assert_uint_le(size, tokens / axis.blocks + 1);
                ck_assert_uint_ge(size, 1);
            }
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("block_map");
    TCase *map = tcase_create("block_map");
    tcase_add_loop_test(map, measure_shapes, 0, sizeof shapes / sizeof *shapes);
    tcase_add_test(map, measure_kernels);
    tcase_add_test(map, measure_given);
    tcase_add_test(map, measure_hidden);
    tcase_add_test(map, measure_example);
    tcase_add_test(map, measure_refused);
    tcase_add_test(map, pool_find_names);
    tcase_add_test(map, block_begin_covers);
    suite_add_tcase(suite, map);
    return run_suite(suite);
}
