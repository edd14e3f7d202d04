/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The streaming product against sums over dense rows of P. */
#include "kernel/product.h"

#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "expect.h"
#include "heads/gaussian.h"
#include "kernel/table/table.h"

/* More than one block of rows (192) and one tile of keys (512). */
enum { N = 700, D = 16 };

/* A sampled head in float32; its values are the same in both precisions. */
static lln_head draw(size_t n, size_t m, double sigma, lln_mask mask,
                     lln_precision precision)
{
    lln_gaussian model = {.n = n > m ? n : m,
                          .d = D,
                          .sigma_q = sigma,
                          .sigma_k = 1,
                          .seed = 7,
                          .trials = 1,
                          .rule.mask = mask,
                          .rule.scale = NAN,
                          .values = true};
    lln_heads heads;
    lln_head head, wide;
    expect_ok(lln_gaussian_open(&model, &heads));
    expect_ok(heads.load(&heads, 0, NAN, LLN_FLOAT32, &head));
    lln_heads_close(&heads);
    head.q.rows = n;
    head.k.rows = head.v.rows = m;
    if (precision == LLN_FLOAT32)
        return head;
    double *storage = lln_array_alloc((n + 2 * m) * D, sizeof *storage);
    wide = head;
    wide.storage = storage;
    wide.q = (lln_matrix){precision, n, D, storage};
    wide.k = (lln_matrix){precision, m, D, storage + n * D};
    wide.v = (lln_matrix){precision, m, D, storage + (n + m) * D};
    lln_matrix_convert(head.q, precision, storage);
    lln_matrix_convert(head.k, precision, storage + n * D);
    lln_matrix_convert(head.v, precision, storage + (n + m) * D);
    lln_head_free(&head);
    return wide;
}

static lln_attention open_kernel(const char *kernel, const lln_head *head)
{
    lln_kernel_choice choice;
    lln_attention attention;
    expect_ok(lln_kernel_parse(kernel, &choice));
    expect_ok(lln_kernel_open(&choice, head, &attention));
    expect_ok(lln_attention_prepare(&attention));
    return attention;
}

/* ln A_ij in float64, straight from the definitions. */
static double score(bool lln, const lln_head *head, size_t i, size_t j)
{
    double sum = 0, largest = -INFINITY;
    for (int pass = 0; pass < 2; pass++)
        for (size_t l = 0; l < D; l++) {
            double q = lln_matrix_get(head->q, i, l);
            double k = lln_matrix_get(head->k, j, l);
            if (!lln)
                sum += pass * head->rule.scale * q * k;
            else if (pass == 0)
                largest = fmax(largest, 2.2 * q + 1.7 * k);
            else
                sum += exp(2.2 * q + 1.7 * k - largest);
        }
    return lln ? largest + log(sum) : sum;
}

/* y [n x columns] = P x, one row at a time. */
static void slow(bool lln, const lln_head *head, lln_matrix x, double *y)
{
    size_t n = head->q.rows, m = head->k.rows, first, end;
    double *s = malloc(m * sizeof *s);
    for (size_t i = 0; i < n; i++) {
        double largest = -INFINITY, total = 0;
        lln_mask_keys(head->rule.mask, n, m, i, &first, &end);
        for (size_t j = first; j < end; j++) {
            s[j] = score(lln, head, i, j);
            largest = fmax(largest, s[j]);
        }
        memset(y + i * x.columns, 0, x.columns * sizeof *y);
        for (size_t j = first; j < end; j++) {
            double w = exp(s[j] - largest);
            total += w;
            for (size_t c = 0; c < x.columns; c++)
                y[i * x.columns + c] += w * lln_matrix_get(x, j, c);
        }
        for (size_t c = 0; c < x.columns; c++)
            y[i * x.columns + c] /= total;
    }
    free(s);
}

static double largest(lln_matrix x)
{
    double found = 0;
    for (size_t i = 0; i < x.rows; i++)
        for (size_t c = 0; c < x.columns; c++)
            found = fmax(found, fabs(lln_matrix_get(x, i, c)));
    return found;
}

/* Largest error of the product, in units of the largest |x|. */
static double error_of(const char *kernel, const lln_head *head, lln_matrix x)
{
    size_t count = head->q.rows * x.columns;
    double *wanted = malloc(count * sizeof *wanted), error = 0;
    void *y = malloc(count * sizeof(double));
    lln_attention attention = open_kernel(kernel, head);
    expect_ok(lln_product_by_tiles(&attention, x, y));
    slow(*kernel == 'l', head, x, wanted);
    lln_matrix got = {x.precision, head->q.rows, x.columns, y};
    for (size_t i = 0; i < got.rows; i++)
        for (size_t c = 0; c < x.columns; c++)
            error = fmax(error, fabs(lln_matrix_get(got, i, c) -
                                     wanted[i * x.columns + c]));
    lln_attention_close(&attention);
    free(wanted);
    free(y);
    return error / largest(x);
}

