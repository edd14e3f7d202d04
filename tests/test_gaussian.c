/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/gaussian.h"

#include <stdint.h>
#include <string.h>

#include "core/threads.h"
#include "described.h"

static const lln_gaussian unit = {.n = 600,
                                  .d = 8,
                                  .sigma_q = 1,
                                  .sigma_k = 1,
                                  .seed = 42,
                                  .trials = 3,
                                  .rule.scale = NAN};

/* Opens a model, loads one head of it and closes it. */
static lln_head load(lln_gaussian model, size_t index, double tau,
                     lln_precision precision)
{
    lln_heads heads = {0};
    lln_head head = {0};
    expect_ok(lln_gaussian_open(&model, &heads));
    ck_assert_uint_eq(heads.count, model.trials);
    ck_assert_uint_eq(heads.rows, model.n);
    ck_assert(heads.sampled);
    expect_ok(heads.load(&heads, index, tau, precision, &head));
    expect_described(&heads, index, &head);
    lln_heads_close(&heads);
    return head;
}

static bool same(lln_matrix a, lln_matrix b)
{
    size_t size = lln_precision_size(a.precision);
    return a.precision == b.precision && a.rows == b.rows &&
           a.columns == b.columns &&
           memcmp(a.data, b.data, a.rows * a.columns * size) == 0;
}

START_TEST(gaussian_open_identity)
{
    lln_gaussian model = unit;
    model.rule.mask.causal = true;
    lln_head head = load(model, 1, NAN, LLN_FLOAT32);
    ck_assert_str_eq(head.source, "gaussian");
    ck_assert_int_eq(head.layer, -1);
    ck_assert_int_eq(head.head, 1);
    ck_assert_uint_eq(head.q.rows, 600);
    ck_assert_uint_eq(head.k.columns, 8);
    ck_assert(head.rule.mask.causal);
    expect_relative(head.rule.scale, 1 / sqrt(8), 1e-15);
    ck_assert_uint_eq((uintptr_t)head.q.data % 64, 0);
    ck_assert_uint_eq((uintptr_t)head.k.data % 64, 0);
    lln_head_free(&head);
    model.rule.scale = 0.37;
    head = load(model, 1, NAN, LLN_FLOAT32);
    expect_relative(head.rule.scale, 0.37, 0);
    lln_head_free(&head);
}
END_TEST

START_TEST(gaussian_load_threads)
{
    lln_threads_set(1);
    lln_head one = load(unit, 1, NAN, LLN_FLOAT32);
    lln_threads_set(2);
    lln_head two = load(unit, 1, NAN, LLN_FLOAT32);
    ck_assert(same(one.q, two.q) && same(one.k, two.k));
    lln_head_free(&one);
    lln_head_free(&two);
}
END_TEST

START_TEST(gaussian_load_trials)
{
    lln_gaussian more = unit;
    more.trials = 5;
    lln_head a = load(unit, 2, NAN, LLN_FLOAT64);
    lln_head b = load(more, 2, NAN, LLN_FLOAT64);
    ck_assert(same(a.q, b.q) && same(a.k, b.k));
    lln_head_free(&b);
    more.seed = 43;
    b = load(more, 2, NAN, LLN_FLOAT64);
    ck_assert(!same(a.q, b.q) && !same(a.k, b.k));
    lln_head_free(&a);
    lln_head_free(&b);
}
END_TEST

/* Moments of N = 10^6 normal values, within 4 standard errors: mean 1/sqrt(N),
 * variance sqrt(2/N), kurtosis sqrt(24/N), E x^3 sqrt(15/N). */
START_TEST(gaussian_load_moments)
{
    lln_gaussian model = unit;
    model.n = 15625;
    model.d = 64;
    model.values = true;
    lln_head head = load(model, 0, NAN, LLN_FLOAT64);
    const lln_matrix drawn[] = {head.q, head.k, head.v};
    lln_matrix a = drawn[_i];
    const double *x = a.data;
    double power[5] = {0}, count = 1e6;
    ck_assert_uint_eq(a.rows * a.columns, 1000000);
    for (size_t i = 0; i < a.rows * a.columns; i++)
        for (int p = 1; p <= 4; p++)
            power[p] += pow(x[i], p) / count;
    expect_absolute(power[1], 0, 4 / sqrt(count));
    expect_absolute(power[2], 1, 4 * sqrt(2 / count));
    expect_absolute(power[3], 0, 4 * sqrt(15 / count));
    expect_absolute(power[4] / (power[2] * power[2]), 3, 4 * sqrt(24 / count));
    lln_head_free(&head);
}
END_TEST

