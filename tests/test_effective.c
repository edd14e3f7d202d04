/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Effective numbers of tokens and features, against numpy and against sums over
 * pairs of tokens. */
#include "cases.h"
#include "measure/effective.h"

/* numpy 1.24, x = Q - Q.mean(0): c_t = (x[:n - t]*x[t:]).sum(), then the
 * formulas of the header; np.cov; the same for x[:, :1]. */
static const struct {
    const char *name;
    double n_mean, n_var, features, first_mean, first_var;
} expected[] = {
    {"A", 64, 64, 7.0815393472094446, 50.864474702124262, 62.960339918089673},
    {"B", 252.93491096911177, 255.89740450308943, 50.885552484436637,
     200.93670854268854, 249.70642390186381},
    {"C", 128, 128, 11.852054722142253, 100.12985298493861, 124.6321588130393},
    {"E", 48, 48, 18.718225865351439, 48, 48},
};

START_TEST(measure_cases)
{
    lln_head head = case_head(expected[_i].name, LLN_FLOAT64, false);
    lln_effective out, features[64];
    expect_ok(lln_effective_measure(head.q, &out, features));
    expect_relative(out.n_mean, expected[_i].n_mean, 1e-12);
    expect_relative(out.n_var, expected[_i].n_var, 1e-12);
    expect_relative(out.features, expected[_i].features, 1e-12);
    expect_relative(out.values, out.n_var * out.features, 1e-15);
    expect_relative(features[0].n_mean, expected[_i].first_mean, 1e-12);
    expect_relative(features[0].n_var, expected[_i].first_var, 1e-12);
    ck_assert(features[0].features == 1);
    lln_effective alone;
    expect_ok(lln_effective_measure(head.q, &alone, NULL));
    ck_assert(memcmp(&alone, &out, sizeof out) == 0);
    lln_head_free(&head);
}
END_TEST

/* Column j of n tokens: an autoregression of order 1 with coefficient 0.9 - 0.1
 * j and logistic noise, about a mean of 3 j. */
static void fill(double *x, size_t n, size_t d)
{
    for (size_t j = 0; j < d; j++) {
        double state = 0;
        for (size_t i = 0; i < n; i++) {
            double u = fmod((double)(i * d + j + 1) * 0.6180339887498949, 1);
            state = (0.9 - 0.1 * (double)j) * state + log(u / (1 - u));
            x[i * d + j] = state + 3 * (double)j;
        }
    }
}

static double covariance(const double *x, const double *mean, size_t n,
                         size_t d, size_t j, size_t l)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i * d + j] - mean[j]) * (x[i * d + l] - mean[l]);
    return sum;
}

/* The definitions, with a sum over tokens for each lag. */
static lln_effective slow(const double *x, size_t n, size_t d)
{
    double mean[64] = {0}, r[64], trace = 0, squares = 0, sum = 0, weighted = 0;
    for (size_t j = 0; j < d; j++)
        for (size_t i = 0; i < n; i++)
            mean[j] += x[i * d + j] / (double)n;
    for (size_t t = 0; t <= n / 2; t++) {
        r[t] = 0;
        for (size_t j = 0; j < d; j++)
            for (size_t i = 0; i + t < n; i++)
                r[t] +=
                    (x[i * d + j] - mean[j]) * (x[(i + t) * d + j] - mean[j]);
    }
    for (size_t j = 0; j < d; j++) {
        trace += covariance(x, mean, n, d, j, j);
        for (size_t l = 0; l < d; l++)
            squares += pow(covariance(x, mean, n, d, j, l), 2);
    }
    for (size_t t = 1; t + 1 <= n / 2 && r[t] + r[t + 1] > 0; t += 2)
        for (size_t u = t; u <= t + 1; u++) {
            sum += r[u] / r[0];
            weighted += (1 - (double)u / (double)n) * pow(r[u] / r[0], 2);
        }
    double n_var = (double)n / (1 + 2 * weighted);
    double features = trace * trace / squares;
    return (lln_effective){(double)n / (1 + 2 * sum), n_var, features,
                           n_var * features};
}