#define LLN "lln:alpha=2.2:beta=1.7"

static const struct {
    const char *kernel;
    size_t n, m;
    lln_mask mask;
    double sigma;
} cases[] = {
    {"softmax", N, N, {0}, 1},
    {"softmax", N, N, {.causal = true}, 1},
    {"softmax", N, N, {.window = 37}, 1},
    {"softmax", N, N, {.causal = true, .window = 100}, 1},
    {"softmax", 130, N, {.causal = true}, 1},
    {"softmax", 37, N, {0}, 1},
    {"softmax", N, 130, {0}, 1},
    {"softmax", 1, 1, {0}, 1},
    {"softmax", N, N, {.causal = true}, 4},
    {"softmax", N, N, {0}, 8},
    {LLN, N, N, {0}, 1},
    {LLN, N, N, {.causal = true}, 1},
    {LLN, 130, N, {.causal = true}, 2},
};
enum { CASES = sizeof cases / sizeof cases[0] };

START_TEST(against_sums)
{
    for (int single = 0; single < 2; single++) {
        lln_head head =
            draw(cases[_i].n, cases[_i].m, cases[_i].sigma, cases[_i].mask,
                 single ? LLN_FLOAT32 : LLN_FLOAT64);
        double error = error_of(cases[_i].kernel, &head, head.v);
        /* 2.3e-6 where the processor has no fused multiplication */
        ck_assert_msg(error < (single ? 4e-6 : 2e-14), "error %g", error);
        lln_head_free(&head);
    }
}
END_TEST

/* Numbers of columns that no vector length divides, and one column. */
START_TEST(columns)
{
    static double values[N * 67];
    lln_head head = draw(N, N, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
    for (size_t i = 0; i < N * 67; i++)
        values[i] = sin((double)i);
    lln_matrix x = {LLN_FLOAT64, N, _i == 0 ? 1 : 67, values};
    ck_assert(error_of("softmax", &head, x) < 2e-14);
    lln_head_free(&head);
}
END_TEST

/* Logits up to 38, nearly the limit of float32; then more, which are computed
 * in float64 from float32 values. */
START_TEST(large_logits)
{
    lln_head head = draw(N, N, _i == 0 ? 4 : 40, (lln_mask){0}, LLN_FLOAT32);
    lln_attention attention = open_kernel("softmax", &head);
    ck_assert_int_eq(attention.precision, _i == 0 ? LLN_FLOAT32 : LLN_FLOAT64);
    lln_attention_close(&attention);
    ck_assert(error_of("softmax", &head, head.v) < (_i == 0 ? 1e-5 : 1e-7));
    lln_head_free(&head);
}
END_TEST

/* Each tile has a new largest score: the sums shrink each time, by exp(115) in
 * all. The second row is uniform, and sum_j (j mod 3) is 2047. */
START_TEST(rising_scores)
{
    enum { M = 2048 };
    static float q[2 * D], k[M * D], x[M];
    float y[2];
    for (size_t j = 0; j < M; j++) {
        k[j * D] = (float)j / 16;
        x[j] = (float)(j % 3);
    }
    q[0] = 0.9F;
    lln_head head = {.q = {LLN_FLOAT32, 2, D, q},
                     .k = {LLN_FLOAT32, M, D, k},
                     .rule.scale = 1};
    lln_attention attention = open_kernel("softmax", &head);
    lln_matrix values = {LLN_FLOAT32, M, 1, x};
    expect_ok(lln_product_by_tiles(&attention, values, y));
    double wanted[2];
    slow(false, &head, values, wanted);
    expect_absolute((double)y[0], wanted[0], 1e-5);
    expect_absolute((double)y[1], 2047.0 / 2048, 1e-7);
    lln_attention_close(&attention);
}
END_TEST

/* The same bits whatever the threads. */
START_TEST(threads)
{
    static float one[N * D], two[N * D];
    lln_head head = draw(N, N, 1, (lln_mask){.causal = true}, LLN_FLOAT32);
    lln_attention attention = open_kernel("softmax", &head);
    lln_threads_set(1);
    expect_ok(lln_product_by_tiles(&attention, head.v, one));
    lln_threads_set(2);
    expect_ok(lln_product_by_tiles(&attention, head.v, two));
    ck_assert(memcmp(one, two, sizeof one) == 0);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(interrupted)
{
    static float y[N * D];
    lln_head head = draw(N, N, 1, (lln_mask){0}, LLN_FLOAT32);
    lln_attention attention = open_kernel("softmax", &head);
    lln_stop_requested = 1;
    expect_status(lln_product_by_tiles(&attention, head.v, y),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("product");
    TCase *all = tcase_create("lln_product_by_tiles");
    tcase_add_loop_test(all, against_sums, 0, CASES);
    tcase_add_loop_test(all, columns, 0, 2);
    tcase_add_loop_test(all, large_logits, 0, 2);
    tcase_add_test(all, rising_scores);
    tcase_add_test(all, threads);
    tcase_add_test(all, interrupted);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
