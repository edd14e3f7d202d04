/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/pairing.h"

#include "head_cases.h"

/* Equal logits: causal row i gives 1/(i + 1) to each key. */
START_TEST(mass_uniform)
{
    double numbers[80] = {0}, mass, expected = 0;
    lln_head head = {.q = {LLN_FLOAT64, 40, 1, numbers},
                     .k = {LLN_FLOAT64, 40, 1, numbers + 40},
                     .rule.mask.causal = true,
                     .rule.scale = 1};
    for (int i = 8; i < 40; i++)
        expected += 4.0 / (i + 1) / 32;
    expect_ok(lln_near_diagonal(&head, &mass));
    expect_relative(mass, expected, 1e-6);
    head.q.rows = 0;
    expect_status(lln_near_diagonal(&head, &mass), LLN_EUNDEFINED);
    ck_assert(isnan(mass));
}
END_TEST

/* Few queries, at the last keys. */
START_TEST(mass_of_rows)
{
    lln_head head = drawn_head(3, 9, 4, 1, true);
    lln_attention attention;
    double mass, expected = 0;
    open_kernel("softmax", &head, NULL, 0, &attention);
    double *p = dense_rows(&attention);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = i + 3; j <= i + 6; j++)
            expected += p[i * 9 + j] / 3;
    expect_ok(lln_near_diagonal(&head, &mass));
    expect_relative(mass, expected, 1e-12);
    free(p);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pairing");
    TCase *all = tcase_create("lln_near_diagonal");
    tcase_add_test(all, mass_uniform);
    tcase_add_test(all, mass_of_rows);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
