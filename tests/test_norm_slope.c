/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/norm_slope.h"

#include "dense.h"
#include "kernel/score_slope.h"
#include "measure/entropy.h"
#include "measure/shape_entropy.h"

/* -sum P (g - gbar) ln P of a row given by ln A and g. */
static double slow_slope(const double *s, const double *g, size_t count)
{
    double max = -INFINITY, sum = 0, mean = 0, slope = 0;
    for (size_t j = 0; j < count; j++)
        max = fmax(max, s[j]);
    for (size_t j = 0; j < count; j++)
        sum += exp(s[j] - max);
    for (size_t j = 0; j < count; j++)
        mean += exp(s[j] - max) / sum * g[j];
    for (size_t j = 0; j < count; j++)
        slope -=
            exp(s[j] - max) / sum * (g[j] - mean) * (s[j] - max - log(sum));
    return slope;
}

/* The parts of a row in any order and size give what the whole gives. */
START_TEST(state_parts)
{
    enum { COUNT = 700 };
    static const size_t sizes[] = {1, 3, 64, 200, 512};
    static double numbers[2 * COUNT];
    size_t size = sizes[_i];
    draw_numbers(3, 2 * COUNT, 3, numbers);
    for (size_t j = 0; j < COUNT; j++)
        numbers[j] += 1000 + 5 * (j % 3 == 0); /* far from 0 */
    lln_slope_state state = {.keys = 0};
    for (size_t j = 0; j < COUNT; j += size)
        lln_slope_state_add(numbers + j, numbers + COUNT + j,
                            lln_size_smaller(size, COUNT - j), &state);
    ck_assert_uint_eq(state.keys, COUNT);
    expect_relative(lln_slope_state_finish(&state),
                    slow_slope(numbers, numbers + COUNT, COUNT), 1e-12);
}
END_TEST

/* By hand: P = (1/4, 3/4), g = (0, ln 3): -3/16 ln 3 ln 3. */
START_TEST(state_by_hand)
{
    const double hidden = -INFINITY;
    const double s[] = {0, hidden, log(3)}, g[] = {0, 100, log(3)};
    lln_slope_state state = {.keys = 0};
    ck_assert(isnan(lln_slope_state_finish(&state)));
    lln_slope_state_add(s + 1, g + 1, 1, &state);
    ck_assert(isnan(lln_slope_state_finish(&state)));
    lln_slope_state_add(s, g, 1, &state);
    ck_assert(lln_slope_state_finish(&state) == 0);
    lln_slope_state_add(s + 1, g + 1, 2, &state);
    expect_relative(lln_slope_state_finish(&state), -3.0 / 16 * log(3) * log(3),
                    1e-15);
    /* One key has all the weight, and then all keys have the same. */
    const double sharp[] = {0, 2000}, same[] = {1, 1};
    state = (lln_slope_state){.keys = 0};
    lln_slope_state_add(sharp, sharp, 2, &state);
    ck_assert(lln_slope_state_finish(&state) == 0);
    state = (lln_slope_state){.keys = 0};
    lln_slope_state_add(same, same, 2, &state);
    ck_assert(lln_slope_state_finish(&state) == 0);
}
END_TEST

/* Kernels whose derivatives are known, with heads for them. */
static const struct {
    const char *kernel;
    size_t n, m, d;
    double sigma;
    lln_mask mask;
    double softcap;
} exact[] = {
    {"softmax", 40, 40, 8, 1.5, {.causal = false}, 0},
    {"softmax", 700, 700, 8, 1.5, {.causal = true}, 0},
    {"softmax", 30, 50, 5, 1.5, {.causal = true, .window = 9}, 0},
    {"softmax", 30, 30, 5, 3, {.window = 4}, 2},
    {"tempscale:divisor=0.7", 20, 20, 5, 1, {.causal = true}, 0},
    {"window:reach=3", 20, 20, 5, 1, {.causal = false}, 0},
    {"blockdiag:block=7", 20, 20, 5, 1, {.causal = true}, 0},
    {"lln:alpha=1.1:beta=0.9", 40, 50, 8, 1.5, {.causal = false}, 0},
    {"lln:alpha=1.1:beta=0.9", 600, 600, 8, 1.5, {.causal = true}, 0},
    {"lln:alpha=-2:beta=3", 30, 30, 4, 1, {.window = 5}, 0},
};
enum { EXACT_COUNT = sizeof exact / sizeof *exact };

