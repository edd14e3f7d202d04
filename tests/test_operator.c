/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Products with P against dense rows: with P stored, from tiles, and by the
 * kernel; square and not; with and without a mask. */
#include "cases.h"
#include "core/threads.h"
#include "measure/operator.h"

/* How P is computed, and its shape. 200 queries are not a multiple of a block,
 * nor are 1001 keys a multiple of a tile. */
static const struct {
    const char *kernel;
    size_t n, m, memory;
    lln_mask mask;
    lln_precision precision;
    double tolerance;
} RUNS[] = {
    {"softmax", 200, 1001, SIZE_MAX, {0}, LLN_FLOAT64, 1e-13},
    {"softmax", 200, 1001, 0, {0}, LLN_FLOAT64, 1e-13},
    {"softmax", 200, 1001, 0, {.causal = true}, LLN_FLOAT64, 1e-13},
    {"softmax", 1001, 1001, SIZE_MAX, {.causal = true}, LLN_FLOAT64, 1e-13},
    {"softmax", 1001, 1001, 0, {.causal = true}, LLN_FLOAT32, 2e-6},
    {"softmax",
     1001,
     1001,
     SIZE_MAX,
     {.causal = true, .window = 300},
     LLN_FLOAT64,
     1e-12},
    {"softmax", 200, 1001, 0, {.window = 90}, LLN_FLOAT64, 1e-13},
    {"lln:alpha=2:beta=3",
     99,
     301,
     SIZE_MAX,
     {.window = 90},
     LLN_FLOAT32,
     2e-6},
    {"lln:alpha=2:beta=3",
     200,
     1001,
     0,
     {.causal = true, .window = 90},
     LLN_FLOAT64,
     1e-12},
    {"lln:alpha=2:beta=3", 200, 1001, 0, {0}, LLN_FLOAT64, 1e-13},
    {"lln:alpha=2:beta=3", 200, 1001, 0, {.causal = true}, LLN_FLOAT64, 1e-12},
    {"lln:alpha=300:beta=300", 61, 67, 0, {.causal = true}, LLN_FLOAT64, 1e-12},
    {"softmax", 1, 1, 0, {0}, LLN_FLOAT64, 1e-15},
};
enum { RUN_COUNT = sizeof RUNS / sizeof RUNS[0] };

typedef struct {
    lln_head head;
    lln_attention attention;
    lln_operator op;
    size_t n, m;
    double *p; /* [n x m], dense */
} setting;

static void open_setting(int run, setting *s)
{
    s->n = RUNS[run].n;
    s->m = RUNS[run].m;
    s->head = case_head("B", RUNS[run].precision, false);
    s->head.rule.mask = RUNS[run].mask;
    s->head.q.rows = s->n; /* 256 x 64 numbers read as rows of 16 */
    s->head.k.rows = s->m;
    s->head.q.columns = s->head.k.columns = 16;
    s->p = lln_array_alloc(s->n * s->m, sizeof *s->p);
    case_open(&s->head, RUNS[run].kernel, &s->attention);
    expect_ok(lln_operator_open(&s->attention, RUNS[run].memory, &s->op));
    ck_assert((s->op.stored != NULL) == (RUNS[run].memory > 0));
    expect_ok(lln_attention_rows(&s->attention, 0, s->n, s->p));
}

static void close_setting(setting *s)
{
    lln_operator_close(&s->op);
    lln_attention_close(&s->attention);
    lln_head_free(&s->head);
    free(s->p);
}

/* Column means of the dense P. */
static void dense_mean(const setting *s, double *mean)
{
    for (size_t j = 0; j < s->m; j++)
        mean[j] = 0;
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->m; j++)
            mean[j] += s->p[i * s->m + j] / (double)s->n;
}

START_TEST(product_dense)
{
    setting s;
    double x[1001], y[1001], mean[1001];
    open_setting(_i, &s);
    for (size_t j = 0; j < s.m; j++)
        x[j] = cos(0.7 * (double)j);
    expect_ok(lln_operator_product(&s.op, x, y));
    dense_mean(&s, mean);
    for (size_t i = 0; i < s.n; i++) {
        double sum = 0;
        for (size_t j = 0; j < s.m; j++)
            sum += s.p[i * s.m + j] * x[j];
        expect_absolute(y[i], sum, RUNS[_i].tolerance);
    }
    for (size_t j = 0; j < s.m; j++)
        expect_absolute(s.op.mean[j], mean[j], RUNS[_i].tolerance);
    close_setting(&s);
}
END_TEST

