/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax under other masks and temperatures. */
#include "dense.h"
#include "kernel_cases.h"

static const kernel_case cases[] = {
    {.kernel = "tempscale:divisor=0.5", .matrix = "tempscale_tau0.5"},
    {.kernel = "tempscale:divisor=0.5", .matrix = "tempscale_tau0.5_causal"},
    {.kernel = "tempscale", .matrix = "softmax"},
    {.kernel = "softpick", .matrix = "softpick", .n = 13},
    {.kernel = "softpick", .matrix = "softpick_causal", .n = 13},
    {.kernel = "blockdiag", .matrix = "blockdiag"},
    {.kernel = "blockdiag", .matrix = "blockdiag_causal"},
    {.kernel = "blockdiag", .matrix = "blockdiag_rem11", .n = 11},
    {.kernel = "blockdiag", .matrix = "blockdiag_rem11_causal", .n = 11},
    {.kernel = "blockdiag:block=5", .matrix = "blockdiag_b5"},
    {.kernel = "blockdiag:block=5", .matrix = "blockdiag_b5_causal"},
    {.kernel = "blockdiag:block=12", .matrix = "softmax"},
    {.kernel = "window:reach=2", .matrix = "swa_w2"},
    {.kernel = "window:reach=2", .matrix = "swa_w2_causal"},
    {.kernel = "window", .matrix = "softmax_causal"},
    {.kernel = "streaming:sinks=2:reach=2",
     .matrix = "streaming_s2_w2",
     .n = 13},
    {.kernel = "streaming:sinks=2:reach=2",
     .matrix = "streaming_s2_w2_causal",
     .n = 13},
    {.kernel = "streaming:sinks=0:reach=2", .matrix = "swa_w2"},
    {.kernel = "streaming:sinks=99", .matrix = "softmax_causal"},
};
enum { CASES = sizeof cases / sizeof cases[0] };

START_TEST(matrix)
{
    expect_kernel(&cases[_i]);
}
END_TEST

/* Whether the kernel lets position p attend to key j. */
static bool sees(const char *kernel, size_t size, size_t p, size_t j)
{
    size_t distance = p > j ? p - j : j - p;
    size_t sinks = strcmp(kernel, "streaming:sinks=9") == 0 ? 9 : 0;
    return strcmp(kernel, "blockdiag") == 0 ? p / size == j / size
                                            : distance <= size || j < sinks;
}

static double *dense_local(const lln_head *head, const char *kernel,
                           size_t size)
{
    size_t n = head->q.rows, m = head->k.rows;
    double *p = lln_array_alloc(n * m, sizeof *p);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < m; j++)
            if (sees(kernel, size, i + m - n, j) && dense_allowed(head, i, j))
                sum += p[i * m + j] = exp(dense_logit(head, i, j));
        for (size_t j = 0; j < m; j++)
            p[i * m + j] /= sum;
    }
    return p;
}

/* Tiles of 64 rows and groups of 1024, with remainders; fewer queries than
 * keys; with a mask of the head as well. */
static const struct {
    const char *kernel, *parameter;
    size_t size, n, m, d;
    lln_mask mask;
    bool local; /* runs so short that products need no n x m work */
} others[] = {
    {"window", "reach", 3, 130, 130, 5, {0}, true},
    {"window", "reach", 3, 130, 130, 5, {.causal = true}, true},
    {"window", "reach", 200, 1100, 1100, 3, {.causal = true}, true},
    {"window", "reach", 9, 37, 130, 16, {0}, true},
    {"window", "reach", 9, 130, 130, 5, {.window = 4}, true},
    {"window", "reach", 4, 130, 130, 5, {.causal = true, .window = 9}, true},
    {"window", "reach", 0, 37, 37, 5, {0}, true},
    {"window", "reach", 30, 37, 37, 5, {0}, false},
    {"streaming:sinks=9", "reach", 20, 1100, 1100, 3, {0}, true},
    {"streaming:sinks=9", "reach", 9, 130, 130, 5, {.causal = true}, true},
    {"streaming:sinks=9", "reach", 9, 37, 130, 16, {.window = 30}, true},
    {"streaming:sinks=9", "reach", 99, 37, 37, 5, {0}, true},
    {"blockdiag", "block", 16, 130, 130, 16, {0}, true},
    {"blockdiag", "block", 7, 130, 130, 5, {.causal = true}, true},
    {"blockdiag", "block", 100, 1100, 1100, 3, {0}, true},
    {"blockdiag", "block", 10, 37, 130, 5, {.causal = true}, true},
    {"blockdiag", "block", 10, 130, 130, 5, {.window = 3}, true},
    {"blockdiag", "block", 1, 1, 1, 5, {0}, false},
    {"blockdiag", "block", 99, 37, 37, 5, {.causal = true}, false},
};
enum { OTHERS = sizeof others / sizeof others[0] };

START_TEST(other_sizes)
{
    size_t n = others[_i].n, m = others[_i].m;
    char text[LLN_KERNEL_TEXT];
    snprintf(text, sizeof text, "%s:%s=%zu", others[_i].kernel,
             others[_i].parameter, others[_i].size);
    for (int single = 0; single < 2; single++) {
        lln_attention attention;
        lln_head head = dense_head(n, m, others[_i].d, 1, others[_i].mask,
                                   single ? LLN_FLOAT32 : LLN_FLOAT64);
        double *p = dense_local(&head, others[_i].kernel, others[_i].size);
        open_kernel(text, &head, NULL, 0, &attention);
        ck_assert_int_eq(attention.unbiased_norm != NULL, others[_i].local);
        expect_dense(&attention, p, single ? 2e-6 : 1e-12, 3e-6);
        lln_attention_close(&attention);
        lln_head_free(&head);
        free(p);
    }
}
END_TEST

START_TEST(fewer_keys)
{
    lln_head head = dense_head(5, 4, 3, 1, (lln_mask){0}, LLN_FLOAT64);
    expect_refusal("blockdiag", NULL, 0, &head,
                   "kernel 'blockdiag': 5 queries and 4 keys; a mask needs at "
                   "least as many keys as queries");
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_local");
    TCase *all = tcase_create("local");
    tcase_add_loop_test(all, matrix, 0, CASES);
    tcase_add_loop_test(all, other_sizes, 0, OTHERS);
    tcase_add_test(all, fewer_keys);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
