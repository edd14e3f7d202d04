/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Entropies without each group, in one pass, against the slow version, and
 * against heads without the tokens, measured again. */
#include "jackknife_dense.h"

static void expect_same(const lln_entropy *a, const lln_entropy *e,
                        double tolerance)
{
    double scale = tolerance * fmax(1, e->entropy);
    expect_absolute(a->entropy, e->entropy, scale);
    expect_absolute(a->normalized, e->normalized, tolerance);
    expect_relative(a->effective_keys, e->effective_keys, tolerance);
    expect_relative(a->top1_mass, e->top1_mass, tolerance);
    expect_absolute(a->over_log_n, e->over_log_n, tolerance);
    expect_absolute(a->over_ceiling, e->over_ceiling, tolerance);
    expect_absolute(a->outside, e->outside, tolerance);
    expect_absolute(a->with_sink, e->with_sink, scale);
}

static void expect_dense_groups(const lln_head *head, const char *kernel,
                                size_t count, double tolerance)
{
    dense_jackknife dense = dense_jackknife_open(head, kernel, count);
    size_t g = dense.groups.count;
    lln_entropy out, *without = lln_array_alloc(g, sizeof *without);
    expect_ok(
        lln_entropy_leave_out(&dense.attention, &dense.groups, &out, without));
    for (size_t t = 0; t < g; t++)
        expect_same(&without[t], &dense.without[t].entropy, tolerance);
    free(without);
    dense_jackknife_close(&dense);
}

/* A sink takes the weight of rows whose keys all leave. */
START_TEST(leave_out_sink)
{
    lln_mask mask = {.causal = true, .window = _i == 0 ? 0 : 2};
    lln_head head = dense_head(23, 23, 4, 1, mask, LLN_FLOAT64);
    head.rule.has_sink = true;
    head.rule.sink = 0.7;
    expect_dense_groups(&head, "softmax", 8, 1e-12);
    lln_head_free(&head);
}
END_TEST

/* Logits of a spread of 2000: a group may hold all the weight that float64 can
 * represent. */
