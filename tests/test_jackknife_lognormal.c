/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moments of ln P without each group, in one pass, against the slow version,
 * and against heads without the tokens, measured again. */
#include "jackknife_dense.h"

static void expect_same(const lln_lognormal_moments *b,
                        const lln_lognormal_moments *m, double tolerance)
{
    expect_relative(b->mean, m->mean, tolerance);
    expect_relative(b->variance, m->variance, tolerance);
    expect_relative(b->variance_row, m->variance_row, tolerance);
    expect_absolute(b->skewness, m->skewness,
                    tolerance * fmax(1, fabs(m->skewness)));
    expect_absolute(b->excess_kurtosis, m->excess_kurtosis,
                    4 * tolerance * fmax(1, fabs(m->excess_kurtosis)));
}

static void expect_dense_groups(const lln_head *head, const char *kernel,
                                size_t count, double tolerance)
{
    dense_jackknife dense = dense_jackknife_open(head, kernel, count);
    size_t g = dense.groups.count;
    lln_lognormal out;
    lln_lognormal_moments *without = lln_array_alloc(g, sizeof *without);
    expect_ok(
        lln_lognormal_without(&dense.attention, &dense.groups, &out, without));
    for (size_t t = 0; t < g; t++)
        expect_same(&without[t], &dense.without[t].moments, tolerance);
    free(without);
    dense_jackknife_close(&dense);
}

/* ln of the weights divided by their sum, which excludes the sink. */
START_TEST(leave_out_sink)
{
    lln_mask mask = {.causal = true, .window = _i == 0 ? 0 : 3};
    lln_head head = dense_head(23, 23, 4, 1, mask, LLN_FLOAT64);
    head.rule.has_sink = true;
    head.rule.sink = 0.7;
    expect_dense_groups(&head, "softmax", 8, 1e-12);
    lln_head_free(&head);
}
END_TEST

/* One group far from the others: its power sums about their common mean hide
 * the spread of the others. Logits of row i: 1e6 for key 0, else i j / 8. */
START_TEST(leave_out_far)
{
    double q[16], k[16];
    lln_head head = {.rule.scale = 1};
    for (int i = 0; i < 8; i++) {
        q[2 * i] = 1e6;
        q[2 * i + 1] = i + 1;
        k[2 * i] = i == 0;
        k[2 * i + 1] = i / 8.0;
    }
    head.q = head.k = (lln_matrix){LLN_FLOAT64, 8, 2, q};
    head.k.data = k;
    dense_jackknife dense = dense_jackknife_open(&head, "softmax", 8);
    lln_lognormal out;
    lln_lognormal_moments without[8];
    expect_ok(
        lln_lognormal_without(&dense.attention, &dense.groups, &out, without));
    /* Python: rows i = 2..8 (group 0 leaves with key 0), logits i j/8, j =
     * 1..7; the variance in the row is (i/8)^2 var(1..7) = (i/8)^2 14/3. */
    double sum = 0;
    for (int i = 2; i <= 8; i++)
        sum += i * i / 64.0 * 14 / 3;
    expect_relative(without[0].variance_row, sum / 7, 1e-9);
    dense_jackknife_close(&dense);
}
END_TEST

START_TEST(leave_out_again)
{
    static const char *const kernels[] = {"softmax", "lln:alpha=1.1:beta=0.9",
                                          "tempscale:divisor=2"};
    size_t n = _i == 2 ? 200 : 45, m = _i == 1 ? 70 : n, d = 6, g = 20;
    lln_head head = dense_head(n, m, d, 1, (lln_mask){0}, LLN_FLOAT64);
    double *kept = lln_array_alloc((n + m) * d, sizeof *kept);
    lln_lognormal fit;
    lln_lognormal_moments *without = lln_array_alloc(g, sizeof *without);
    lln_attention attention;
    lln_jackknife groups;
    lln_threads_set(1);
    case_open(&head, kernels[_i], &attention);
    expect_ok(lln_jackknife_open(&attention, g, &groups));
    expect_ok(lln_lognormal_without(&attention, &groups, &fit, without));
    lln_attention_close(&attention);
    for (size_t t = 0; t < g; t++) {
        lln_head less = head;
        less.q = keep_rows(head.q, g, t, kept);
        less.k = keep_rows(head.k, g, t, kept + n * d);
        case_open(&less, kernels[_i], &attention);
        expect_ok(lln_lognormal_measure(&attention, NULL, 0, &fit, NULL));
        const lln_lognormal_moments again = {fit.mean, fit.variance,
                                             fit.variance_row, fit.skewness,
                                             fit.excess_kurtosis};
        expect_same(&without[t], &again, 1e-12);
        lln_attention_close(&attention);
    }
    free(kept);
    free(without);
    lln_jackknife_free(&groups);
    lln_head_free(&head);
}
END_TEST

