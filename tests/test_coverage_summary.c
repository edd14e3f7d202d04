/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Means, errors and histograms of the coverage of rows: closed forms, samples
 * of rows, and any number of threads. */
#include "coverage_case.h"
#include "given_matrix.h"

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

int main(void)
{
    Suite *suite = suite_create("coverage_summary");
    TCase *summary = tcase_create("lln_coverage_summarise");
    tcase_add_test(summary, undefined_rows);
    tcase_add_test(summary, histogram);
    tcase_add_test(summary, sampled_rows);
    tcase_add_loop_test(summary, any_threads, 0, 2);
    suite_add_tcase(suite, summary);
    return run_suite(suite);
}