/* Entropies of the shape of all rows if the queries are c times as long. */
static void entropies_at(const char *kernel, const lln_head *head, double c,
                         double *out)
{
    size_t count = head->q.rows * head->q.columns;
    double *q = lln_array_alloc(count, sizeof *q);
    lln_head scaled = *head;
    lln_attention attention;
    for (size_t i = 0; i < count; i++)
        q[i] = c * ((const double *)head->q.data)[i];
    scaled.q.data = q;
    open_kernel(kernel, &scaled, NULL, 0, &attention);
    expect_ok(lln_shape_entropies(&attention, NULL, head->q.rows, NULL, out));
    lln_attention_close(&attention);
    free(q);
}

/* Central differences of fourth order, with an error near h^4 = 1e-12. */
static double *slow_slopes(const char *kernel, const lln_head *head)
{
    const double h = 1e-3, steps[] = {-2 * h, -h, h, 2 * h};
    const double weights[] = {1, -8, 8, -1};
    size_t n = head->q.rows;
    double *slopes = lln_array_alloc(n, sizeof *slopes);
    double *entropies = lln_array_alloc(n, sizeof *entropies);
    for (size_t t = 0; t < 4; t++) {
        entropies_at(kernel, head, exp(steps[t]), entropies);
        for (size_t i = 0; i < n; i++)
            slopes[i] += weights[t] * entropies[i] / (12 * h);
    }
    free(entropies);
    return slopes;
}

START_TEST(slopes_exact)
{
    lln_head head = dense_head(exact[_i].n, exact[_i].m, exact[_i].d,
                               exact[_i].sigma, exact[_i].mask, LLN_FLOAT64);
    size_t n = head.q.rows;
    head.rule.softcap = exact[_i].softcap;
    double *slopes = lln_array_alloc(n, sizeof *slopes);
    double *wanted = slow_slopes(exact[_i].kernel, &head), one;
    lln_attention attention;
    open_kernel(exact[_i].kernel, &head, NULL, 0, &attention);
    ck_assert(lln_score_slope_is_known(&attention));
    expect_ok(lln_norm_slopes(&attention, NULL, n, slopes));
    expect_all((lln_matrix){LLN_FLOAT64, 1, n, slopes}, wanted, 2e-9);
    size_t some = n / 2;
    expect_ok(lln_norm_slopes(&attention, &some, 1, &one));
    expect_relative(one, slopes[some], 1e-9);
    lln_attention_close(&attention);
    free(wanted);
    free(slopes);
    lln_head_free(&head);
}
END_TEST

/* One key is so far from the others that LLN needs logarithms of scores. */
START_TEST(slopes_wide)
{
    lln_head head = drawn_head(12, 12, 3, 1, false);
    double *k = (double *)head.storage + 12 * 3, slopes[12];
    for (size_t l = 0; l < 3; l++)
        k[5 * 3 + l] -= 800;
    double *wanted = slow_slopes("lln:alpha=1.5:beta=1", &head);
    lln_attention attention;
    open_kernel("lln:alpha=1.5:beta=1", &head, NULL, 0, &attention);
    ck_assert(attention.tiles.domain == LLN_DOMAIN_LOG);
    expect_ok(lln_norm_slopes(&attention, NULL, 12, slopes));
    ck_assert(fabs(slopes[0]) > 0.01);
    expect_all((lln_matrix){LLN_FLOAT64, 1, 12, slopes}, wanted, 2e-9);
    lln_attention_close(&attention);
    free(wanted);
    lln_head_free(&head);
}
END_TEST

/* A bias changes P and not the derivatives of its logits; -inf hides keys. */
START_TEST(slopes_bias)
{
    lln_head head =
        dense_head(12, 12, 4, 1.5, (lln_mask){.causal = true}, LLN_FLOAT64);
    double by_distance[23], slopes[12];
    for (size_t j = 0; j < 23; j++)
        by_distance[j] = j % 5 == 2 ? -INFINITY : -0.3 * fabs((double)j - 11);
    lln_logit_bias bias = {.by_distance = by_distance,
                           .zero = 11,
                           .largest = 3.3,
                           .hides = true,
                           .level = 3.3};
    head.rule.bias = &bias;
    double *wanted = slow_slopes("softmax", &head);
    lln_attention attention;
    open_kernel("softmax", &head, NULL, 0, &attention);
    expect_ok(lln_norm_slopes(&attention, NULL, 12, slopes));
    expect_all((lln_matrix){LLN_FLOAT64, 1, 12, slopes}, wanted, 2e-9);
    lln_attention_close(&attention);
    free(wanted);
    lln_head_free(&head);
}
END_TEST

