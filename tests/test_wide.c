/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads converted to float64. */
#include "heads/wide.h"

#include <stdlib.h>

#include "expect.h"

START_TEST(widen_single)
{
    static const float q[] = {1.5F, -0.1F}, k[] = {3, 0.25F, 7, 1e-30F};
    lln_head wide, head = {.layer = 3,
                           .q = {LLN_FLOAT32, 1, 2, q},
                           .k = {LLN_FLOAT32, 2, 2, k},
                           .rule.scale = 0.5};
    double *storage;
    expect_ok(lln_head_widen(&head, &wide, &storage));
    ck_assert(wide.q.precision == LLN_FLOAT64 &&
              wide.k.precision == LLN_FLOAT64);
    ck_assert_double_eq(lln_matrix_get(wide.q, 0, 1), (double)-0.1F);
    ck_assert_double_eq(lln_matrix_get(wide.k, 1, 1), (double)1e-30F);
    ck_assert_int_eq(wide.layer, 3);
    ck_assert_double_eq(wide.rule.scale, 0.5);
    free(storage);
}
END_TEST

START_TEST(widen_double)
{
    static const double q[] = {1, 2};
    lln_head wide,
        head = {.q = {LLN_FLOAT64, 1, 2, q}, .k = {LLN_FLOAT64, 1, 2, q}};
    double *storage;
    expect_ok(lln_head_widen(&head, &wide, &storage));
    ck_assert_ptr_null(storage);
    ck_assert_ptr_eq(wide.q.data, q);
}
END_TEST

/* Of 2 queries and 3 keys: small for 3 tokens, not for 2. */
START_TEST(widen_small)
{
    static const float q[] = {1, 2}, k[] = {3, 4, 5};
    lln_head wide,
        head = {.q = {LLN_FLOAT32, 2, 1, q}, .k = {LLN_FLOAT32, 3, 1, k}};
    double *storage;
    expect_ok(lln_head_widen_small(&head, 2, &wide, &storage));
    ck_assert_ptr_null(storage);
    ck_assert_ptr_eq(wide.k.data, k);
    expect_ok(lln_head_widen_small(&head, 3, &wide, &storage));
    ck_assert_ptr_nonnull(storage);
    ck_assert_double_eq(lln_matrix_get(wide.k, 2, 0), 5);
    free(storage);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wide");
    TCase *wide = tcase_create("lln_head_widen");
    tcase_add_test(wide, widen_single);
    tcase_add_test(wide, widen_double);
    tcase_add_test(wide, widen_small);
    suite_add_tcase(suite, wide);
    return run_suite(suite);
}
