/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Coverage of attention against the sorted rows of the dense matrix, which
 * another path computes: masks, hidden keys, documents, kernels by tiles and by
 * rows, samples of rows, and rows that do not fit in memory. */
#include "measure/coverage.h"

#include "core/threads.h"
#include "coverage_rows.h"
#include "dense.h"
#include "given_matrix.h"

static const lln_coverage_plan plan = {
    .shares = 3,
    .share = {0.5, 0.9, 0.99},
    .tops = 3,
    .top = {1, 4, 50},
    .gini = true,
};
enum { SIZE = 7, EXACT = 64 << 20 };

static lln_coverage *measure(lln_attention *attention, const size_t *queries,
                             size_t count, size_t memory)
{
    lln_coverage *coverage;
    count = queries ? count : attention->n;
    expect_ok(lln_coverage_open(&plan, attention->m, count, &coverage));
    expect_ok(lln_coverage_measure(attention, queries, count, memory, 0, NULL,
                                   0, NULL, coverage));
    return coverage;
}

/* Row i of dense P over the keys that the mask allows. */
static coverage_row row_of(const lln_attention *attention, const double *p,
                           size_t i)
{
    coverage_row row = {0};
    size_t first, end;
    lln_mask_keys(attention->mask, attention->n, attention->m, i, &first, &end);
    row.keys = row.count = end - first;
    memcpy(row.weights, p + i * attention->m + first,
           row.count * sizeof *row.weights);
    coverage_finish(&row);
    return row;
}

static void check_row(const coverage_row *row, const double *values,
                      double moved, double tolerance)
{
    if (row->total == 0) {
        for (size_t v = 0; v < SIZE; v++)
            ck_assert(isnan(values[v]));
        return;
    }
    for (size_t s = 0; s < plan.shares; s++)
        expect_absolute(values[s], coverage_keys(row, plan.share[s]), moved);
    for (size_t s = 0; s < plan.tops; s++)
        expect_relative(values[3 + s],
                        plan.top[s] < row->keys
                            ? coverage_largest(row, plan.top[s]) / row->total
                            : 1,
                        tolerance);
    expect_absolute(values[6], coverage_gini(row), tolerance);
}

/* In float32 a K_p may move by 1. */
static void check_attention(lln_attention *attention)
{
    double *p = dense_rows(attention);
    bool single = attention->kind == LLN_ATTENTION_TILES &&
                  attention->precision == LLN_FLOAT32;
    lln_coverage *coverage = measure(attention, NULL, 0, EXACT);
    for (size_t i = 0; i < attention->n; i++) {
        coverage_row row = row_of(attention, p, i);
        check_row(&row, lln_coverage_of_row(coverage, i), single,
                  single ? 1e-5 : 1e-12);
        for (size_t v = 0; v < SIZE; v++)
            ck_assert(lln_coverage_half(coverage, i)[v] == 0);
    }
    lln_coverage_close(coverage);
    free(p);
}

static const struct {
    size_t n, m;
    lln_mask mask;
} SHAPES[] = {
    {1, 1, {.causal = true}},
    {3, 1, {0}},
    {6, 6, {.causal = true, .documents = &SIX_TOKENS}},
    {70, 70, {0}},
    {250, 690, {0}},
    {300, 690, {.causal = true}},
    {600, 600, {.causal = true, .window = 100}},
    {600, 600, {.window = 300, .right = 3}},
};
enum { SHAPE_COUNT = sizeof SHAPES / sizeof *SHAPES };

START_TEST(measure_tiles)
{
    static const char *kernels[] = {"softmax", "lln:alpha=1.5:beta=2", "elu"};
    for (int single = 0; single < 2; single++)
        for (size_t k = 0; k < 3; k++) {
            if (k == 2 && (SHAPES[_i].mask.window || SHAPES[_i].mask.documents))
                continue; /* elu supports neither */
            lln_head head =
                dense_head(SHAPES[_i].n, SHAPES[_i].m, 4, 2, SHAPES[_i].mask,
                           single ? LLN_FLOAT32 : LLN_FLOAT64);
            lln_attention attention;
            head.rule.has_sink = k == 0;
            head.rule.sink = 0.7;
            open_kernel(kernels[k], &head, NULL, 0, &attention);
            check_attention(&attention);
            lln_attention_close(&attention);
            lln_head_free(&head);
        }
}
END_TEST

/* Keys that a kernel leaves out are keys: their entries are 0. Rows need not
 * sum to 1. */
