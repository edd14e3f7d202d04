/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Top-Theta attention: reference matrices, given thresholds, and rows that lose
 * all, some or almost none of their keys. */
#include "dense.h"
#include "kernel_cases.h"
#include "measure/entropy.h"

static const kernel_case cases[] = {
    {.kernel = "topth:k=4", .matrix = "topth_pre_none_causal"},
    {.kernel = "topth:k=4", .matrix = "kvt_k4"},
    {.kernel = "topth:k=4:sdc=exact", .matrix = "topth_pre_exact_causal"},
    {.kernel = "topth:k=4:sdc=exact:vmc=yes",
     .matrix = "topth_pre_exact_vmc_causal"},
    {.kernel = "topth:k=4:sdc=exp-threshold",
     .matrix = "topth_pre_exp-threshold_causal"},
    {.kernel = "topth:k=4:sdc=exp-threshold:vmc=yes",
     .matrix = "topth_pre_exp-threshold_vmc_causal"},
    {.kernel = "topth:k=4:sdc=exp-threshold-all",
     .matrix = "topth_pre_exp-threshold_officialcount_causal"},
    {.kernel = "topth:k=4:mode=post", .matrix = "topth_post_causal"},
    {.kernel = "topth:k=4:mode=post:vmc=yes",
     .matrix = "topth_post_vmc_causal"},
    {.kernel = "topth", .matrix = "softmax_causal"},
};
enum { CASES = sizeof cases / sizeof cases[0] };

START_TEST(matrix)
{
    expect_kernel(&cases[_i]);
}
END_TEST

/* Thresholds from an earlier calibration, in float64. The key that equals a
 * threshold is left out in float32 too, whatever the order of sums. */