/* The largest entry, or 1 if the kernel has its own products. */
START_TEST(largest_dense)
{
    setting s;
    double largest, expected = 0;
    open_setting(_i, &s);
    expect_ok(lln_operator_largest(&s.op, &largest));
    for (size_t e = 0; e < s.n * s.m; e++)
        expected = fmax(expected, s.p[e]);
    expect_absolute(largest, s.attention.product ? 1 : expected,
                    RUNS[_i].tolerance);
    close_setting(&s);
}
END_TEST

START_TEST(transposed_dense)
{
    setting s;
    double x[1001], y[1001];
    open_setting(_i, &s);
    for (size_t i = 0; i < s.n; i++)
        x[i] = cos(0.3 * (double)i);
    expect_ok(lln_operator_transposed(&s.op, x, y));
    for (size_t j = 0; j < s.m; j++) {
        double sum = 0;
        for (size_t i = 0; i < s.n; i++)
            sum += s.p[i * s.m + j] * x[i];
        expect_absolute(y[j], sum, 10 * RUNS[_i].tolerance);
    }
    close_setting(&s);
}
END_TEST

/* A block of columns gives the same as the columns one by one. */
START_TEST(products_one_by_one)
{
    static const size_t counts[] = {1, 4, 8};
    setting s;
    open_setting(_i % RUN_COUNT, &s);
    size_t columns = counts[_i / RUN_COUNT];
    double *x = lln_array_alloc(s.m * (columns + 1), sizeof *x);
    double *y = lln_array_alloc(s.n * (columns + 1), sizeof *y);
    double *one = x + s.m * columns, *expected = y + s.n * columns;
    for (size_t j = 0; j < s.m * columns; j++)
        x[j] = sin(1.3 * (double)j);
    expect_ok(lln_operator_products(&s.op, x, columns, y));
    for (size_t c = 0; c < columns; c++) {
        for (size_t j = 0; j < s.m; j++)
            one[j] = x[j * columns + c];
        expect_ok(lln_operator_product(&s.op, one, expected));
        for (size_t i = 0; i < s.n; i++)
            expect_absolute(y[i * columns + c], expected[i], 1e-13);
    }
    free(x);
    free(y);
    close_setting(&s);
}
END_TEST

/* Float32 weights of float64 scores: rows sum to 1, entries lose no more than
 * float32 does, and storing them makes no difference. */
