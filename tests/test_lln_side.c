/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN attention with given alpha and beta is that of the kernel's text. */
#include "match/lln_side.h"

#include "cases.h"
#include "dense.h"

static void expect_same(lln_attention *attention, lln_attention *other)
{
    double *p = dense_rows(attention), *wanted = dense_rows(other);
    ck_assert_mem_eq(p, wanted, 64 * 64 * sizeof *p);
    free(p);
    free(wanted);
    lln_attention_close(attention);
    lln_attention_close(other);
}

START_TEST(side_numbers)
{
    lln_kernel_choice choice;
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_attention attention, other;
    expect_ok(lln_side_choice(1.1, 1.4, &choice));
    expect_ok(lln_kernel_open(&choice, &head, &attention));
    case_open(&head, CASES[0].lln, &other);
    expect_same(&attention, &other);
    expect_ok(lln_side_attention(&head, 1.1, 1.4, &attention));
    case_open(&head, CASES[0].lln, &other);
    expect_same(&attention, &other);
    expect_status(lln_side_attention(&head, INFINITY, 1, &attention),
                  LLN_EINVAL);
    expect_status(lln_side_attention(&head, 1, NAN, &attention), LLN_EINVAL);
    lln_head_free(&head);
}
END_TEST

/* Only kernels with alpha and beta have them to set. */
START_TEST(side_set)
{
    lln_kernel_choice choice;
    double alpha, beta;
    expect_ok(lln_kernel_parse("lln+diag:block=8", &choice));
    expect_ok(lln_side_set(1.375, 0.625, &choice));
    expect_ok(lln_kernel_real(&choice, "alpha", &alpha));
    expect_ok(lln_kernel_real(&choice, "beta", &beta));
    ck_assert_double_eq(alpha, 1.375);
    ck_assert_double_eq(beta, 0.625);
    expect_ok(lln_kernel_parse("softmax", &choice));
    expect_status(lln_side_set(1.375, 0.625, &choice), LLN_EINVAL);
}
END_TEST

/* alpha = balance side / sigma_q, beta = side / sigma_k. */
START_TEST(side_balance)
{
    const lln_match_options options = {.balance = 3};
    const lln_match_problem problem = {
        .options = &options, .sigma_q = 0.5, .sigma_k = 4};
    lln_kernel_choice choice;
    double alpha, beta;
    expect_ok(lln_side_kernel(&problem, 2, &choice));
    expect_ok(lln_kernel_real(&choice, "alpha", &alpha));
    expect_ok(lln_kernel_real(&choice, "beta", &beta));
    ck_assert_double_eq(alpha, 12);
    ck_assert_double_eq(beta, 0.5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lln_side");
    TCase *side = tcase_create("lln_side");
    tcase_add_test(side, side_numbers);
    tcase_add_test(side, side_set);
    tcase_add_test(side, side_balance);
    suite_add_tcase(suite, side);
    return run_suite(suite);
}
