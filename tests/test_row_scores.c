/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows of attention without negative entries, from tiles of scores, against the
 * entries; and rows in blocks against single rows. */
#include <math.h>

#include "core/threads.h"
#include "head_cases.h"
#include "measure/row_entries.h"

/* Kernels that have scores, and what float32 may cost an entropy and the
 * largest entry of a row. */
/* The largest relative difference between float32 and float64. Sums over a tile
 * without vectors, as under the sanitizers, round more often than those in
 * lanes of vectors. */
#ifdef LLN_NO_CLONES
static const double SINGLE = 5e-6;
#else
static const double SINGLE = 1e-6;
#endif

static const char *const kernels[] = {
    "elu",
    "elu:eps=0.5", /* rows that are not distributions */
    "relu",
    "performer",
    "performer:eps=0",
    "performer-relu-proj:features=70",
    "cosformer",
    "cosformer:eps=1", /* rows below the smallest divisor */
    "hedgehog",
    "taylor2",
    "taylor2:eps=0.01",
    "lln:alpha=1:beta=1:eps=1e-6",
};
enum { KERNELS = sizeof kernels / sizeof kernels[0] };

/* Shapes: remainders of blocks and tiles, fewer queries than keys, and so few
 * columns that many products of relu are 0; the standard deviation of queries
 * and keys. */
static const struct {
    size_t n, m, d;
    double deviation;
    bool causal;
} shapes[] = {
    {200, 530, 8, 1, false}, {37, 193, 8, 1, true},  {50, 50, 2, 1, true},
    {60, 40, 1, 1, false},   {33, 70, 4, 6, false},  {40, 40, 64, 0.5, true},
    {30, 30, 3, 40, true},   {25, 600, 16, 3, true},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

/* Values that float32 can represent, in either precision. */
static lln_head rounded_head(size_t shape, lln_precision precision)
{
    lln_head head =
        drawn_head(shapes[shape].n, shapes[shape].m, shapes[shape].d,
                   shapes[shape].deviation, shapes[shape].causal);
    size_t count = (shapes[shape].n + shapes[shape].m) * shapes[shape].d;
    double *numbers = head.storage;
    float *single = lln_array_alloc(count, sizeof *single);
    for (size_t i = 0; i < count; i++)
        numbers[i] = single[i] = (float)numbers[i];
    if (precision == LLN_FLOAT64) {
        free(single);
        return head;
    }
    free(numbers);
    head.storage = single;
    head.q.precision = head.k.precision = LLN_FLOAT32;
    head.q.data = single;
    head.k.data = single + shapes[shape].n * shapes[shape].d;
    return head;
}

/* All rows by the streaming pass; release by free. */
static lln_row *measured_rows(const char *kernel, const lln_head *head)
{
    lln_attention attention;
    lln_row *rows;
    size_t count = head->q.rows;
    open_kernel(kernel, head, NULL, 0, &attention);
    ck_assert(attention.rows.scores != NULL);
    expect_ok(lln_rows_alloc(&attention, NULL, &count, &rows));
    expect_ok(lln_rows_measure(&attention, NULL, count, LLN_ROW_ENTROPY, rows));
    lln_attention_close(&attention);
    return rows;
}

/* Relative tolerance, and a few roundings of P_ij near 1; NaN equals NaN. */
static void expect_close(double value, double expected, double tolerance)
{
    if (isnan(expected))
        ck_assert_double_nan(value);
    else
        ck_assert_msg(fabs(value - expected) <=
                          tolerance * fabs(expected) + 1e-14,
                      "%.17g, expected %.17g", value, expected);
}

static void expect_rows_close(const lln_row *a, const lln_row *b, size_t count,
                              double tolerance)
{
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(a[i].keys, b[i].keys);
        expect_close(a[i].entropy, b[i].entropy, tolerance);
        expect_close(a[i].top, b[i].top, tolerance);
        expect_close(a[i].sum_squares, b[i].sum_squares, tolerance);
        expect_close(a[i].sum, b[i].sum, 1e-12);
        ck_assert(a[i].negative == 0 && a[i].log_norm == 0);
    }
}

START_TEST(measure_entries)
{
    const char *kernel = kernels[_i % KERNELS];
    lln_head head = rounded_head((size_t)_i / KERNELS, LLN_FLOAT64);
    size_t n = head.q.rows, m = head.k.rows;
    lln_row *rows = measured_rows(kernel, &head);
    lln_row *expected = lln_array_alloc(n, sizeof *expected);
    double *logs = lln_array_alloc(m, sizeof *logs);
    lln_attention attention;
    open_kernel(kernel, &head, NULL, 0, &attention);
    double *p = dense_rows(&attention);
    for (size_t i = 0; i < n; i++)
        expected[i] = lln_row_from_entries(p + i * m, m, LLN_ROW_ENTROPY, logs);
    expect_rows_close(rows, expected, n, 1e-11);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(rows);
    free(expected);
    free(logs);
    free(p);
}
END_TEST

START_TEST(measure_float32)
{
    const char *kernel = kernels[_i % KERNELS];
    lln_head single = rounded_head((size_t)_i / KERNELS, LLN_FLOAT32);
    lln_head full = rounded_head((size_t)_i / KERNELS, LLN_FLOAT64);
    lln_row *rows = measured_rows(kernel, &single);
    lln_row *expected = measured_rows(kernel, &full);
    expect_rows_close(rows, expected, single.q.rows, SINGLE);
    lln_head_free(&single);
    lln_head_free(&full);
    free(rows);
    free(expected);
}
END_TEST

