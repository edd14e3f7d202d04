/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matching of two quantities. The residuals are measured; the expected values
 * are those of dense numpy programs (scipy.optimize.fsolve and brentq). */
#include "match/joint.h"

#include "cases.h"
#include "core/threads.h"
#include "head_cases.h"
#include "match/lln_side.h"
#include "measure/entropy.h"
#include "measure/row_sample.h"

static lln_status find(const lln_head *head, lln_match_target second,
                       double largest, lln_match_list *found)
{
    lln_match_options options = lln_match_defaults;
    options.second = second;
    options.largest = largest;
    return lln_match_list_find(lln_match_find("joint"), head, &options, found);
}

/* D2 and the entropy of LLN attention. */
static void measure(const lln_head *head, const lln_match *match,
                    double *variance, double *entropy)
{
    lln_attention attention;
    lln_row *rows;
    size_t n = 0;
    double error;
    expect_ok(lln_side_attention(head, match->alpha, match->beta, &attention));
    expect_ok(lln_rows_alloc(&attention, NULL, &n, &rows));
    expect_ok(lln_rows_measure(&attention, NULL, n,
                               LLN_ROW_ENTROPY | LLN_ROW_MOMENTS, rows));
    lln_rows_mean(rows, n, n, lln_row_variance, variance, &error);
    lln_entropy summary;
    lln_entropy_summarise(&attention, rows, n, &summary, NULL);
    *entropy = summary.entropy;
    free(rows);
    lln_attention_close(&attention);
}

/* Case C has one solution, in either precision of the head. */
START_TEST(find_solution)
{
    lln_head head = case_head("C", _i ? LLN_FLOAT32 : LLN_FLOAT64, false);
    lln_match_list found;
    double variance, entropy, tolerance = _i ? 1e-6 : 1e-9;
    expect_ok(find(&head, LLN_TARGET_ENTROPY, 200, &found));
    ck_assert_uint_eq(found.count, 1);
    const lln_match *match = &found.items[0];
    ck_assert_int_eq(match->state, LLN_MATCH_SOLVED);
    ck_assert_double_eq(match->distance, 0);
    measure(&head, match, &variance, &entropy);
    expect_relative(variance, 0.744710040566277, tolerance);
    expect_absolute(entropy, 4.48938304404569, tolerance);
    expect_relative(match->target, 0.744710040566277, tolerance);
    expect_relative(match->predicted, match->target, 1e-10);
    expect_absolute(match->second_target, 4.48938304404569, tolerance);
    expect_absolute(match->second_predicted, match->second_target, 1e-10);
    expect_relative(match->alpha, 9.973356102079208, 1e-4);
    expect_relative(match->beta, 1.2259503057040066, 1e-4);
    lln_head_free(&head);
}
END_TEST

START_TEST(find_skewness)
{
    lln_head head = case_head("C", LLN_FLOAT64, false);
    lln_match_list found;
    expect_ok(find(&head, LLN_TARGET_SKEWNESS, 200, &found));
    ck_assert_uint_eq(found.count, 1);
    expect_relative(found.items[0].alpha, 18.6740366408596, 1e-6);
    expect_relative(found.items[0].beta, 1.1550919906349193, 1e-6);
    expect_absolute(found.items[0].second_target, 0.0116495600784446, 1e-12);
    lln_head_free(&head);
}
END_TEST

/* Case A has no solution: the nearest point of the curve, at the end of the
 * range, and whether there is one beyond. If the range of case C ends before
 * its solution, a solution exists beyond. */
START_TEST(find_nearest)
{
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_match_list found;
    expect_status(find(&head, LLN_TARGET_ENTROPY, 200, &found), LLN_ENOCONV);
    ck_assert_ptr_null(strstr(lln_error_message(), "larger alpha"));
    ck_assert_uint_eq(found.count, 1);
    const lln_match *match = &found.items[0];
    ck_assert_int_eq(match->state, LLN_MATCH_NEAREST);
    expect_relative(match->alpha * match->sigma_q, 200, 1e-12);
    expect_relative(match->beta * match->sigma_k, 1.18180749671427, 1e-7);
    expect_relative(match->distance, 0.024623863050742, 1e-6);
    /* test_joint_limit.c, minus the entropy of softmax */
    expect_absolute(match->second_limit, 3.54742860237017 - 3.57086448550626,
                    1e-10);
    expect_status(find(&head, LLN_TARGET_SKEWNESS, 50, &found), LLN_ENOCONV);
    expect_relative(found.items[0].distance, 0.127128620464697, 1e-6);
    lln_head_free(&head);
    head = case_head("C", LLN_FLOAT64, false);
    expect_status(find(&head, LLN_TARGET_ENTROPY, 4, &found), LLN_ENOCONV);
    ck_assert_ptr_nonnull(
        strstr(lln_error_message(), "; a solution exists above"));
    lln_head_free(&head);
}
END_TEST

/* Under masks too, the residuals are those that are stated. */
START_TEST(find_masks)
{
    static const lln_mask masks[] = {{.causal = true}, {.window = 9}};
    lln_head head = drawn_head(70, 70, 6, 1.3, false);
    lln_match_list found;
    head.rule.mask = masks[_i];
    lln_status status = find(&head, LLN_TARGET_ENTROPY, 200, &found);
    ck_assert(status == LLN_OK || status == LLN_ENOCONV);
    ck_assert_uint_ge(found.count, 1);
    for (size_t i = 0; i < found.count; i++) {
        const lln_match *match = &found.items[i];
        double variance, entropy;
        measure(&head, match, &variance, &entropy);
        expect_relative(variance, match->target, 3e-8);
        expect_absolute(entropy, match->second_predicted, 1e-9);
        if (status == LLN_OK)
            expect_absolute(entropy, match->second_target, 1e-8);
        else
            expect_relative(fabs(entropy - match->second_target),
                            match->distance, 1e-6);
    }
    lln_head_free(&head);
}
END_TEST

START_TEST(find_statuses)
{
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_match_list found;
    expect_status(find(&head, LLN_TARGET_ENTROPY, 0.25, &found), LLN_EINVAL);
    expect_status(find(&head, LLN_TARGET_ENTROPY, NAN, &found), LLN_EINVAL);
    lln_stop_requested = 1;
    expect_status(find(&head, LLN_TARGET_ENTROPY, 200, &found),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    ck_assert_uint_eq(found.count, 0);
    head.k.rows = 1;
    expect_status(find(&head, LLN_TARGET_ENTROPY, 200, &found), LLN_EUNDEFINED);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("joint");
    TCase *joint = tcase_create("joint");
    tcase_set_timeout(joint, 120);
    tcase_add_loop_test(joint, find_solution, 0, 2);
    tcase_add_test(joint, find_skewness);
    tcase_add_test(joint, find_nearest);
    tcase_add_loop_test(joint, find_masks, 0, 2);
    tcase_add_test(joint, find_statuses);
    suite_add_tcase(suite, joint);
    return run_suite(suite);
}