/* Sizes around powers of two; more features than tokens; one feature. */
START_TEST(measure_sizes)
{
    static const size_t shapes[][2] = {{2, 1},  {3, 2},  {4, 3}, {5, 1},
                                       {7, 8},  {8, 3},  {9, 5}, {16, 1},
                                       {33, 4}, {64, 2}, {5, 9}, {100, 6}};
    double x[600];
    float narrow[600];
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        size_t n = shapes[s][0], d = shapes[s][1];
        lln_effective out, same, want;
        fill(x, n, d);
        for (size_t i = 0; i < n * d; i++)
            x[i] = narrow[i] = (float)x[i];
        want = slow(x, n, d);
        expect_ok(lln_effective_measure((lln_matrix){LLN_FLOAT64, n, d, x},
                                        &out, NULL));
        expect_relative(out.n_mean, want.n_mean, 1e-11);
        expect_relative(out.n_var, want.n_var, 1e-11);
        expect_relative(out.features, want.features, 1e-11);
        expect_ok(lln_effective_measure((lln_matrix){LLN_FLOAT32, n, d, narrow},
                                        &same, NULL));
        ck_assert(memcmp(&same, &out, sizeof out) == 0);
    }
}
END_TEST

/* A constant column changes nothing, and has no values of its own. */
START_TEST(measure_constant)
{
    double x[32], with[64];
    lln_effective out, both, features[2];
    fill(x, 32, 1);
    for (size_t i = 0; i < 32; i++) {
        with[2 * i] = 1.0 / 3;
        with[2 * i + 1] = x[i];
    }
    expect_ok(
        lln_effective_measure((lln_matrix){LLN_FLOAT64, 32, 1, x}, &out, NULL));
    expect_ok(lln_effective_measure((lln_matrix){LLN_FLOAT64, 32, 2, with},
                                    &both, features));
    expect_relative(both.n_var, out.n_var, 1e-14);
    expect_relative(both.features, 1, 1e-14);
    ck_assert(isnan(features[0].n_var) && features[1].n_var == both.n_var);
}
END_TEST

START_TEST(measure_undefined)
{
    double x[] = {14.3, 14.3, 14.3, 14.3};
    lln_effective out, features[4];
    lln_matrix a = {LLN_FLOAT64, 2, 2, x};
    expect_status(lln_effective_measure(a, &out, features), LLN_EUNDEFINED);
    ck_assert(isnan(out.n_mean) && isnan(out.n_var) && isnan(out.features) &&
              isnan(out.values) && isnan(features[1].values));
    x[0] = 1;
    a = (lln_matrix){LLN_FLOAT64, 1, 4, x};
    expect_status(lln_effective_measure(a, &out, features), LLN_EUNDEFINED);
    ck_assert(isnan(out.n_mean) && isnan(features[3].n_mean));
    a = (lln_matrix){LLN_FLOAT64, 4, 0, x};
    expect_status(lln_effective_measure(a, &out, NULL), LLN_EUNDEFINED);
}
END_TEST

/* Lag by lag, and for slow waves of 200 tokens by the transform after all. */
START_TEST(tokens_same)
{
    enum { N = 900, D = 3 };
    double *x = calloc(N * D, sizeof *x), n_var;
    lln_effective all;
    fill(x, N, D);
    for (size_t i = 0; _i == 1 && i < N * D; i++)
        x[i] = 5 + sin((double)(i / D) * 2 * M_PI / 200);
    for (size_t n = 2; n <= N; n = 2 * n + 1) {
        lln_matrix a = {LLN_FLOAT64, n, D, x};
        expect_ok(lln_effective_measure(a, &all, NULL));
        expect_ok(lln_effective_tokens(a, &n_var));
        expect_relative(n_var, all.n_var, 1e-11);
    }
    lln_matrix one = {LLN_FLOAT64, 1, D, x};
    expect_status(lln_effective_tokens(one, &n_var), LLN_EUNDEFINED);
    ck_assert(isnan(n_var));
    free(x);
    const double equal[] = {14.3, 14.3, 14.3, 14.3};
    lln_matrix constant = {LLN_FLOAT64, 4, 1, equal};
    expect_status(lln_effective_tokens(constant, &n_var), LLN_EUNDEFINED);
    ck_assert(isnan(n_var));
}
END_TEST

START_TEST(tokens_cases)
{
    lln_head head = case_head(expected[_i].name, LLN_FLOAT64, false);
    double n_var;
    expect_ok(lln_effective_tokens(head.q, &n_var));
    expect_relative(n_var, expected[_i].n_var, 1e-12);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("effective");
    TCase *measure = tcase_create("measure");
    tcase_add_loop_test(measure, tokens_cases, 0,
                        sizeof expected / sizeof *expected);
    tcase_add_loop_test(measure, tokens_same, 0, 2);
    tcase_add_loop_test(measure, measure_cases, 0,
                        sizeof expected / sizeof *expected);
    tcase_add_test(measure, measure_sizes);
    tcase_add_test(measure, measure_constant);
    tcase_add_test(measure, measure_undefined);
    suite_add_tcase(suite, measure);
    return run_suite(suite);
}