/* Differences agree with the exact slopes within their own error, also for
 * float32 heads; a kernel that is free of the norm has 0. */
START_TEST(slopes_by_difference)
{
    static const char *const kernels[] = {"softmax", "lln:alpha=1.1:beta=0.9"};
    lln_head head = dense_head(30, 30, 8, 1, (lln_mask){.causal = true},
                               _i < 2 ? LLN_FLOAT64 : LLN_FLOAT32);
    double slopes[30], wanted[30];
    static const size_t some[] = {3, 17};
    lln_kernel_choice choice;
    lln_attention attention;
    expect_ok(lln_kernel_parse(kernels[_i % 2], &choice));
    expect_ok(lln_kernel_open(&choice, &head, &attention));
    expect_ok(lln_norm_slopes(&attention, NULL, 30, wanted));
    expect_ok(lln_norm_slopes_by_difference(&choice, &head, NULL, 30, slopes));
    expect_all((lln_matrix){LLN_FLOAT64, 1, 30, slopes}, wanted, 2e-4);
    expect_ok(lln_norm_slopes_by_difference(&choice, &head, some, 2, wanted));
    expect_relative(wanted[0], slopes[3], 2e-4);
    expect_relative(wanted[1], slopes[17], 2e-4);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Kernels with LLN_KERNEL_NORM_FREE are so, and have a slope of exactly 0. */
START_TEST(slopes_norm_free)
{
    static const char *const kernels[] = {"relu:eps=0.1", "cosformer",
                                          "rebased"};
    lln_head head =
        dense_head(20, 20, 6, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
    double once[20], thrice[20], slopes[20];
    lln_kernel_choice choice;
    expect_ok(lln_kernel_parse(kernels[_i], &choice));
    entropies_at(kernels[_i], &head, 1, once);
    entropies_at(kernels[_i], &head, 3, thrice);
    expect_ok(lln_norm_slopes_by_difference(&choice, &head, NULL, 20, slopes));
    for (size_t i = 0; i < 20; i++) {
        ck_assert(isnan(once[i]) == isnan(slopes[i]));
        ck_assert(isnan(slopes[i]) || slopes[i] == 0);
        expect_relative(thrice[i], once[i], 1e-12);
    }
    lln_head_free(&head);
}
END_TEST

START_TEST(slopes_unknown)
{
    lln_head head = drawn_head(8, 8, 2, 1, false);
    lln_attention attention;
    double slopes[8];
    open_kernel("elu", &head, NULL, 0, &attention);
    ck_assert(!lln_score_slope_is_known(&attention));
    expect_status(lln_norm_slopes(&attention, NULL, 8, slopes), LLN_EINVAL);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* The number of threads does not change a bit. */
START_TEST(slopes_threads)
{
    lln_head head =
        dense_head(500, 500, 8, 1, (lln_mask){.causal = true}, LLN_FLOAT32);
    static double slopes[2][500];
    lln_attention attention;
    open_kernel("lln:alpha=1:beta=1", &head, NULL, 0, &attention);
    for (int t = 0; t < 2; t++) {
        lln_threads_set(t + 1);
        expect_ok(lln_norm_slopes(&attention, NULL, 500, slopes[t]));
    }
    lln_threads_set(0);
    ck_assert_mem_eq(slopes[0], slopes[1], sizeof slopes[0]);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("norm_slope");
    TCase *state = tcase_create("state"), *slopes = tcase_create("slopes");
    tcase_add_loop_test(state, state_parts, 0, 5);
    tcase_add_test(state, state_by_hand);
    tcase_add_loop_test(slopes, slopes_exact, 0, EXACT_COUNT);
    tcase_add_test(slopes, slopes_wide);
    tcase_add_test(slopes, slopes_bias);
    tcase_add_loop_test(slopes, slopes_by_difference, 0, 4);
    tcase_add_loop_test(slopes, slopes_norm_free, 0, 3);
    tcase_add_test(slopes, slopes_unknown);
    tcase_add_test(slopes, slopes_threads);
    suite_add_tcase(suite, state);
    suite_add_tcase(suite, slopes);
    return run_suite(suite);
}
