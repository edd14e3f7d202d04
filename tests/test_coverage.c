/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Coverage of attention against the sorted rows of the dense matrix, which
 * another path computes: masks, hidden keys, documents, kernels by tiles and by
 * rows, and rows that do not fit in memory. */
#include "measure/coverage.h"

#include "coverage_case.h"
#include "coverage_rows.h"

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

static void check_head(const lln_head *head, const char *kernel)
{
    lln_attention attention;
    open_kernel(kernel, head, NULL, 0, &attention);
    check_attention(&attention);
    lln_attention_close(&attention);
}

START_TEST(measure_tiles)
{
    static const char *kernels[] = {"softmax", "lln:alpha=1.5:beta=2", "elu"};
    for (int single = 0; single < 2; single++)
        for (size_t k = 0; k < 3; k++) {
            lln_head head =
                shape_head(_i, 2, single ? LLN_FLOAT32 : LLN_FLOAT64);
            head.rule.has_sink = k == 0;
            head.rule.sink = 0.7;
            if (kernel_supports(kernels[k], &head))
                check_head(&head, kernels[k]);
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
        check_head(&head, kernels[k]);
        lln_head_free(&head);
    }
}
END_TEST

START_TEST(hidden_keys)
{
    static hidden_mask hidden;
    lln_head head = dense_head(HIDDEN_N, HIDDEN_M, 4, 2,
                               (lln_mask){.causal = _i > 0}, LLN_FLOAT64);
    lln_attention attention;
    hidden_fill(&hidden);
    head.rule.bias = &hidden.bias;
    open_kernel("softmax", &head, NULL, 0, &attention);
    double *p = dense_rows(&attention);
    lln_coverage *exact = measure(&attention, NULL, 0, EXACT);
    lln_coverage *bracket = measure(&attention, NULL, 0, 0);
    for (size_t i = 0; i < HIDDEN_N; i++) {
        coverage_row row = row_of(&attention, p, i);
        row.keys = 0;
        for (size_t j = 0; j < row.count; j++)
            row.keys += hidden.flags[i * HIDDEN_M + j];
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
    lln_head head = shape_head(_i, 2, LLN_FLOAT64);
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
    tcase_set_timeout(coverage, 120);
    tcase_add_loop_test(coverage, measure_tiles, 0, SHAPE_COUNT);
    tcase_add_test(coverage, measure_rows);
    tcase_add_loop_test(coverage, hidden_keys, 0, 2);
    tcase_add_loop_test(coverage, huge_logits, 0, 4);
    tcase_add_loop_test(coverage, measure_brackets, 0, SHAPE_COUNT);
    tcase_add_test(coverage, brackets_of_linear_scores);
    tcase_add_loop_test(coverage, statistics, 0, 2);
    tcase_add_test(coverage, no_memory);
    suite_add_tcase(suite, coverage);
    return run_suite(suite);
}