enum { WIDTH = 3 };

static int compare_rows(const void *a, const void *b)
{
    return memcmp(a, b, WIDTH * sizeof(double));
}

/* No row occurs twice, in Q, K, V or in several trials: no stream is used
 * twice. */
START_TEST(gaussian_load_no_repeats)
{
    lln_gaussian model = unit;
    model.n = 1000; /* four blocks */
    model.d = WIDTH;
    model.trials = 200;
    model.values = true;
    size_t bytes = model.n * WIDTH * sizeof(double), rows = 0;
    char *all = malloc(3 * model.trials * bytes);
    for (size_t t = 0; t < model.trials; t++) {
        lln_head head = load(model, t, NAN, LLN_FLOAT64);
        memcpy(all + 3 * t * bytes, head.q.data, bytes);
        memcpy(all + (3 * t + 1) * bytes, head.k.data, bytes);
        memcpy(all + (3 * t + 2) * bytes, head.v.data, bytes);
        lln_head_free(&head);
    }
    rows = 3 * model.trials * model.n;
    qsort(all, rows, WIDTH * sizeof(double), compare_rows);
    for (size_t i = 1; i < rows; i++)
        ck_assert(compare_rows(all + i * WIDTH * sizeof(double),
                               all + (i - 1) * WIDTH * sizeof(double)));
    free(all);
}
END_TEST

/* Values do not change queries and keys, and a temperature does not change
 * values. */
START_TEST(gaussian_load_values)
{
    lln_gaussian model = unit;
    model.values = true;
    lln_head a = load(unit, 2, NAN, LLN_FLOAT32);
    lln_head b = load(model, 2, NAN, LLN_FLOAT32);
    ck_assert(same(a.q, b.q) && same(a.k, b.k));
    ck_assert(a.v.data == NULL);
    ck_assert_uint_eq(b.v.rows, 600);
    ck_assert_uint_eq(b.v.columns, 8);
    ck_assert_uint_eq((uintptr_t)b.v.data % 64, 0);
    lln_head_free(&a);
    model.trials = 7;
    a = load(model, 2, 0.3, LLN_FLOAT32);
    ck_assert(same(a.v, b.v));
    lln_head_free(&a);
    lln_head_free(&b);
}
END_TEST

/* Each entry is sigma times the same unit draw, rounded once. */
static void expect_scaled(lln_matrix a, lln_matrix draws, double sigma)
{
    for (size_t i = 0; i < a.rows; i++)
        for (size_t j = 0; j < a.columns; j++) {
            double exact = sigma * lln_matrix_get(draws, i, j);
            ck_assert(lln_matrix_get(a, i, j) ==
                      (a.precision == LLN_FLOAT32 ? (float)exact : exact));
        }
}

START_TEST(gaussian_load_sigma_and_tau)
{
    lln_gaussian model = unit;
    model.sigma_q = 1.3;
    model.sigma_k = 0.2;
    lln_head draws = load(unit, 1, NAN, LLN_FLOAT64);
    lln_precision precision = _i == 0 ? LLN_FLOAT32 : LLN_FLOAT64;
    lln_head head = load(model, 1, NAN, precision);
    expect_scaled(head.q, draws.q, 1.3);
    expect_scaled(head.k, draws.k, 0.2);
    lln_head_free(&head);
    head = load(model, 1, 0.7, precision);
    expect_scaled(head.q, draws.q, 1 / sqrt(0.7));
    expect_scaled(head.k, draws.k, 1 / sqrt(0.7));
    lln_head_free(&head);
    /* sigma^4 scale^2 d = 1/tau^2. */
    model.rule.scale = 0.25;
    model.d = unit.d;
    head = load(model, 1, 0.7, precision);
    expect_scaled(head.q, draws.q, 1 / sqrt(0.7 * (0.25 * sqrt(8))));
    lln_head_free(&head);
    lln_head_free(&draws);
}
END_TEST

START_TEST(gaussian_load_one_number)
{
    lln_gaussian model = unit;
    model.n = model.d = 1;
    lln_head head = load(model, 0, NAN, LLN_FLOAT64);
    ck_assert(isfinite(lln_matrix_get(head.q, 0, 0)));
    ck_assert(lln_matrix_get(head.q, 0, 0) != lln_matrix_get(head.k, 0, 0));
    lln_head_free(&head);
}
END_TEST