/* More than 2^17 entries are in bins. */
START_TEST(jackknife_same)
{
    lln_mask mask = {.causal = _i == 1};
    lln_head head = dense_head(450, 450, 16, 1, mask, LLN_FLOAT32);
    lln_lognormal plain, out;
    lln_lognormal_moments error[2];
    size_t used;
    lln_attention attention;
    lln_threads_set(2);
    case_open(&head, "softmax", &attention);
    expect_ok(lln_lognormal_measure(&attention, NULL, 0, &plain, NULL));
    for (int i = 0; i < 2; i++) {
        lln_threads_set(i == 0 ? 1 : 3);
        expect_ok(
            lln_lognormal_jackknife(&attention, 20, &out, &error[i], &used));
        ck_assert_uint_eq(used, 20);
        ck_assert_mem_eq(&plain, &out, sizeof out);
    }
    ck_assert_mem_eq(&error[0], &error[1], sizeof *error);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Uniform rows: ln P = -ln(n - n_t) is constant without group t; see
 * test_jackknife_entropy.c. */
START_TEST(jackknife_uniform)
{
    double zeros[22] = {0};
    lln_head head = {.rule.scale = 1};
    head.q = head.k = (lln_matrix){LLN_FLOAT64, 11, 2, zeros};
    lln_attention attention;
    lln_lognormal fit;
    lln_lognormal_moments error;
    size_t used;
    case_open(&head, "softmax", &attention);
    expect_status(lln_lognormal_jackknife(&attention, 4, &fit, &error, &used),
                  LLN_EUNDEFINED);
    expect_relative(error.mean, 0.08833727674228764, 1e-13);
    ck_assert(error.variance == 0 && error.variance_row == 0);
    ck_assert(isnan(error.skewness));
    lln_attention_close(&attention);
}
END_TEST

/* Standard deviations of all entries, each group removed by hand. */
START_TEST(sigmas)
{
    size_t n = 45, d = 6, g = 20;
    lln_head head = dense_head(n, n, d, 1.7, (lln_mask){0}, LLN_FLOAT64);
    double *kept = lln_array_alloc(n * d, sizeof *kept);
    double without[2][20], errors[2], mean;
    lln_attention attention;
    lln_jackknife groups;
    case_open(&head, "softmax", &attention);
    expect_ok(lln_jackknife_open(&attention, g, &groups));
    expect_ok(lln_sigmas_jackknife(&head, &groups, &errors[0], &errors[1]));
    for (size_t t = 0; t < g; t++) {
        lln_matrix_moments(keep_rows(head.q, g, t, kept), &mean,
                           &without[0][t]);
        lln_matrix_moments(keep_rows(head.k, g, t, kept), &mean,
                           &without[1][t]);
    }
    for (int i = 0; i < 2; i++)
        expect_relative(errors[i], lln_jackknife_error(without[i], 1, g),
                        1e-12);
    free(kept);
    lln_jackknife_free(&groups);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jackknife_lognormal");
    TCase *tests = tcase_create("jackknife_lognormal");
    tcase_add_loop_test(tests, leave_out_masks, 0, HEAD_COUNT);
    tcase_add_loop_test(tests, leave_out_single, 0, HEAD_COUNT);
    tcase_add_loop_test(tests, leave_out_sink, 0, 2);
    tcase_add_test(tests, leave_out_far);
    tcase_add_loop_test(tests, leave_out_again, 0, 3);
    tcase_add_loop_test(tests, jackknife_same, 0, 2);
    tcase_add_test(tests, jackknife_uniform);
    tcase_add_test(tests, sigmas);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