START_TEST(narrow_products)
{
    lln_head head = case_head("B", LLN_FLOAT64, false);
    lln_attention attention;
    lln_operator op[3];
    double x[256], y[3][256];
    case_open(&head, "softmax", &attention);
    expect_ok(lln_operator_open(&attention, SIZE_MAX, &op[0]));
    expect_ok(lln_operator_open_narrow(&attention, SIZE_MAX, &op[1]));
    expect_ok(lln_operator_open_narrow(&attention, 0, &op[2]));
    ck_assert(op[1].stored && !op[2].stored);
    for (int ones = 0; ones < 2; ones++) {
        for (size_t j = 0; j < 256; j++)
            x[j] = ones ? 1 : sin((double)j);
        for (int i = 0; i < 3; i++)
            expect_ok(lln_operator_product(&op[i], x, y[i]));
        for (size_t i = 0; i < 256; i++) {
            expect_absolute(y[1][i], y[0][i], ones ? 1e-14 : 6e-8);
            ck_assert(y[1][i] == y[2][i]);
        }
        ck_assert(ones || y[1][3] != y[0][3]);
    }
    for (int i = 0; i < 3; i++)
        lln_operator_close(&op[i]);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(gram_dense)
{
    setting s;
    double x[1001], y[1001], mean[1001], expected[1001] = {0};
    open_setting(_i, &s);
    for (size_t j = 0; j < s.m; j++)
        x[j] = cos(0.7 * (double)j);
    expect_ok(lln_operator_gram(&s.op, x, y));
    dense_mean(&s, mean);
    for (size_t i = 0; i < s.n; i++) {
        double u = 0;
        for (size_t j = 0; j < s.m; j++)
            u += (s.p[i * s.m + j] - mean[j]) * x[j];
        for (size_t j = 0; j < s.m; j++)
            expected[j] += (s.p[i * s.m + j] - mean[j]) * u;
    }
    for (size_t j = 0; j < s.m; j++)
        expect_absolute(y[j], expected[j], 30 * RUNS[_i].tolerance);
    close_setting(&s);
}
END_TEST

START_TEST(square_dense)
{
    setting s;
    double x[1001], y[1001], expected[1001] = {0};
    open_setting(_i, &s);
    for (size_t j = 0; j < s.m; j++)
        x[j] = cos(0.7 * (double)j);
    expect_ok(lln_operator_square(&s.op, x, y));
    for (size_t i = 0; i < s.n; i++) {
        double u = 0;
        for (size_t j = 0; j < s.m; j++)
            u += s.p[i * s.m + j] * x[j];
        for (size_t j = 0; j < s.m; j++)
            expected[j] += s.p[i * s.m + j] * u;
    }
    for (size_t j = 0; j < s.m; j++)
        expect_absolute(y[j], expected[j], 30 * RUNS[_i].tolerance);
    close_setting(&s);
}
END_TEST

/* Without means the products are the same, and so is y = P~'P~ x with P. */
START_TEST(plain_same)
{
    setting s;
    lln_operator plain;
    double x[1001], y[1001], expected[1001];
    open_setting(_i, &s);
    for (size_t j = 0; j < s.m; j++)
        x[j] = cos(0.7 * (double)j);
    expect_ok(lln_operator_open_plain(s.op.attention, 0, false, &plain));
    expect_ok(lln_operator_square(&s.op, x, expected));
    expect_ok(lln_operator_square(&plain, x, y));
    ck_assert_mem_eq(y, expected, s.m * sizeof *y);
    expect_ok(lln_operator_gram(&plain, x, y));
    ck_assert_mem_eq(y, expected, s.m * sizeof *y);
    lln_operator_close(&plain);
    close_setting(&s);
}
END_TEST

START_TEST(norm_dense)
{
    setting s;
    double mean[1001], norm, sum = 0;
    open_setting(_i, &s);
    expect_ok(lln_operator_norm(&s.op, &norm));
    dense_mean(&s, mean);
    for (size_t i = 0; i < s.n; i++)
        for (size_t j = 0; j < s.m; j++)
            sum += pow(s.p[i * s.m + j] - mean[j], 2);
    expect_relative(norm, sqrt(sum), RUNS[_i].tolerance);
    close_setting(&s);
}
END_TEST

START_TEST(open_interrupted)
{
    lln_head head = case_head("A", LLN_FLOAT32, false);
    lln_attention attention;
    lln_operator op;
    double x[64] = {1}, y[64];
    case_open(&head, "softmax", &attention);
    lln_stop_requested = 1;
    expect_status(lln_operator_open(&attention, 0, &op), LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    expect_ok(lln_operator_open(&attention, 0, &op));
    lln_stop_requested = 1;
    expect_status(lln_operator_product(&op, x, y), LLN_EINTERRUPTED);
    expect_status(lln_operator_gram(&op, x, y), LLN_EINTERRUPTED);
    expect_status(lln_operator_square(&op, x, y), LLN_EINTERRUPTED);
    expect_status(lln_operator_norm(&op, y), LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_operator_close(&op);
    lln_operator_close(&op); /* zeroed */
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("operator");
    TCase *cases = tcase_create("operator");
    tcase_add_loop_test(cases, product_dense, 0, RUN_COUNT);
    tcase_add_loop_test(cases, largest_dense, 0, RUN_COUNT);
    tcase_add_loop_test(cases, transposed_dense, 0, RUN_COUNT);
    tcase_add_loop_test(cases, products_one_by_one, 0, 3 * RUN_COUNT);
    tcase_add_test(cases, narrow_products);
    tcase_add_loop_test(cases, gram_dense, 0, RUN_COUNT);
    tcase_add_loop_test(cases, plain_same, 0, RUN_COUNT);
    tcase_add_loop_test(cases, square_dense, 0, RUN_COUNT);
    tcase_add_loop_test(cases, norm_dense, 0, RUN_COUNT);
    tcase_add_test(cases, open_interrupted);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
