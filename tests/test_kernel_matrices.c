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

int main(void)
{
    Suite *suite = suite_create("kernel_matrices");
    TCase *all = tcase_create("matrices");
    tcase_add_loop_test(all, matrix, 0, sizeof cases / sizeof cases[0]);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