START_TEST(topth_given_theta)
{
    static const struct {
        const char *kernel, *theta, *matrix;
    } given[] = {
        {"topth:k=4:sdc=exact", "theta_topth_pre", "topth_pre_exact_causal"},
        {"topth:k=4:mode=post:vmc=yes", "theta_topth_post",
         "topth_post_vmc_causal"},
        {"topth:k=1", "theta_topth_pre", "topth_pre_none_causal"},
        {"topth", "theta_topth_pre", "topth_pre_none_causal"},
    };
    double theta[KERNEL_ENTRIES], p[KERNEL_ENTRIES];
    lln_attention attention;
    lln_precision precision = _i % 2 ? LLN_FLOAT32 : LLN_FLOAT64;
    lln_head head = kernel_head(KERNEL_N, 1, true, precision);
    kernel_read("inputs", given[_i / 2].theta, theta);
    kernel_read("matrices", given[_i / 2].matrix, p);
    lln_kernel_array array = {
        "theta",
        {LLN_FLOAT64, _i / 2 == 1 ? 1 : 12, _i / 2 == 1 ? 12 : 1, theta}};
    open_kernel(given[_i / 2].kernel, &head, &array, 1, &attention);
    expect_attention(&attention, p, _i % 2 ? 1e-5 : 1e-12);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Several keys have the k+1st largest logit: the first of them is kept, as in
 * kvt. Logits 1, 0, 1, 2: keys 0 and 3 have weights 1 and e. */
START_TEST(topth_ties)
{
    static const char *const kernels[] = {"topth:k=2", "topth:k=2:mode=post",
                                          "kvt:k=2"};
    double numbers[4] = {1, 0, 1, 2}, row[4];
    double total = _i == 1 ? 2 * exp(-1) + exp(-2) + 1 : exp(-1) + 1;
    lln_attention attention;
    lln_head head = {.q = {LLN_FLOAT64, 4, 1, (double[]){1, 1, 1, 1}},
                     .k = {LLN_FLOAT64, 4, 1, numbers},
                     .rule.scale = 1};
    open_kernel(kernels[_i], &head, NULL, 0, &attention);
    expect_ok(attention.rows.make(&attention, 0, 1, row));
    expect_relative(row[0], exp(-1) / total, 1e-15);
    ck_assert(row[1] == 0 && row[2] == 0);
    expect_relative(row[3], 1 / total, 1e-15);
    lln_attention_close(&attention);
}
END_TEST

/* 33 of 64 keys are equal: every row keeps k, on whichever side of the
 * threshold the equal ones are. */
START_TEST(topth_many_ties)
{
    enum { N = 64, EQUAL = 33, D = 4 };
    size_t k = (size_t)_i;
    char text[64];
    lln_attention attention;
    lln_head head = dense_head(N, N, D, 1, (lln_mask){0}, LLN_FLOAT64);
    double *keys = (double *)head.storage + N * D;
    for (size_t j = 1; j < EQUAL; j++)
        memcpy(keys + j * D, keys, D * sizeof *keys);
    for (int mode = 0; mode < 2; mode++) {
        snprintf(text, sizeof text, "topth:k=%zu:mode=%s", k,
                 mode ? "post" : "pre");
        open_kernel(text, &head, NULL, 0, &attention);
        double *p = dense_rows(&attention);
        for (size_t i = 0; i < N; i++) {
            size_t kept = 0;
            for (size_t j = 0; j < N; j++)
                kept += p[i * N + j] > 0;
            ck_assert_uint_eq(kept, k);
        }
        free(p);
        lln_attention_close(&attention);
    }
    lln_head_free(&head);
}
END_TEST

/* A threshold above all logits leaves an empty row; vmc spreads a mass of 1
 * over it, with any denominator. */
START_TEST(topth_unnormalised)
{
    static const char *const kernels[] = {
        "topth:k=1", "topth:k=1:sdc=exact", "topth:k=1:sdc=exp-threshold",
        "topth:k=1:sdc=exp-threshold-all", "topth:k=1:mode=post"};
    double theta[4] = {-INFINITY, 1e9, -INFINITY, -INFINITY}, row[4];
    lln_kernel_array array = {"theta", {LLN_FLOAT64, 4, 1, theta}};
    lln_head head = dense_head(4, 4, 3, 1, (lln_mask){0}, LLN_FLOAT64);
    for (int spread = 0; spread < 2; spread++) {
        lln_attention attention;
        char text[64];
        snprintf(text, sizeof text, "%s%s", kernels[_i],
                 spread ? ":vmc=yes" : "");
        open_kernel(text, &head, &array, 1, &attention);
        ck_assert(attention.unnormalised == !spread);
        expect_ok(attention.rows.make(&attention, 1, 1, row));
        for (size_t j = 0; j < 4; j++)
            ck_assert(row[j] == (spread ? 0.25 : 0));
        lln_attention_close(&attention);
    }
    lln_head_free(&head);
}
END_TEST

/* The exact denominator includes the weights that are left out: 8 of 12 keys of
 * each row. */
START_TEST(topth_loses_mass)
{
    static const char *const kernels[] = {"topth:k=4:sdc=exact",
                                          "topth:k=4:mode=post"};
    lln_head head = dense_head(12, 12, 3, 1, (lln_mask){0}, LLN_FLOAT64);
    double *full = dense_softmax(&head);
    lln_attention attention;
    open_kernel(kernels[_i], &head, NULL, 0, &attention);
    ck_assert(attention.unnormalised);
    double *p = dense_rows(&attention);
    for (size_t i = 0; i < 12; i++) {
        size_t kept = 0;
        for (size_t j = 0; j < 12; j++) {
            double entry = p[i * 12 + j];
            expect_absolute(entry, entry != 0 ? full[i * 12 + j] : 0, 1e-15);
            kept += entry != 0;
        }
        ck_assert_uint_eq(kept, 4);
    }
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(full);
    free(p);
}
END_TEST

/* With logits of standard deviation 16 almost no mass is left to spread:
 * rounding in its place would make entries negative, and entropies NaN. */
START_TEST(topth_little_lost)
{
    static const char *const kernels[] = {
        "topth:k=64:vmc=yes",
        "topth:k=64:vmc=yes:sdc=exact",
        "topth:k=64:vmc=yes:sdc=exp-threshold",
        "topth:k=64:vmc=yes:sdc=exp-threshold-all",
        "topth:k=64:vmc=yes:mode=post",
    };
    for (int causal = 0; causal < 2; causal++) {
        lln_head head = drawn_head(150, 150, 16, 4, causal);
        lln_attention attention;
        lln_entropy entropy;
        open_kernel(kernels[_i], &head, NULL, 0, &attention);
        double *p = dense_rows(&attention);
        for (size_t i = 0; i < 150; i++) {
            double sum = 0;
            for (size_t j = 0; j < 150; j++) {
                ck_assert(p[i * 150 + j] >= 0);
                sum += p[i * 150 + j];
            }
            expect_absolute(sum, 1, 1e-14);
        }
        expect_ok(lln_entropy_measure(&attention, NULL, 0, &entropy, NULL));
        ck_assert_double_finite(entropy.entropy);
        ck_assert(entropy.negative_mass == 0);
        lln_attention_close(&attention);
        lln_head_free(&head);
        free(p);
    }
}
END_TEST

/* If nothing is lost, vmc adds nothing: no key of the row has more. */
START_TEST(topth_nothing_lost)
{
    static const char *const pairs[][2] = {
        {"topth:k=7", "topth:k=7:vmc=yes"},
        {"topth:k=130:sdc=exact", "topth:k=130:sdc=exact:vmc=yes"},
        {"topth:k=130:mode=post", "topth:k=130:mode=post:vmc=yes"},
    };
    double *p[2];
    lln_head head =
        dense_head(130, 130, 16, 6, (lln_mask){.causal = true}, LLN_FLOAT64);
    for (int vmc = 0; vmc < 2; vmc++) {
        lln_attention attention;
        open_kernel(pairs[_i][vmc], &head, NULL, 0, &attention);
        p[vmc] = dense_rows(&attention);
        lln_attention_close(&attention);
    }
    ck_assert_mem_eq(p[0], p[1], 130 * 130 * sizeof *p[0]);
    lln_head_free(&head);
    free(p[0]);
    free(p[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_topth");
    TCase *all = tcase_create("topth");
    tcase_add_loop_test(all, matrix, 0, CASES);
    tcase_add_loop_test(all, topth_given_theta, 0, 8);
    tcase_add_loop_test(all, topth_ties, 0, 3);
    tcase_add_loop_test(all, topth_many_ties, 1, 64);
    tcase_add_loop_test(all, topth_loses_mass, 0, 2);
    tcase_add_loop_test(all, topth_unnormalised, 0, 5);
    tcase_add_loop_test(all, topth_little_lost, 0, 5);
    tcase_add_loop_test(all, topth_nothing_lost, 0, 3);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
