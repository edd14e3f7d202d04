/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Products with blocks of vectors against plain sums over dense rows: P and P~,
 * stored, from tiles and by the kernel. */
#include "measure/operator_columns.h"

#include "core/threads.h"
#include "dense.h"

enum { N = 75, M = 1100, COLUMNS = 5 };

static const struct {
    const char *kernel;
    size_t memory;
    lln_mask mask;
    lln_precision precision;
    double tolerance;
} RUNS[] = {
    {"softmax", SIZE_MAX, {0}, LLN_FLOAT64, 1e-13},
    {"softmax", 0, {.causal = true}, LLN_FLOAT64, 1e-13},
    {"softmax", 0, {.causal = true, .window = 30}, LLN_FLOAT32, 2e-6},
    {"lln:alpha=2:beta=2", 0, {0}, LLN_FLOAT64, 1e-12},
    {"cosformer", 0, {0}, LLN_FLOAT64, 1e-12},
};
enum { RUN_COUNT = sizeof RUNS / sizeof RUNS[0] };

static void subtract_means(double *p)
{
    for (size_t j = 0; j < M; j++) {
        double mean = 0;
        for (size_t i = 0; i < N; i++)
            mean += p[i * M + j] / N;
        for (size_t i = 0; i < N; i++)
            p[i * M + j] -= mean;
    }
}

/* The vectors are columns of x for dense_multiply, rows of the operator. */
static void transpose(const double *from, size_t rows, size_t columns,
                      double *to)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            to[j * rows + i] = from[i * columns + j];
}

static void expect_rows(const double *actual, const double *wanted,
                        size_t length, double tolerance)
{
    double turned[M * COLUMNS];
    transpose(wanted, length, COLUMNS, turned);
    expect_all((lln_matrix){LLN_FLOAT64, COLUMNS, length, actual}, turned,
               tolerance);
}

/* x, then P x, then P'P x, and P'u. */
START_TEST(columns_products)
{
    static double x[M * COLUMNS], rows[M * COLUMNS], u[N * COLUMNS],
        y[M * COLUMNS], out[M * COLUMNS];
    int run = _i / 2;
    bool centred = _i % 2;
    double tolerance = 30 * RUNS[run].tolerance;
    lln_head head = dense_head(N, M, 8, 1, RUNS[run].mask, RUNS[run].precision);
    lln_attention attention;
    lln_operator op;
    lln_columns by;
    open_kernel(RUNS[run].kernel, &head, NULL, 0, &attention);
    double *p = dense_rows(&attention);
    if (centred)
        subtract_means(p);
    draw_numbers(9, M * COLUMNS, 1, x);
    transpose(x, M, COLUMNS, rows);
    dense_multiply(p, N, M, false, x, COLUMNS, u);
    dense_multiply(p, N, M, true, u, COLUMNS, y);
    expect_ok(lln_operator_open(&attention, RUNS[run].memory, &op));
    expect_ok(lln_columns_open(&op, COLUMNS + 2, centred, &by));
    expect_ok(lln_columns_product(&by, rows, COLUMNS, out));
    expect_rows(out, u, N, tolerance);
    expect_ok(lln_columns_gram(&by, rows, COLUMNS, out));
    expect_rows(out, y, M, tolerance);
    draw_numbers(4, N * COLUMNS, 1, u);
    dense_multiply(p, N, M, true, u, COLUMNS, y);
    transpose(u, N, COLUMNS, rows);
    expect_ok(lln_columns_transposed(&by, rows, COLUMNS, out));
    expect_rows(out, y, M, tolerance);
    lln_stop_requested = 1;
    expect_status(lln_columns_gram(&by, rows, COLUMNS, out), LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_columns_close(&by);
    lln_operator_close(&op);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("operator_columns");
    TCase *columns = tcase_create("operator_columns");
    tcase_add_loop_test(columns, columns_products, 0, 2 * RUN_COUNT);
    suite_add_tcase(suite, columns);
    return run_suite(suite);
}
