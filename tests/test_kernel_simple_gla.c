/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * simple-gla, retention, mamba2 and lightning against reference matrices; where
 * their gates come from. */
#include "dense.h"
#include "kernel_cases.h"

static const kernel_case cases[] = {
    {.kernel = "simple-gla:normalizer=16",
     .matrix = "simple_gla_norm16_causal",
     .n = 13,
     .arrays = {{"gate", "scalar_gate_logits13", 1}}},
    {.kernel = "simple-gla:gate=1", .matrix = "gla_nogate_causal"},
    {.kernel = "retention:head=3", .matrix = "retention_h3_causal", .n = 13},
    {.kernel = "lightning:head=1:heads=4:layer=1:layers=6",
     .matrix = "lightning_h1of4_l1of6_causal",
     .n = 13},
    {.kernel = "lightning:slopes=fla:head=1:heads=4:layer=1:layers=6",
     .matrix = "lightning_fla_h1of4_l1of6_causal",
     .n = 13},
    {.kernel = "mamba2",
     .matrix = "mamba2_causal",
     .n = 13,
     .arrays = {{"decay", "decay13", 1}, {"write", "write13", 1}}},
};
enum { CASES = sizeof cases / sizeof cases[0] };

START_TEST(matrix)
{
    expect_kernel(&cases[_i]);
}
END_TEST

/* Gates that are 0 in float64, but whose roots are not: ln of the logistic
 * function at -1000 is -1000. */
START_TEST(roots_of_gates)
{
    static const char *const kernels[] = {"gla:normalizer=500",
                                          "simple-gla:normalizer=500"};
    double closed[2] = {-1000, -1000}, row[2];
    lln_kernel_array array = {"gate", {LLN_FLOAT64, 2, 1, closed}};
    lln_attention attention;
    lln_head head =
        dense_head(2, 2, 3, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
    open_kernel(kernels[_i], &head, &array, 1, &attention);
    expect_ok(lln_attention_rows(&attention, 1, 1, row));
    expect_relative(row[0], dense_logit(&head, 1, 0) * exp(-2), 1e-14);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Numbers of head and layer are those of the head, and totals those of its
 * array, unless parameters give them. */
START_TEST(numbers_of_heads)
{
    static const char *const pairs[][2] = {
        {"retention", "retention:head=2"},
        {"lightning", "lightning:head=2:heads=8:layer=3:layers=4"},
        {"lightning:layers=9", "lightning:head=2:heads=8:layer=3:layers=9"},
    };
    double p[2][25];
    lln_head head =
        dense_head(5, 5, 2, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
    for (size_t i = 0; i < 6; i++) {
        lln_attention attention;
        head.head = i % 2 ? -1 : 2;
        head.layer = i % 2 ? -1 : 3;
        head.of = (lln_place){.head = i % 2 ? 0 : 8, .layer = i % 2 ? 0 : 4};
        open_kernel(pairs[i / 2][i % 2], &head, NULL, 0, &attention);
        expect_ok(lln_attention_rows(&attention, 0, 5, p[i % 2]));
        lln_attention_close(&attention);
        if (i % 2)
            ck_assert_mem_eq(p[0], p[1], sizeof p[0]);
    }
    head.layer = 3;
    expect_refusal("lightning", NULL, 0, &head,
                   "kernel 'lightning': layer 3, counted from 0, but only 1 in "
                   "all; set layers");
    lln_head_free(&head);
}
END_TEST

/* Arrays that were dumped before softplus or exp have the wrong signs. */
START_TEST(wrong_signs)
{
    double decay[5] = {-1, 0, -INFINITY, 0.5, 0}, write[5] = {1, 0, -2, 3, 4};
    lln_kernel_array arrays[] = {{"decay", {LLN_FLOAT64, 1, 5, decay}},
                                 {"write", {LLN_FLOAT64, 5, 1, write}}};
    lln_head head =
        dense_head(5, 5, 2, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
    expect_refusal("mamba2", arrays, 2, &head,
                   "kernel 'mamba2': array 'decay': token 3: 0.5; expected at "
                   "most 0");
    expect_refusal("simple-gla", arrays + 1, 1, &head,
                   "kernel 'simple-gla': array 'write': token 2: -2; expected "
                   "at least 0");
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_simple_gla");
    TCase *all = tcase_create("simple_gla");
    tcase_add_loop_test(all, matrix, 0, CASES);
    tcase_add_loop_test(all, roots_of_gates, 0, 2);
    tcase_add_test(all, numbers_of_heads);
    tcase_add_test(all, wrong_signs);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