/* A temperature is a factor only if the variance has a closed form. */
START_TEST(gaussian_load_no_temperature)
{
    lln_gaussian model = unit;
    lln_heads heads = {0};
    lln_head head = {0};
    model.rule.mask.block = 5;
    expect_ok(lln_gaussian_open(&model, &heads));
    expect_status(heads.load(&heads, 0, 0.7, LLN_FLOAT64, &head), LLN_EINVAL);
    expect_ok(heads.load(&heads, 0, NAN, LLN_FLOAT64, &head));
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

static void expect_refused(lln_gaussian model, const char *message)
{
    lln_heads heads = {0};
    expect_status(lln_gaussian_open(&model, &heads), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), message);
    lln_heads_close(&heads); /* legal: never opened */
}

START_TEST(gaussian_open_refused)
{
    lln_gaussian model = unit;
    model.n = 0;
    expect_refused(model, "gaussian: 0 tokens, 8 features, 3 trials; expected "
                          "at least 1 of each");
    model = unit;
    model.trials = 0;
    expect_refused(model, "gaussian: 600 tokens, 8 features, 0 trials; "
                          "expected at least 1 of each");
    model = unit;
    model.sigma_k = 0;
    expect_refused(model, "gaussian: standard deviations 1 and 0; expected "
                          "positive numbers below 1.8e+307");
    model = unit;
    model.sigma_q = NAN;
    expect_refused(model, "gaussian: standard deviations nan and 1; expected "
                          "positive numbers below 1.8e+307");
    model = unit;
    model.trials = 2000000000;
    expect_refused(model, "gaussian: 2000000000 trials of 600 tokens need "
                          "more than 2^32 - 1 streams of random numbers");
    model.trials = 600000000; /* of three blocks */
    lln_heads heads;
    expect_ok(lln_gaussian_open(&model, &heads));
    lln_heads_close(&heads);
    model.values = true;
    expect_refused(model, "gaussian: 600000000 trials of 600 tokens need more "
                          "than 2^32 - 1 streams of random numbers");
}
END_TEST

START_TEST(gaussian_load_refused)
{
    lln_heads heads = {0};
    lln_head head = {0};
    expect_ok(lln_gaussian_open(&unit, &heads));
    expect_status(heads.load(&heads, 0, 1e-80, LLN_FLOAT32, &head),
                  LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(),
                     "queries and keys would need standard deviations of "
                     "1e+40; expected less than 3.4e+37; use --double");
    expect_ok(heads.load(&heads, 0, 1e-80, LLN_FLOAT64, &head));
    lln_head_free(&head);
    expect_status(heads.load(&heads, 0, -1, LLN_FLOAT32, &head), LLN_EINVAL);
    lln_stop_requested = 1;
    expect_status(heads.load(&heads, 0, NAN, LLN_FLOAT32, &head),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_heads_close(&heads);
    lln_gaussian huge = unit;
    huge.n = (size_t)1 << 33;
    huge.d = (size_t)1 << 40;
    expect_ok(lln_gaussian_open(&huge, &heads));
    expect_status(heads.load(&heads, 0, NAN, LLN_FLOAT32, &head), LLN_ENOMEM);
    lln_heads_close(&heads);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gaussian");
    TCase *open = tcase_create("lln_gaussian_open");
    tcase_add_test(open, gaussian_open_identity);
    tcase_add_test(open, gaussian_open_refused);
    suite_add_tcase(suite, open);
    TCase *draw = tcase_create("load");
    tcase_set_timeout(draw, 60);
    tcase_add_test(draw, gaussian_load_threads);
    tcase_add_test(draw, gaussian_load_trials);
    tcase_add_loop_test(draw, gaussian_load_moments, 0, 3);
    tcase_add_test(draw, gaussian_load_no_repeats);
    tcase_add_test(draw, gaussian_load_values);
    tcase_add_loop_test(draw, gaussian_load_sigma_and_tau, 0, 2);
    tcase_add_test(draw, gaussian_load_one_number);
    tcase_add_test(draw, gaussian_load_no_temperature);
    tcase_add_test(draw, gaussian_load_refused);
    suite_add_tcase(suite, draw);
    return run_suite(suite);
}
