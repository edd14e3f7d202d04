/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The distance of ln P from normal alone is that of the complete fit. */
#include "cases.h"
#include "heads/gaussian.h"
#include "measure/lognormal.h"

/* The distance alone, of sorted entries and of bins (400 x 400). */
START_TEST(distance_alone)
{
    static const char *const kernels[] = {"softmax", "lln:alpha=2:beta=1.5",
                                          "elu", "kvt:k=9"};
    lln_gaussian model = {.n = _i % 2 ? 400 : 60,
                          .d = 8,
                          .sigma_q = 1,
                          .sigma_k = 1,
                          .seed = 5,
                          .trials = 1};
    model.rule.scale = NAN;
    model.rule.mask.causal = _i / 8;
    lln_heads heads = {0};
    lln_head head = {0};
    expect_ok(lln_gaussian_open(&model, &heads));
    expect_ok(heads.load(&heads, 0, NAN, LLN_FLOAT32, &head));
    lln_attention attention;
    lln_lognormal out;
    double ks;
    case_open(&head, kernels[_i / 2 % 4], &attention);
    expect_ok(lln_lognormal_measure(&attention, NULL, 0, &out, NULL));
    expect_ok(lln_lognormal_distance(&attention, NULL, 0, &ks));
    ck_assert(ks == out.fit.ks);
    lln_attention_close(&attention);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

START_TEST(distance_undefined)
{
    lln_head head = case_head("A", LLN_FLOAT32, false);
    lln_attention attention;
    double ks = 0;
    case_open(&head, "lln:alpha=0:beta=0", &attention);
    expect_status(lln_lognormal_distance(&attention, NULL, 0, &ks),
                  LLN_EUNDEFINED);
    ck_assert(isnan(ks));
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lognormal_distance");
    TCase *distance = tcase_create("distance");
    tcase_add_loop_test(distance, distance_alone, 0, 16);
    tcase_add_test(distance, distance_undefined);
    suite_add_tcase(suite, distance);
    return run_suite(suite);
}
