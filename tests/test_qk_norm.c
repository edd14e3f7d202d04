/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Clamping and QK-norm against vectors of tests/data/logits. */
#include "heads/qk_norm.h"

#include "heads/clip.h"
#include "logit_vectors.h"

enum { N = 24, D = 16, HEADS = 4 };

START_TEST(clip_limits)
{
    double limit, x[] = {-3, -1.5, 0.25, 1.5, 7};
    expect_ok(lln_clip_read("1.5", &limit));
    lln_clip(limit, x, 5);
    const double expected[] = {-1.5, -1.5, 0.25, 1.5, 1.5};
    for (int i = 0; i < 5; i++)
        expect_absolute(x[i], expected[i], 0);
    x[0] = 1e300;
    expect_ok(lln_clip_read("none", &limit));
    lln_clip(limit, x, 1);
    expect_absolute(x[0], 1e300, 0);
    expect_status(lln_clip_read("0", &limit), LLN_EINVAL);
    expect_status(lln_clip_read("all", &limit), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "'all': expected none or a number above 0");
}
END_TEST

START_TEST(norm_read)
{
    lln_qk_norm norm;
    expect_ok(lln_qk_norm_read("rms:plus-one:across-heads:after-rope", &norm));
    ck_assert_int_eq(norm.kind, LLN_NORM_RMS);
    ck_assert(norm.plus_one && norm.across_heads && norm.after_rope);
    expect_absolute(norm.eps, 1e-6, 0);
    expect_ok(lln_qk_norm_read("layer", &norm));
    expect_absolute(norm.eps, 1e-5, 0);
    expect_ok(lln_qk_norm_read("none", &norm));
    ck_assert_int_eq(norm.kind, LLN_NORM_NONE);
    expect_status(lln_qk_norm_read("rmsnorm", &norm), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "'rmsnorm': expected rms, l2, layer or none");
    expect_status(lln_qk_norm_read("none:eps=1", &norm), LLN_EINVAL);
    expect_status(lln_qk_norm_read("rms:eps=-1", &norm), LLN_EINVAL);
}
END_TEST

/* (3, 4): mean square 12.5, sum 25, mean 3.5, variance 0.25. */
START_TEST(apply_kinds)
{
    static const struct {
        const char *text;
        double first, second;
    } cases[] = {
        {"rms:eps=1.9", 3 / 3.7947331922020550, 4 / 3.7947331922020550},
        {"l2:eps=11", 0.5, 4.0 / 6},
        {"layer:eps=0.75", -0.5, 0.5},
    };
    for (int i = 0; i < 3; i++) {
        lln_qk_norm norm;
        double x[] = {3, 4};
        expect_ok(lln_qk_norm_read(cases[i].text, &norm));
        lln_qk_norm_apply(&norm, &(lln_norm_weights){NULL, NULL}, NULL, x, 1,
                          2);
        expect_relative(x[0], cases[i].first, 1e-15);
        expect_relative(x[1], cases[i].second, 1e-15);
    }
}
END_TEST

/* The queries of norm_rms_one_plus before they are turned have the length that
 * the turned ones have. */
START_TEST(apply_plus_one)
{
    size_t count;
    double *q = read_vector("a_q", &count);
    double *weight = read_vector("norm_rms_one_plus.q_norm", &count);
    double *turned = read_vector("norm_rms_one_plus.q_out", &count);
    lln_qk_norm norm;
    expect_ok(lln_qk_norm_read("rms:plus-one", &norm));
    lln_qk_norm_apply(&norm, &(lln_norm_weights){weight, NULL}, NULL, q,
                      HEADS * N, D);
    for (size_t i = 0; i < HEADS * N; i++) {
        double own = 0, expected = 0;
        for (size_t c = i * D; c < (i + 1) * D; c++) {
            own += q[c] * q[c];
            expected += turned[c] * turned[c];
        }
        expect_relative(own, expected, 1e-13);
    }
    /* Row 0 is at position 0: it is not turned. */
    for (size_t c = 0; c < D; c++)
        expect_absolute(q[c], turned[c], 1e-14);
    free(q);
    free(weight);
    free(turned);
}
END_TEST

START_TEST(apply_across)
{
    size_t count;
    double *q = read_vector("a_q", &count);
    double *weight = read_vector("norm_rms_across.q_norm", &count);
    double *turned = read_vector("norm_rms_across.q_out", &count);
    lln_moments tokens[N] = {{0}};
    lln_qk_norm norm;
    expect_ok(lln_qk_norm_read("rms:across-heads", &norm));
    for (int h = 0; h < HEADS; h++)
        lln_qk_norm_add(q + h * N * D, N, D, tokens);
    for (int h = 0; h < HEADS; h++) {
        lln_qk_norm_apply(&norm, &(lln_norm_weights){weight + h * D, NULL},
                          tokens, q + h * N * D, N, D);
        for (size_t c = 0; c < D; c++)
            expect_absolute(q[h * N * D + c], turned[h * N * D + c], 1e-14);
    }
    free(q);
    free(weight);
    free(turned);
}
END_TEST

START_TEST(apply_nothing_to_divide_by)
{
    lln_qk_norm norm;
    double x[] = {0, 0};
    expect_ok(lln_qk_norm_read("l2:eps=0", &norm));
    lln_qk_norm_apply(&norm, &(lln_norm_weights){NULL, NULL}, NULL, x, 1, 2);
    ck_assert(isnan(x[0]) && isnan(x[1]));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("qk_norm");
    TCase *all = tcase_create("lln_qk_norm");
    tcase_add_test(all, clip_limits);
    tcase_add_test(all, norm_read);
    tcase_add_test(all, apply_kinds);
    tcase_add_test(all, apply_plus_one);
    tcase_add_test(all, apply_across);
    tcase_add_test(all, apply_nothing_to_divide_by);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
