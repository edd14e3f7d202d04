/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln+window against reference matrices and against its definition. */
#include "dense.h"
#include "kernel_cases.h"

/* By the published rule, for queries and keys as given and times 4. */
#define LLN "lln+window:alpha=2.017176592594049:beta=2.406308686954205"
#define LLN_X4 "lln+window:alpha=7.137835946844642:beta=8.514790776378419"

static const kernel_case cases[] = {
    {.kernel = LLN ":reach=2", .matrix = "lln_window_w2", .n = 13},
    {.kernel = LLN ":reach=2", .matrix = "lln_window_w2_causal", .n = 13},
    {.kernel = LLN ":reach=2:factor=3",
     .matrix = "lln_window_w2_f3_causal",
     .n = 13},
    {.kernel = LLN_X4 ":reach=2",
     .matrix = "lln_window_w2_x4",
     .n = 13,
     .factor = 4},
    {.kernel = "lln+window:alpha=1:beta=2", .matrix = "softmax"},
    {.kernel = "lln+window:alpha=1.8806401942992437:"
               "beta=2.417673251339197:reach=0",
     .matrix = "lln_noeps_causal"},
};
enum { CASES = sizeof cases / sizeof cases[0] };

START_TEST(matrix)
{
    expect_kernel(&cases[_i]);
}
END_TEST

/* Features with spreads that need float64, and logarithms; the masks of heads;
 * tiles, groups, and fewer queries than keys. */
static const struct {
    size_t n, m, d, reach;
    double alpha, beta, factor;
    lln_mask mask;
    bool product; /* in less than n x m work */
} others[] = {
    {1, 1, 3, 0, 1, 1, 1, {0}, true},
    {1, 1, 3, 5, 1, 1, 1, {.causal = true}, true},
    {130, 130, 5, 7, 2, 1, 1, {0}, true},
    {130, 130, 5, 200, 2, 1, 0.5, {0}, true},
    {130, 130, 5, 7, 2, 30, 1, {.causal = true}, true},
    {130, 130, 5, 7, 30, 30, 1, {0}, true},
    {130, 130, 5, 7, 300, 300, 1, {0}, false},
    {37, 130, 16, 20, 2, 2, 4, {0}, true},
    {90, 131, 5, 64, 2, 2, 4, {.causal = true}, true},
    {1057, 1057, 3, 64, 1, 2, 1, {.causal = true}, true},
    {1057, 1057, 3, 31, 1, 2, 1, {0}, true},
    {130, 130, 5, 9, 1, 2, 1, {.window = 40}, false},
};
enum { OTHERS = sizeof others / sizeof others[0] };

START_TEST(other_sizes)
{
    size_t n = others[_i].n, m = others[_i].m;
    char text[LLN_KERNEL_TEXT];
    snprintf(
        text, sizeof text, "lln+window:alpha=%g:beta=%g:reach=%zu:factor=%g",
        others[_i].alpha, others[_i].beta, others[_i].reach, others[_i].factor);
    for (int single = 0; single < 2; single++) {
        lln_attention attention;
        lln_head head = dense_head(n, m, others[_i].d, 1, others[_i].mask,
                                   single ? LLN_FLOAT32 : LLN_FLOAT64);
        double *p = dense_lln_window(&head, others[_i].alpha, others[_i].beta,
                                     others[_i].reach, others[_i].factor);
        open_kernel(text, &head, NULL, 0, &attention);
        ck_assert_int_eq(attention.product != NULL, others[_i].product);
        ck_assert_int_eq(attention.diagonal != NULL,
                         others[_i].product && others[_i].mask.causal);
        expect_dense(&attention, p, 1e-12, 3e-6);
        lln_attention_close(&attention);
        lln_head_free(&head);
        free(p);
    }
}
END_TEST

/* Groups of 2048 rows: product and transposed product are adjoint, and some
 * rows of the product agree with rows of P. Threads do not matter. */
START_TEST(groups)
{
    enum { N = 4200, D = 3 };
    lln_attention attention;
    lln_head head =
        dense_head(N, N, D, 1, (lln_mask){.causal = _i}, LLN_FLOAT64);
    double *y = lln_array_alloc(2 * N * D, sizeof *y), *row = y + N * D;
    double left = 0, right = 0;
    const double *q = head.q.data, *k = head.k.data;
    open_kernel("lln+window:alpha=2:beta=2:reach=70", &head, NULL, 0,
                &attention);
    expect_ok(lln_attention_prepare(&attention));
    expect_any_threads(&attention, head.k);
    expect_ok(attention.transposed(&attention, head.q, y));
    for (size_t l = 0; l < N * D; l++)
        right += y[l] * k[l];
    expect_ok(attention.product(&attention, head.k, y));
    for (size_t l = 0; l < N * D; l++)
        left += y[l] * q[l];
    expect_relative(left, right, 1e-11);
    for (size_t i = 0; i < N; i += i % 2048 == 2047 ? 1 : 2047) {
        expect_ok(lln_attention_rows(&attention, i, 1, row));
        for (size_t l = 0; l < D; l++) {
            double sum = 0;
            for (size_t j = 0; j < N; j++)
                sum += row[j] * k[j * D + l];
            expect_absolute(y[i * D + l], sum, 1e-12);
        }
    }
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(y);
}
END_TEST

/* Where the window has all of the mass but 1e-17 of it, the other entries still
 * have all their digits: q = 1, keys 0 and 40, the own key the second. */
START_TEST(far_entries)
{
    double q = 1, k[] = {0, 40}, row[2];
    lln_attention attention;
    lln_head head = {.q = {LLN_FLOAT64, 1, 1, &q},
                     .k = {LLN_FLOAT64, 2, 1, k},
                     .rule = {.scale = 1, .mask.causal = true}};
    open_kernel("lln+window:alpha=1:beta=1:reach=0", &head, NULL, 0,
                &attention);
    expect_ok(lln_attention_prepare(&attention));
    expect_ok(lln_attention_rows(&attention, 0, 1, row));
    expect_relative(row[0], exp(-40), 1e-14); /* e^1 / (e^1 + e^41) */
    lln_attention_close(&attention);
}
END_TEST

START_TEST(interrupted)
{
    lln_head head =
        dense_head(130, 130, 5, 1, (lln_mask){.causal = _i}, LLN_FLOAT64);
    expect_interrupted("lln+window:alpha=1:beta=1", &head, false);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lln_window");
    TCase *all = tcase_create("window");
    tcase_add_loop_test(all, matrix, 0, CASES);
    tcase_add_loop_test(all, other_sizes, 0, OTHERS);
    tcase_add_loop_test(all, groups, 0, 2);
    tcase_add_test(all, far_entries);
    tcase_add_loop_test(all, interrupted, 0, 2);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
