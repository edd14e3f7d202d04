/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums of squared entries, and the fewest columns with a fraction of them. */
#include "measure/operator_squares.h"

#include "dense.h"
#include "given_matrix.h"

static const struct {
    const char *kernel;
    size_t n, m;
    lln_mask mask;
    lln_precision precision;
    double tolerance;
} RUNS[] = {
    {"softmax", 70, 90, {0}, LLN_FLOAT64, 1e-14},
    {"softmax", 70, 90, {0}, LLN_FLOAT32, 4e-6},
    {"softmax", 300, 300, {.causal = true}, LLN_FLOAT64, 1e-14},
    {"softmax", 100, 100, {.causal = true, .window = 9}, LLN_FLOAT64, 1e-13},
    {"lln:alpha=2:beta=2", 90, 50, {0}, LLN_FLOAT64, 1e-13},
    {"lln:alpha=1:beta=1", 90, 90, {.causal = true}, LLN_FLOAT64, 1e-13},
    {"kvt:k=5", 40, 60, {0}, LLN_FLOAT64, 1e-14},
};
enum { RUN_COUNT = sizeof RUNS / sizeof RUNS[0] };

/* Also for kernels with products of their own; threads change no byte. */
START_TEST(squares_dense)
{
    size_t n = RUNS[_i].n, m = RUNS[_i].m;
    lln_head head = dense_head(n, m, 8, 1.5, RUNS[_i].mask, RUNS[_i].precision);
    lln_attention attention;
    lln_operator op;
    double squares[2][300];
    open_kernel(RUNS[_i].kernel, &head, NULL, 0, &attention);
    double *p = dense_rows(&attention);
    for (int t = 0; t < 2; t++) {
        lln_threads_set(t + 1);
        expect_ok(lln_operator_open(&attention, t ? SIZE_MAX : 0, &op));
        expect_ok(lln_operator_squares(&op, squares[t]));
        lln_operator_close(&op);
    }
    ck_assert_mem_eq(squares[0], squares[1], m * sizeof squares[0][0]);
    for (size_t j = 0; j < m; j++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += p[i * m + j] * p[i * m + j];
        expect_relative(squares[0][j], sum, RUNS[_i].tolerance);
    }
    free(p);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(squares_interrupted)
{
    double p[] = {0.75, 0.25, 0.25, 0.75}, squares[2];
    lln_attention attention = given_attention(p, 2, 2);
    lln_operator op;
    expect_ok(lln_operator_open(&attention, 0, &op));
    lln_stop_requested = 1;
    expect_status(lln_operator_squares(&op, squares), LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_operator_close(&op);
}
END_TEST

/* By hand: 8 of 10 is not enough for 0.9, 8 + 1 is; ties; one column. */
START_TEST(columns_counted)
{
    double columns;
    expect_ok(
        lln_squares_columns((double[]){1, 0.5, 8, 0.5}, 4, 0.9, 0, &columns));
    ck_assert(columns == 2);
    expect_ok(
        lln_squares_columns((double[]){8.9, 0, 1.1}, 3, 0.9, 0, &columns));
    ck_assert(columns == 2);
    expect_ok(
        lln_squares_columns((double[]){8.9, 0, 1.1}, 3, 0.9, 0.02, &columns));
    ck_assert(columns == 1);
    expect_ok(lln_squares_columns((double[]){3}, 1, 0.9, 0, &columns));
    ck_assert(columns == 1);
}
END_TEST

/* Ten equal columns hold 0.9 in nine, whatever 0.1 rounds to. */
START_TEST(columns_equal)
{
    double squares[1000], columns;
    size_t count = (size_t)_i;
    for (size_t j = 0; j < count; j++)
        squares[j] = 0.1;
    expect_ok(lln_squares_columns(squares, count, 0.9, 1e-12, &columns));
    ck_assert(columns == ceil((double)(9 * count) / 10));
}
END_TEST

START_TEST(columns_none)
{
    double columns = 1;
    expect_ok(lln_squares_columns((double[]){0, 0}, 2, 0.9, 0, &columns));
    ck_assert(isnan(columns));
    columns = 1;
    expect_ok(lln_squares_columns((double[]){0}, 0, 0.9, 0, &columns));
    ck_assert(isnan(columns));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("operator_squares");
    TCase *squares = tcase_create("operator_squares");
    tcase_add_loop_test(squares, squares_dense, 0, RUN_COUNT);
    tcase_add_test(squares, squares_interrupted);
    tcase_add_test(squares, columns_counted);
    tcase_add_loop_test(squares, columns_equal, 1, 1000);
    tcase_add_test(squares, columns_none);
    suite_add_tcase(suite, squares);
    return run_suite(suite);
}
