/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN attention for alpha -> infinity, against a dense numpy program and LLN
 * attention with a large alpha. */
#include "match/joint_limit.h"

#include "cases.h"
#include "match/lln_side.h"
#include "measure/entropy.h"

/* D2 of softmax; beta, entropy and skewness of softmax of beta k_jl, l = argmax
 * q_il: numpy, with scipy.special.logsumexp. */
static const struct {
    const char *name;
    bool causal;
    double variance, beta, entropy, skewness;
} LIMITS[] = {{"A", false, 1.35775745792355, 1.31465729648146, 3.54742860237017,
               0.0367524112712886},
              {"A", true, 1.43586519042658, 1.29414359110762, 2.65951528976441,
               -0.0212221531100314},
              {"C", false, 0.744710040566277, 1.07539122974933,
               4.50566364819752, -0.054412345441404},
              {"C", true, 0.770275389427863, 1.08528105511848, 3.54405242857832,
               -0.0578910451618418}};

START_TEST(find_limit)
{
    lln_head head = case_head(LIMITS[_i].name, LLN_FLOAT64, LIMITS[_i].causal);
    lln_joint_limit limit;
    expect_ok(lln_joint_limit_find(&head, LIMITS[_i].variance, &limit));
    expect_relative(limit.beta, LIMITS[_i].beta, 1e-12);
    expect_relative(limit.entropy, LIMITS[_i].entropy, 1e-12);
    expect_absolute(limit.skewness, LIMITS[_i].skewness, 1e-12);
    lln_head_free(&head);
}
END_TEST

/* alpha = 1e6 selects one feature a row. */
START_TEST(find_large_alpha)
{
    lln_head head = case_head("C", LLN_FLOAT64, _i);
    lln_joint_limit limit;
    lln_attention attention;
    lln_entropy entropy;
    expect_ok(lln_joint_limit_find(&head, 2.385, &limit));
    expect_ok(lln_side_attention(&head, 1e6, limit.beta, &attention));
    expect_ok(lln_entropy_measure(&attention, NULL, 128, &entropy, NULL));
    expect_relative(entropy.entropy, limit.entropy, 1e-9);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(find_constant)
{
    static const double q[] = {5, 0, 5, 1}, k[] = {2, 1, 2, 3};
    lln_head head = {.q = {LLN_FLOAT64, 2, 2, q}, .k = {LLN_FLOAT64, 2, 2, k}};
    lln_joint_limit limit;
    expect_status(lln_joint_limit_find(&head, 1, &limit), LLN_EUNDEFINED);
    head.k.rows = 1;
    expect_status(lln_joint_limit_find(&head, 1, &limit), LLN_EUNDEFINED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("joint_limit");
    TCase *limit = tcase_create("joint_limit");
    tcase_add_loop_test(limit, find_limit, 0, 4);
    tcase_add_loop_test(limit, find_large_alpha, 0, 2);
    tcase_add_test(limit, find_constant);
    suite_add_tcase(suite, limit);
    return run_suite(suite);
}
