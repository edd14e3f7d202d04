/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blocks of rows of scores against rows of P that another path computes. */
#include "measure/pair_rows.h"

#include "dense.h"

enum { N = 70, M = 600 };

/* The entries of row i of the block, from its scores and by the function. */
static void check_row(const lln_score_block *block, size_t i, const double *p,
                      double tolerance)
{
    const lln_tiles *tiles = &block->tiles;
    const lln_row_scores *row = &block->rows[i];
    bool single = tiles->attention->precision == LLN_FLOAT32;
    double entries[M], worst = 0;
    lln_row_scores_entries(tiles->attention->precision, row,
                           tiles->end[i] - tiles->first[i], entries);
    for (size_t j = tiles->first[i]; j < tiles->end[i]; j++) {
        size_t at = j - tiles->first[i];
        double score = single ? (double)((const float *)row->scores)[at]
                              : ((const double *)row->scores)[at];
        double y = row->domain == LLN_DOMAIN_LINEAR ? log(score / row->max)
                                                    : score - row->max;
        double entry = row->sum * exp(y - row->log_norm);
        worst = fmax(worst, fabs(entry - p[j]));
        worst = fmax(worst, fabs(entries[at] - p[j]));
    }
    expect_absolute(worst, 0, tolerance);
}

static void check_block(const char *kernel, const lln_head *head,
                        double tolerance)
{
    lln_attention attention;
    lln_score_source source;
    lln_score_block block;
    size_t list[] = {5, 6, 40, N - 1};
    open_kernel(kernel, head, NULL, 0, &attention);
    expect_ok(lln_attention_prepare(&attention));
    double *p = dense_rows(&attention);
    expect_ok(lln_score_source_open(&attention, &source));
    expect_ok(lln_score_block_open(&source, 64, &block));
    lln_score_block_fill(&block, NULL, 3, 64);
    for (size_t i = 0; i < 64; i++)
        check_row(&block, i, p + (3 + i) * M, tolerance);
    lln_score_block_fill(&block, list, 0, 4);
    for (size_t i = 0; i < 4; i++)
        check_row(&block, i, p + list[i] * M, tolerance);
    lln_score_block_close(&block);
    lln_score_source_close(&source);
    free(p);
    lln_attention_close(&attention);
}

START_TEST(fill)
{
    static const lln_mask masks[] = {
        {0}, {.causal = true}, {.causal = true, .window = 30}};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++)
        for (int single = 0; single < 2; single++) {
            lln_head head = dense_head(N, M, 5, 2, masks[i],
                                       single ? LLN_FLOAT32 : LLN_FLOAT64);
            double tolerance = single ? 2e-6 : 1e-13;
            check_block("softmax", &head, tolerance);
            check_block("lln:alpha=1:beta=1", &head, tolerance);
            if (masks[i].window == 0)
                check_block("elu", &head, tolerance);
            head.rule.has_sink = true;
            head.rule.sink = 1;
            check_block("softmax", &head, tolerance);
            lln_head_free(&head);
        }
}
END_TEST

/* A row without keys, and gaps in others. */
START_TEST(hidden)
{
    unsigned char flags[N * M];
    for (size_t j = 0; j < N * M; j++)
        flags[j] = j / M != 4 && j % 3 > 0;
    lln_logit_grid grid = {.flags = flags, .slice = {0, N, M, M, 1}};
    lln_logit_bias bias = {.mask = &grid, .hides = true};
    lln_head head = dense_head(N, M, 5, 1, (lln_mask){0}, LLN_FLOAT32);
    head.rule.bias = &bias;
    lln_attention attention;
    lln_score_source source;
    lln_score_block block;
    open_kernel("softmax", &head, NULL, 0, &attention);
    expect_ok(lln_attention_prepare(&attention));
    double *p = dense_rows(&attention);
    expect_ok(lln_score_source_open(&attention, &source));
    expect_ok(lln_score_block_open(&source, 10, &block));
    lln_score_block_fill(&block, NULL, 0, 10);
    for (size_t i = 0; i < 10; i++) {
        ck_assert(block.rows[i].gaps);
        if (i != 4)
            check_row(&block, i, p + i * M, 2e-6);
    }
    ck_assert(block.rows[4].max == -INFINITY);
    lln_score_block_close(&block);
    lln_score_source_close(&source);
    free(p);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pair_rows");
    TCase *block = tcase_create("lln_score_block_fill");
    tcase_add_test(block, fill);
    tcase_add_test(block, hidden);
    suite_add_tcase(suite, block);
    return run_suite(suite);
}