START_TEST(leave_out_sharp)
{
    lln_head head = dense_head(37, 37, 3, 25, (lln_mask){0}, LLN_FLOAT64);
    size_t g = 6;
    lln_attention attention;
    lln_jackknife groups;
    lln_entropy out, *without = lln_array_alloc(g, sizeof *without);
    case_open(&head, "softmax", &attention);
    expect_ok(lln_jackknife_open(&attention, g, &groups));
    expect_ok(lln_entropy_leave_out(&attention, &groups, &out, without));
    for (size_t t = 0; t < g; t++) {
        double sum = 0, rows = 0;
        for (size_t i = 0; i < 37; i++) {
            double max = -INFINITY, z = 0, slope = 0;
            if (i * g / 37 == t)
                continue;
            for (size_t j = 0; j < 37; j++)
                if (j * g / 37 != t)
                    max = fmax(max, dense_logit(&head, i, j));
            for (size_t j = 0; j < 37; j++)
                if (j * g / 37 != t) {
                    double y = dense_logit(&head, i, j) - max;
                    z += exp(y);
                    slope -= y * exp(y);
                }
            sum += log(z) + slope / z;
            rows++;
        }
        expect_absolute(without[t].entropy, sum / rows, 1e-12);
    }
    free(without);
    lln_jackknife_free(&groups);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Heads without the tokens of a group, measured again by the same kernel. */
START_TEST(leave_out_again)
{
    static const char *const kernels[] = {"softmax", "lln:alpha=1.1:beta=0.9",
                                          "tempscale:divisor=2"};
    size_t n = _i == 2 ? 200 : 45, m = _i == 1 ? 70 : n, d = 6, g = 20;
    lln_head head = dense_head(n, m, d, 1, (lln_mask){0}, LLN_FLOAT64);
    double *kept = lln_array_alloc((n + m) * d, sizeof *kept);
    lln_entropy out, again, *without = lln_array_alloc(g, sizeof *without);
    lln_attention attention;
    lln_jackknife groups;
    lln_threads_set(1);
    case_open(&head, kernels[_i], &attention);
    expect_ok(lln_jackknife_open(&attention, g, &groups));
    expect_ok(lln_entropy_leave_out(&attention, &groups, &out, without));
    lln_attention_close(&attention);
    for (size_t t = 0; t < g; t++) {
        lln_head less = head;
        less.q = keep_rows(head.q, g, t, kept);
        less.k = keep_rows(head.k, g, t, kept + n * d);
        case_open(&less, kernels[_i], &attention);
        expect_ok(lln_entropy_measure(&attention, NULL, 0, &again, NULL));
        expect_same(&without[t], &again, 1e-12);
        lln_attention_close(&attention);
    }
    free(kept);
    free(without);
    lln_jackknife_free(&groups);
    lln_head_free(&head);
}
END_TEST

/* The values of all rows do not change by a bit, whatever the threads; nor do
 * the errors. */
START_TEST(jackknife_same)
{
    lln_mask mask = {.causal = _i == 1};
    lln_head head = dense_head(450, 450, 16, 1, mask, LLN_FLOAT32);
    lln_entropy plain, out, error[2];
    size_t used;
    lln_attention attention;
    lln_threads_set(2);
    case_open(&head, "softmax", &attention);
    expect_ok(lln_entropy_measure(&attention, NULL, 0, &plain, NULL));
    for (int i = 0; i < 2; i++) {
        lln_threads_set(i == 0 ? 1 : 3);
        expect_ok(
            lln_entropy_jackknife(&attention, 20, &out, &error[i], &used));
        ck_assert_uint_eq(used, 20);
        ck_assert_mem_eq(&plain, &out, sizeof out);
    }
    ck_assert_mem_eq(&error[0], &error[1], sizeof *error);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Uniform rows: without group t of n_t tokens, entropy is ln(n - n_t). 11
 * tokens in 4 groups of 3, 3, 3 and 2:
 *     Python: a = [log(8)] * 3 + [log(9)]; m = sum(a)/4
 *             sqrt(3/4 * sum((x - m)**2 for x in a)) = 0.08833727674228764 */
START_TEST(jackknife_uniform)
{
    double zeros[22] = {0};
    lln_head head = {.rule.scale = 1};
    head.q = head.k = (lln_matrix){LLN_FLOAT64, 11, 2, zeros};
    lln_attention attention;
    lln_entropy out, error;
    size_t used;
    case_open(&head, "softmax", &attention);
    expect_ok(lln_entropy_jackknife(&attention, 4, &out, &error, &used));
    expect_relative(out.entropy, log(11), 1e-14);
    expect_relative(error.entropy, 0.08833727674228764, 1e-13);
    expect_absolute(error.normalized, 0, 1e-15);
    expect_absolute(error.over_ceiling, 0, 1e-15);
    ck_assert(error.negative_mass == 0 && isnan(error.min) &&
              isnan(error.max) && isnan(error.max_logit));
    lln_attention_close(&attention);
}
END_TEST

/* One token: nothing is left; one query: one group has no rows. */
START_TEST(jackknife_undefined)
{
    lln_mask causal = {.causal = true};
    lln_head head = dense_head(1, _i == 0 ? 1 : 30, 3, 1, causal, LLN_FLOAT64);
    lln_attention attention;
    lln_entropy out, error;
    size_t used;
    case_open(&head, "softmax", &attention);
    expect_status(lln_entropy_jackknife(&attention, 20, &out, &error, &used),
                  LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(),
                     _i == 0 ? "no standard errors: there is only one token"
                             : "no standard errors: without one of the 20 "
                               "groups of tokens, nothing is left");
    ck_assert_uint_eq(used, _i == 0 ? 1 : 20);
    ck_assert(!isnan(out.entropy));
    ck_assert(isnan(error.entropy) && isnan(error.top1_mass));
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jackknife_entropy");
    TCase *tests = tcase_create("jackknife_entropy");
    tcase_add_loop_test(tests, leave_out_masks, 0, HEAD_COUNT);
    tcase_add_loop_test(tests, leave_out_single, 0, HEAD_COUNT);
    tcase_add_loop_test(tests, leave_out_sink, 0, 2);
    tcase_add_test(tests, leave_out_sharp);
    tcase_add_loop_test(tests, leave_out_again, 0, 3);
    tcase_add_loop_test(tests, jackknife_same, 0, 2);
    tcase_add_test(tests, jackknife_uniform);
    tcase_add_loop_test(tests, jackknife_undefined, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