START_TEST(measure_threads)
{
    lln_head head = rounded_head(0, _i % 2 ? LLN_FLOAT32 : LLN_FLOAT64);
    const char *kernel = kernels[_i / 2];
    lln_threads_set(1);
    lln_row *rows = measured_rows(kernel, &head);
    for (int threads = 2; threads <= 3; threads++) {
        lln_threads_set(threads);
        lln_row *others = measured_rows(kernel, &head);
        ck_assert_mem_eq(rows, others, head.q.rows * sizeof *rows);
        free(others);
    }
    lln_head_free(&head);
    free(rows);
}
END_TEST

/* A sample: single rows, runs, the first and the last. */
static const size_t sample[] = {0, 1, 2, 5, 7, 8, 100, 101, 198, 199};
enum { SAMPLE = sizeof sample / sizeof sample[0] };

START_TEST(measure_sample)
{
    static const char *const some[] = {"elu", "taylor2", "rfa", "quadratic"};
    lln_head head = rounded_head(0, LLN_FLOAT64);
    lln_attention attention;
    lln_row rows[SAMPLE], all[200];
    open_kernel(some[_i], &head, NULL, 0, &attention);
    expect_ok(
        lln_rows_measure(&attention, sample, SAMPLE, LLN_ROW_ENTROPY, rows));
    expect_ok(lln_rows_measure(&attention, NULL, 200, LLN_ROW_ENTROPY, all));
    for (size_t i = 0; i < SAMPLE; i++) {
        expect_close(rows[i].entropy, all[sample[i]].entropy, 1e-12);
        expect_close(rows[i].top, all[sample[i]].top, 1e-12);
        expect_close(rows[i].sum, all[sample[i]].sum, 1e-12);
    }
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Columns of a block, and all of it, against single rows. */
START_TEST(block_rows)
{
    lln_head head = rounded_head(0, LLN_FLOAT64);
    size_t m = head.k.rows;
    lln_attention attention;
    double row[530], block[40 * 30], *all;
    open_kernel(_i ? "quadratic" : "rfa", &head, NULL, 0, &attention);
    all = dense_rows(&attention);
    expect_ok(lln_attention_block(&attention, 3, 40, 500, 30, block));
    for (size_t i = 0; i < 40; i++) {
        expect_ok(attention.rows.make(&attention, 3 + i, 1, row));
        for (size_t j = 0; j < 30; j++) {
            expect_close(block[i * 30 + j], row[500 + j], 1e-12);
            ck_assert(block[i * 30 + j] == all[(3 + i) * m + 500 + j] ||
                      fabs(block[i * 30 + j] / all[(3 + i) * m + 500 + j] - 1) <
                          1e-12);
        }
    }
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(all);
}
END_TEST

START_TEST(block_size)
{
    lln_attention attention = {.m = 131072};
    ck_assert_uint_eq(lln_attention_block_rows(&attention), 16);
    attention.m = 500000;
    ck_assert_uint_eq(lln_attention_block_rows(&attention), 4);
    attention.m = 3000000;
    ck_assert_uint_eq(lln_attention_block_rows(&attention), 1);
    ck_assert_uint_eq(lln_queries_run(sample, SAMPLE), 3);
    ck_assert_uint_eq(lln_queries_run(sample + 3, SAMPLE - 3), 1);
    ck_assert_uint_eq(lln_queries_run(sample + 8, 2), 2);
}
END_TEST

/* P = sum (1/4, 3/4): by hand. */
START_TEST(scale)
{
    lln_row row = {.keys = 2, .top = 0.75, .sum_squares = 0.625};
    double sum = 1 - 3e-7, p = 0.25 * sum, q = 0.75 * sum;
    row.entropy = -0.25 * log(0.25) - 0.75 * log(0.75);
    lln_row far = row, none = {.entropy = NAN, .top = INFINITY};
    lln_row_scale(&row, sum);
    expect_relative(row.entropy, -p * log(p) - q * log(q), 1e-15);
    expect_relative(row.top, q, 1e-15);
    expect_relative(row.max, log(q), 1e-14);
    expect_relative(row.sum_squares, p * p + q * q, 1e-15);
    ck_assert(row.sum == sum);
    lln_row_scale(&far, 1 - 2e-6);
    ck_assert_double_nan(far.entropy);
    lln_row_scale(&none, 0);
    ck_assert(none.top == 0 && none.sum_squares == 0 && none.sum == 0);
    ck_assert_double_nan(none.entropy);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("row_scores");
    TCase *measure = tcase_create("lln_rows_measure");
    tcase_add_loop_test(measure, measure_entries, 0, KERNELS * SHAPES);
    tcase_add_loop_test(measure, measure_float32, 0, KERNELS * SHAPES);
    tcase_add_loop_test(measure, measure_threads, 0, 2 * KERNELS);
    tcase_add_loop_test(measure, measure_sample, 0, 4);
    suite_add_tcase(suite, measure);
    TCase *block = tcase_create("lln_attention_block");
    tcase_add_loop_test(block, block_rows, 0, 2);
    tcase_add_test(block, block_size);
    suite_add_tcase(suite, block);
    TCase *scaled = tcase_create("lln_row_scale");
    tcase_add_test(scaled, scale);
    suite_add_tcase(suite, scaled);
    return run_suite(suite);
}
