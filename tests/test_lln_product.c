/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Products of LLN attention in O(N d c) against dense sums of exponentials. */
#include "dense.h"
#include "kernel/product.h"

/* Borders of tiles (32), chunks (256) and groups (2048 rows), and remainders
 * after them; fewer queries than keys; ranges of beta k that fit float32, that
 * fit only float64, and that fit neither. */
static const struct {
    size_t n, m, d;
    double alpha, beta;
} cases[] = {
    {1, 1, 3, 1, 1},      {37, 37, 5, 1.5, 2},   {130, 130, 16, 2, 1},
    {256, 256, 4, 1, -1}, {300, 300, 5, 10, 20}, {100, 37, 5, 1, 1},
    {37, 100, 5, 1, 1},   {3, 2100, 2, 1, 1},    {2100, 2100, 2, 1, 1.5},
    {70, 70, 5, 3, 600},  {37, 100, 5, 3, 600},
};

static void compare(size_t number, bool causal, lln_precision precision)
{
    size_t n = cases[number].n, m = cases[number].m;
    double alpha = cases[number].alpha, beta = cases[number].beta;
    if (causal && n > m)
        return;
    char text[LLN_KERNEL_TEXT];
    lln_attention attention;
    lln_head head = dense_head(n, m, cases[number].d, 1,
                               (lln_mask){.causal = causal}, precision);
    double *p = dense_lln(&head, alpha, beta);
    snprintf(text, sizeof text, "lln:alpha=%g:beta=%g", alpha, beta);
    open_kernel(text, &head, NULL, 0, &attention);
    ck_assert(attention.product && attention.transposed);
    expect_dense(&attention, p, precision == LLN_FLOAT64 ? 1e-12 : 1e-5, 3e-6);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(p);
}

START_TEST(product_full)
{
    compare((size_t)_i, false, LLN_FLOAT64);
    compare((size_t)_i, false, LLN_FLOAT32);
}
END_TEST

START_TEST(product_causal)
{
    compare((size_t)_i, true, LLN_FLOAT64);
    compare((size_t)_i, true, LLN_FLOAT32);
}
END_TEST

START_TEST(product_threads)
{
    for (int causal = 0; causal < 2; causal++) {
        lln_head head = dense_head(9000, 9000, 8, 1,
                                   (lln_mask){.causal = causal}, LLN_FLOAT32);
        lln_attention attention;
        open_kernel("lln:alpha=2:beta=2", &head, NULL, 0, &attention);
        expect_any_threads(&attention, head.k);
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
}
END_TEST

/* The average of ones is 1 in float32 too, at standard deviations 1 to 4 with
 * the alpha of the published rule: sums over thousands of mostly small terms
 * lose nothing. */
START_TEST(product_ones)
{
    static const double alpha[] = {2.14, 3.71, 5.52, 7.34};
    enum { N = 4096 };
    char text[LLN_KERNEL_TEXT];
    float ones[N], y[N];
    lln_mask mask = {.causal = _i % 2};
    lln_head head = dense_head(N, N, 64, 1 + _i / 2, mask, LLN_FLOAT32);
    lln_attention attention;
    snprintf(text, sizeof text, "lln:alpha=%g:beta=%g", alpha[_i / 2],
             alpha[_i / 2]);
    open_kernel(text, &head, NULL, 0, &attention);
    double wanted[N];
    for (size_t i = 0; i < N; i++)
        wanted[i] = ones[i] = 1;
    expect_ok(lln_attention_product(&attention,
                                    (lln_matrix){LLN_FLOAT32, N, 1, ones}, y));
    expect_all((lln_matrix){LLN_FLOAT32, N, 1, y}, wanted, 1e-6);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(product_interrupted)
{
    lln_attention attention;
    lln_head head = dense_head(50, 50, 4, 1, (lln_mask){0}, LLN_FLOAT64);
    double y[200];
    open_kernel("lln:alpha=1:beta=1", &head, NULL, 0, &attention);
    lln_stop_requested = 1;
    expect_status(attention.product(&attention, head.k, y), LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    int count = sizeof cases / sizeof cases[0];
    lln_threads_set(0);
    Suite *suite = suite_create("lln_product");
    TCase *all = tcase_create("products");
    tcase_add_loop_test(all, product_full, 0, count);
    tcase_add_loop_test(all, product_causal, 0, count);
    tcase_add_test(all, product_threads);
    tcase_add_loop_test(all, product_ones, 0, 8);
    tcase_add_test(all, product_interrupted);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
