/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blocks of rows of P: weights times their scale against dense rows. */
#include "measure/operator_blocks.h"

#include <string.h>

#include "given_matrix.h"
#include "head_cases.h"

enum { N = 70, M = 45 };

/* All blocks of the operator against p [N x M], weights in `precision`. */
static void check_blocks(const lln_operator *op, const double *p,
                         double tolerance)
{
    static const size_t first[] = {0, 32, 64}, rows[] = {32, 32, 6};
    char out[LLN_OPERATOR_BLOCK_ROWS * M * sizeof(double)];
    double scale[LLN_OPERATOR_BLOCK_ROWS];
    ck_assert_uint_eq(lln_operator_count_blocks(op), 3);
    for (size_t b = 0; b < 3; b++) {
        struct lln_operator_block block = lln_operator_block_at(op, b);
        ck_assert(block.first == first[b] && block.rows == rows[b]);
        expect_ok(
            lln_operator_fill_block(op, &op->work[0], &block, out, scale));
        ck_assert(block.columns <= M);
        lln_matrix weights = {op->precision, rows[b], M, block.weights};
        for (size_t i = 0; i < rows[b]; i++)
            for (size_t j = 0; j < M; j++)
                expect_absolute(j < block.columns
                                    ? scale[i] * lln_matrix_get(weights, i, j)
                                    : 0,
                                p[(first[b] + i) * M + j], tolerance);
    }
}

/* Scores in both precisions, and float64 scores that are kept in float32. */
START_TEST(fill_tiles)
{
    lln_head head = drawn_head(N, M, 8, 1, false);
    float *single = lln_array_alloc((size_t)(N + M) * 8, sizeof *single);
    lln_attention attention;
    lln_operator op;
    open_kernel("softmax", &head, NULL, 0, &attention);
    double *p = dense_rows(&attention);
    expect_ok(_i ? lln_operator_open_narrow(&attention, 0, &op)
                 : lln_operator_open(&attention, 0, &op));
    ck_assert(lln_operator_narrows(&op) == (_i > 0));
    ck_assert_uint_eq(lln_operator_element_size(&op), _i ? 4 : 8);
    check_blocks(&op, p, _i ? 1e-7 : 1e-15);
    lln_operator_close(&op);
    lln_attention_close(&attention);
    lln_matrix_convert((lln_matrix){LLN_FLOAT64, N + M, 8, head.storage},
                       LLN_FLOAT32, single);
    head.q = (lln_matrix){LLN_FLOAT32, N, 8, single};
    head.k = (lln_matrix){LLN_FLOAT32, M, 8, single + (size_t)N * 8};
    open_kernel("softmax", &head, NULL, 0, &attention);
    expect_ok(lln_operator_open(&attention, 0, &op));
    ck_assert_uint_eq(lln_operator_element_size(&op), 4);
    check_blocks(&op, p, 1e-6);
    lln_operator_close(&op);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(single);
    free(p);
}
END_TEST

/* Entries of attention by rows are unchanged, with a scale of 1. */
START_TEST(fill_entries)
{
    double p[N * M];
    lln_operator op;
    draw_numbers(5, N * M, 1, p);
    lln_attention attention = given_attention(p, N, M);
    expect_ok(lln_operator_open(&attention, 0, &op));
    ck_assert(!lln_operator_narrows(&op));
    check_blocks(&op, p, 0);
    lln_operator_close(&op);
}
END_TEST

/* With a causal mask, columns after those of the last row of a block are
 * zero. */
START_TEST(fill_causal)
{
    lln_head head = drawn_head(N, N, 8, 1, true);
    double out[LLN_OPERATOR_BLOCK_ROWS * N], scale[LLN_OPERATOR_BLOCK_ROWS];
    lln_attention attention;
    lln_operator op;
    open_kernel("softmax", &head, NULL, 0, &attention);
    expect_ok(lln_operator_open(&attention, 0, &op));
    struct lln_operator_block block = lln_operator_block_at(&op, 1);
    expect_ok(lln_operator_fill_block(&op, &op.work[0], &block, out, scale));
    ck_assert_uint_eq(block.columns, 64);
    for (size_t i = 0; i < block.rows; i++)
        for (size_t j = 0; j < block.columns; j++)
            ck_assert((out[i * N + j] > 0) == (j <= 32 + i));
    lln_operator_close(&op);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(count_edges)
{
    static const size_t rows[] = {0, 1, 32, 33}, blocks[] = {0, 1, 1, 2};
    lln_operator op = {.n = rows[_i]};
    ck_assert_uint_eq(lln_operator_count_blocks(&op), blocks[_i]);
    if (blocks[_i] > 0)
        ck_assert_uint_eq(lln_operator_block_at(&op, blocks[_i] - 1).rows,
                          rows[_i] - 32 * (blocks[_i] - 1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("operator_blocks");
    TCase *fill = tcase_create("operator_fill_block");
    tcase_add_loop_test(fill, fill_tiles, 0, 2);
    tcase_add_test(fill, fill_entries);
    tcase_add_test(fill, fill_causal);
    suite_add_tcase(suite, fill);
    TCase *count = tcase_create("operator_count_blocks, _block_at");
    tcase_add_loop_test(count, count_edges, 0, 4);
    suite_add_tcase(suite, count);
    return run_suite(suite);
}
