/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blocks of entries of two attentions: which keys a row compares. */
#include "measure/pair_entries.h"

#include "dense.h"

enum { N = 12, M = 14 };

static void open_heads(const lln_head heads[2], lln_attention attention[2])
{
    for (int a = 0; a < 2; a++) {
        open_kernel("topth:k=3", &heads[a], NULL, 0, &attention[a]);
        expect_ok(lln_attention_prepare(&attention[a]));
    }
}

static void close_heads(lln_head heads[2], lln_attention attention[2])
{
    for (int a = 0; a < 2; a++) {
        lln_attention_close(&attention[a]);
        lln_head_free(&heads[a]);
    }
}

/* Lists of queries, and keys that the mask hides: js is 0 where both are. */
START_TEST(compare)
{
    lln_mask causal = {.causal = true};
    lln_head heads[2] = {dense_head(N, M, 3, 1, causal, LLN_FLOAT64),
                         dense_head(N, M, 3, 2, causal, LLN_FLOAT64)};
    lln_attention attention[2];
    lln_entry_block block;
    size_t list[] = {2, 3, 9};
    open_heads(heads, attention);
    double *p = dense_rows(&attention[0]), *r = dense_rows(&attention[1]);
    expect_ok(lln_entry_block_open(&attention[0], &attention[1], 3, &block));
    expect_ok(lln_entry_block_fill(&block, list, 0, 3));
    for (size_t i = 0; i < 3; i++) {
        lln_row_pair row = lln_entry_block_compare(&block, i, list[i], 14);
        lln_row_pair wanted = lln_row_pair_from_entries(
            p + list[i] * M, r + list[i] * M, list[i] + 3, 14);
        ck_assert(row.js == wanted.js && row.cosine == wanted.cosine);
        ck_assert(row.recall == wanted.recall && row.overlap == 1);
    }
    expect_ok(lln_entry_block_fill(&block, NULL, 9, 1));
    ck_assert_mem_eq(block.entries[0], p + 9 * M, M * sizeof *p);
    lln_entry_block_close(&block);
    free(p);
    free(r);
    close_heads(heads, attention);
}
END_TEST

/* A row that sees other keys in one of the two has no values. */
START_TEST(other_keys)
{
    unsigned char flags[N * M];
    memset(flags, 1, sizeof flags);
    flags[5 * M + 2] = 0;
    lln_logit_grid grid = {.flags = flags, .slice = {0, N, M, M, 1}};
    lln_logit_bias bias = {.mask = &grid, .hides = true};
    lln_head heads[2] = {dense_head(N, M, 3, 1, (lln_mask){0}, LLN_FLOAT64),
                         dense_head(N, M, 3, 2, (lln_mask){0}, LLN_FLOAT64)};
    lln_attention attention[2];
    lln_entry_block block;
    heads[0].rule.bias = &bias;
    open_heads(heads, attention);
    expect_ok(lln_entry_block_open(&attention[0], &attention[1], N, &block));
    expect_ok(lln_entry_block_fill(&block, NULL, 0, N));
    for (size_t i = 0; i < N; i++)
        ck_assert(isnan(lln_entry_block_compare(&block, i, i, 3).js) ==
                  (i == 5));
    lln_entry_block_close(&block);
    close_heads(heads, attention);
    heads[0] = dense_head(N, M, 3, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
    heads[1] = dense_head(N, M, 3, 2, (lln_mask){0}, LLN_FLOAT64);
    open_heads(heads, attention);
    expect_ok(lln_entry_block_open(&attention[0], &attention[1], N, &block));
    expect_ok(lln_entry_block_fill(&block, NULL, 0, N));
    for (size_t i = 0; i < N; i++) /* the last query sees all keys in both */
        ck_assert(isnan(lln_entry_block_compare(&block, i, i, 3).js) ==
                  (i < N - 1));
    lln_entry_block_close(&block);
    close_heads(heads, attention);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pair_entries");
    TCase *block = tcase_create("lln_entry_block_compare");
    tcase_add_test(block, compare);
    tcase_add_test(block, other_keys);
    suite_add_tcase(suite, block);
    return run_suite(suite);
}