START_TEST(measure_rows)
{
    static const char *kernels[] = {"relu", "kvt:k=3", "blockdiag:block=7"};
    for (size_t k = 0; k < 3; k++) {
        lln_head head =
            dense_head(90, 90, 4, 1, (lln_mask){.causal = k < 2}, LLN_FLOAT64);
        lln_attention attention;
        open_kernel(kernels[k], &head, NULL, 0, &attention);
        check_attention(&attention);
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
}
END_TEST

/* A mask that hides keys at the start, in the middle, a whole tile, and all
 * keys of one row. */
START_TEST(hidden_keys)
{
    enum { N = 30, M = 690 };
    static unsigned char flags[N * M];
    lln_logit_grid grid = {.flags = flags, .slice = {0, N, M, M, 1}};
    lln_logit_bias bias = {.mask = &grid, .hides = true};
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < M; j++)
            flags[i * M + j] = !(i == 4 || (i % 3 == 0 && j < 600) ||
                                 (i % 3 == 1 && j > 100 && j < 650));
    lln_head head =
        dense_head(N, M, 4, 2, (lln_mask){.causal = _i > 0}, LLN_FLOAT64);
    lln_attention attention;
    head.rule.bias = &bias;
    open_kernel("softmax", &head, NULL, 0, &attention);
    double *p = dense_rows(&attention);
    lln_coverage *exact = measure(&attention, NULL, 0, EXACT);
    lln_coverage *bracket = measure(&attention, NULL, 0, 0);
    for (size_t i = 0; i < N; i++) {
        coverage_row row = row_of(&attention, p, i);
        row.keys = 0;
        for (size_t j = 0; j < row.count; j++)
            row.keys += flags[i * M + j];
        check_row(&row, lln_coverage_of_row(exact, i), 0, 1e-12);
        for (size_t v = 0; v < SIZE; v++)
            expect_absolute(lln_coverage_of_row(bracket, i)[v],
                            lln_coverage_of_row(exact, i)[v],
                            lln_coverage_half(bracket, i)[v] + 1e-12);
    }
    lln_coverage_close(exact);
    lln_coverage_close(bracket);
    free(p);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Logits of thousands: each row is nearly one entry. */
START_TEST(huge_logits)
{
    lln_head head = dense_head(20, 690, 4, 60, (lln_mask){0},
                               _i % 2 ? LLN_FLOAT32 : LLN_FLOAT64);
    lln_attention attention;
    open_kernel("softmax", &head, NULL, 0, &attention);
    lln_coverage *coverage = measure(&attention, NULL, 0, _i / 2 ? EXACT : 0);
    for (size_t i = 0; i < 20; i++) {
        const double *values = lln_coverage_of_row(coverage, i);
        ck_assert(values[0] == 1 && values[3] <= 1 && values[3] > 0.3);
        expect_relative(values[5], 1, 1e-12);
        ck_assert(values[6] > 0.99 && values[6] <= 1 - 1.0 / 690);
    }
    lln_coverage_close(coverage);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* The brackets of all rows contain the exact values, and so do those of the
 * summary. */
START_TEST(measure_brackets)
{
    lln_head head = dense_head(SHAPES[_i].n, SHAPES[_i].m, 4, 2,
                               SHAPES[_i].mask, LLN_FLOAT64);
    lln_attention attention;
    open_kernel("softmax", &head, NULL, 0, &attention);
    lln_coverage *exact = measure(&attention, NULL, 0, EXACT);
    lln_coverage *bracket = measure(&attention, NULL, 0, 0);
    for (size_t i = 0; i < head.q.rows; i++)
        for (size_t v = 0; v < SIZE; v++)
            expect_absolute(lln_coverage_of_row(bracket, i)[v],
                            lln_coverage_of_row(exact, i)[v],
                            lln_coverage_half(bracket, i)[v] + 1e-12);
    lln_coverage_summary a, b, error;
    expect_ok(lln_coverage_summarise(exact, head.q.rows, &a, NULL));
    expect_ok(lln_coverage_summarise(bracket, head.q.rows, &b, &error));
    for (size_t s = 0; s < 3; s++) {
        expect_absolute(b.keys[s].mean, a.keys[s].mean,
                        error.keys[s].mean + 1e-12);
        expect_absolute(b.keys[s].median, a.keys[s].median,
                        error.keys[s].median + 1e-12);
        expect_absolute(b.keys[s].max, a.keys[s].max,
                        error.keys[s].max + 1e-12);
        expect_absolute(b.keys[s].share, a.keys[s].share,
                        error.keys[s].share + 1e-12);
        expect_absolute(b.recall[s].mean, a.recall[s].mean,
                        error.recall[s].mean + 1e-12);
        expect_absolute(b.recall[s].min, a.recall[s].min,
                        error.recall[s].min + 1e-12);
    }
    expect_absolute(b.gini, a.gini, error.gini + 1e-12);
    lln_coverage_close(exact);
    lln_coverage_close(bracket);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Kernels whose scores are no logarithms, in float32. */
START_TEST(brackets_of_linear_scores)
{
    lln_head head = dense_head(90, 690, 4, 1, (lln_mask){0}, LLN_FLOAT32);
    lln_attention attention;
    open_kernel("lln:alpha=1.5:beta=2", &head, NULL, 0, &attention);
    lln_coverage *exact = measure(&attention, NULL, 0, EXACT);
    lln_coverage *bracket = measure(&attention, NULL, 0, 0);
    for (size_t i = 0; i < 90; i++)
        for (size_t v = 0; v < SIZE; v++)
            expect_absolute(lln_coverage_of_row(bracket, i)[v],
                            lln_coverage_of_row(exact, i)[v],
                            lln_coverage_half(bracket, i)[v] +
                                (v < 3 ? 1 : 1e-5));
    lln_coverage_close(exact);
    lln_coverage_close(bracket);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Rows of an attention by rows, with NaN where they are undefined. */
static lln_coverage *of_matrix(double *p, size_t n, size_t m)
{
    lln_attention attention = given_attention(p, n, m);
    return measure(&attention, NULL, 0, 0); /* makes whole rows: exact */
}

/* A row of sum 0 is left out; with a negative entry nothing is defined. */
START_TEST(undefined_rows)
{
    double p[] = {0.5, 0.25, 0.25, 0, 0, 0, 2, 0, 0};
    lln_coverage_summary out, error;
    lln_coverage *coverage = of_matrix(p, 3, 3);
    ck_assert(isnan(lln_coverage_of_row(coverage, 1)[0]));
    expect_ok(lln_coverage_summarise(coverage, 3, &out, &error));
    ck_assert(out.keys[1].mean == 2 && out.keys[1].max == 3); /* 3 and 1 */
    ck_assert(out.keys[1].median == 2 && error.keys[1].mean == 0);
    ck_assert(error.keys[1].median == 0);
    expect_relative(out.keys[1].share, 2.0 / 3, 1e-15);
    ck_assert(out.recall[0].mean == 0.75 && out.recall[0].min == 0.5);
    lln_coverage_close(coverage);
    p[1] = -0.25;
    coverage = of_matrix(p, 3, 3);
    ck_assert(isnan(lln_coverage_of_row(coverage, 0)[0]));
    ck_assert(lln_coverage_of_row(coverage, 2)[0] == 1);
    expect_ok(lln_coverage_summarise(coverage, 3, &out, NULL));
    ck_assert(isnan(out.keys[0].mean) && isnan(out.recall[0].min));
    ck_assert(isnan(out.gini));
    lln_coverage_close(coverage);
}
END_TEST

/* K_0.99 of rows of 1, 2, 3, 4 and 9 equal entries. */
START_TEST(histogram)
{
    double p[6 * 9] = {0};
    static const size_t keys[] = {1, 2, 3, 4, 9};
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < keys[i]; j++)
            p[9 * i + j] = 1;
    lln_coverage *coverage = of_matrix(p, 6, 9); /* the last row is 0 */
    double fraction[4], error[4];
    expect_ok(lln_coverage_histogram(coverage, 2, 6, 4, fraction, error));
    ck_assert(fraction[0] == 0.2 && fraction[1] == 0.4);
    ck_assert(fraction[2] == 0.2 && fraction[3] == 0.2 && error[3] == 0);
    expect_ok(lln_coverage_histogram(coverage, 2, 12, 2, fraction, error));
    ck_assert(fraction[0] == 0.2 && fraction[1] == 0.8);
    /* Variance of 0,0,0,0,1 is 0.2; the error is sqrt(0.2 / 5 / 2). */
    expect_relative(error[0], sqrt(0.02), 1e-13);
    lln_coverage_close(coverage);
    p[0] = -1;
    coverage = of_matrix(p, 6, 9);
    expect_ok(lln_coverage_histogram(coverage, 2, 6, 4, fraction, error));
    ck_assert(isnan(fraction[0]) && isnan(fraction[3]));
    lln_coverage_close(coverage);
}
END_TEST

/* Drawn rows have those of the whole matrix, and errors of the means. */
START_TEST(sampled_rows)
{
    static const size_t queries[] = {3, 17, 18, 66};
    lln_head head = dense_head(70, 70, 4, 2, (lln_mask){0}, LLN_FLOAT64);
    lln_attention attention;
    open_kernel("softmax", &head, NULL, 0, &attention);
    lln_coverage *all = measure(&attention, NULL, 0, EXACT);
    lln_coverage *some = measure(&attention, queries, 4, EXACT);
    double x[4], mean = 0, squares = 0;
    for (size_t i = 0; i < 4; i++) {
        for (size_t v = 0; v < SIZE; v++)
            ck_assert(lln_coverage_of_row(some, i)[v] ==
                      lln_coverage_of_row(all, queries[i])[v]);
        x[i] = lln_coverage_of_row(some, i)[1];
        mean += x[i] / 4;
    }
    for (size_t i = 0; i < 4; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    lln_coverage_summary out, error;
    expect_ok(lln_coverage_summarise(some, 70, &out, &error));
    expect_relative(out.keys[1].mean, mean, 1e-15);
    expect_relative(error.keys[1].mean, sqrt(squares / 3 / 4 * (1 - 4.0 / 70)),
                    1e-13);
    expect_relative(error.keys[1].share, error.keys[1].mean / 70, 1e-13);
    ck_assert(error.gini > 0 && error.recall[1].mean > 0);
    ck_assert(isnan(error.keys[1].median) && isnan(error.recall[1].min));
    lln_coverage_close(all);
    lln_coverage_close(some);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* The same bytes on one thread and on two. */
START_TEST(any_threads)
{
    lln_coverage_summary out[2], error[2];
    for (int threads = 1; threads <= 2; threads++) {
        lln_threads_set(threads);
        lln_head head =
            dense_head(500, 500, 4, 2, (lln_mask){.causal = true}, LLN_FLOAT32);
        lln_attention attention;
        open_kernel("softmax", &head, NULL, 0, &attention);
        lln_coverage *coverage = measure(&attention, NULL, 0, _i ? EXACT : 0);
        expect_ok(lln_coverage_summarise(coverage, 500, &out[threads - 1],
                                         &error[threads - 1]));
        lln_coverage_close(coverage);
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
    for (size_t s = 0; s < 3; s++) {
        ck_assert_mem_eq(&out[0].keys[s], &out[1].keys[s],
                         sizeof out[0].keys[s]);
        ck_assert_mem_eq(&out[0].recall[s], &out[1].recall[s],
                         sizeof out[0].recall[s]);
    }
    ck_assert(out[0].gini == out[1].gini);
}
END_TEST

/* The statistics of rows come with either way. */
START_TEST(statistics)
{
    lln_row expected[60], rows[60];
    lln_head head =
        dense_head(60, 60, 4, 2, (lln_mask){.causal = true}, LLN_FLOAT64);
    lln_attention attention;
    lln_coverage *coverage;
    open_kernel("softmax", &head, NULL, 0, &attention);
    expect_ok(
        lln_rows_measure(&attention, NULL, 60, LLN_ROW_ENTROPY, expected));
    expect_ok(lln_coverage_open(&plan, 60, 60, &coverage));
    expect_ok(lln_coverage_measure(&attention, NULL, 60, _i ? EXACT : 0,
                                   LLN_ROW_ENTROPY, NULL, 0, rows, coverage));
    for (size_t i = 0; i < 60; i++) {
        ck_assert_uint_eq(rows[i].keys, i + 1);
        expect_absolute(rows[i].entropy, expected[i].entropy, 1e-14);
    }
    lln_coverage_close(coverage);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(no_memory)
{
    lln_coverage *coverage;
    expect_status(lln_coverage_open(&plan, 3, SIZE_MAX / 16, &coverage),
                  LLN_ENOMEM);
    ck_assert_ptr_null(coverage);
    expect_status(lln_coverage_open(&plan, SIZE_MAX / 4, 3, &coverage),
                  LLN_ENOMEM);
    lln_coverage_close(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("coverage");
    TCase *coverage = tcase_create("lln_coverage_measure");
    tcase_set_timeout(coverage, 60);
    tcase_add_loop_test(coverage, measure_tiles, 0, SHAPE_COUNT);
    tcase_add_test(coverage, measure_rows);
    tcase_add_loop_test(coverage, hidden_keys, 0, 2);
    tcase_add_loop_test(coverage, huge_logits, 0, 4);
    tcase_add_loop_test(coverage, measure_brackets, 0, SHAPE_COUNT);
    tcase_add_test(coverage, brackets_of_linear_scores);
    tcase_add_test(coverage, undefined_rows);
    tcase_add_test(coverage, histogram);
    tcase_add_test(coverage, sampled_rows);
    tcase_add_loop_test(coverage, any_threads, 0, 2);
    tcase_add_loop_test(coverage, statistics, 0, 2);
    tcase_add_test(coverage, no_memory);
    suite_add_tcase(suite, coverage);
    return run_suite(suite);
}
