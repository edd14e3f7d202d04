/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels against reference matrices (tests/data/kernels). */
#include "kernel_cases.h"

/* By the published rule, for queries and keys as given and times 4. */
#define LLN "lln:alpha=1.8806401942992437:beta=2.417673251339197"
#define LLN_SIGMA4 "lln:alpha=6.456643301818127:beta=8.300393584888061"

static const kernel_case cases[] = {
    {.kernel = "softmax", .matrix = "softmax"},
    {.kernel = "softmax", .matrix = "softmax_causal"},
    {.kernel = "softmax", .matrix = "softmax_sigma4", .factor = 4},
    {.kernel = "softmax", .matrix = "softmax_sigma4_causal", .factor = 4},
    {.kernel = "softmax:sink=2", .matrix = "softmax_sink2", .n = 13},
    {.kernel = "softmax:sink=2", .matrix = "softmax_sink2_causal", .n = 13},
    {.kernel = LLN, .matrix = "lln_noeps"},
    {.kernel = LLN, .matrix = "lln_noeps_causal"},
    {.kernel = LLN_SIGMA4, .matrix = "lln_sigma4_stable", .factor = 4},
    {.kernel = LLN_SIGMA4, .matrix = "lln_sigma4_stable_causal", .factor = 4},
};

START_TEST(matrix)
{
    expect_kernel(&cases[_i]);
}
END_TEST

/* The parameter replaces the sink of the head. */
START_TEST(sink_of_kernel)
{
    double p[KERNEL_ENTRIES];
    lln_attention attention;
    lln_head head = kernel_head(13, 1, false, LLN_FLOAT64);
    head.rule.has_sink = true;
    head.rule.sink = 5;
    open_kernel("softmax:sink=2", &head, NULL, 0, &attention);
    ck_assert_uint_eq(kernel_read("matrices", "softmax_sink2", p), 13 * 13);
    expect_attention(&attention, p, 1e-12);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_matrices");
    TCase *all = tcase_create("matrices");
    tcase_add_loop_test(all, matrix, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(all, sink_of_kernel);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
