/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The within-row variance of logits against values that numpy computed from the
 * full matrix (tests/data/README.md), and against the definition. */
#include "heads/temperature.h"

#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "core/threads.h"
#include "heads/files.h"

/* The definition: every logit of every row, two passes, long double. */
static double slow_variance(const lln_head *h)
{
    long double sum = 0;
    size_t rows = 0, first, end;
    long double *logits = malloc(h->k.rows * sizeof *logits);
    for (size_t i = 0; i < h->q.rows; i++) {
        long double mean = 0, squares = 0;
        lln_mask_keys(h->rule.mask, h->q.rows, h->k.rows, i, &first, &end);
        for (size_t j = first; j < end; j++) {
            logits[j] = 0;
            for (size_t l = 0; l < h->q.columns; l++)
                logits[j] += (long double)lln_matrix_get(h->q, i, l) *
                             lln_matrix_get(h->k, j, l);
            mean += logits[j] / (long double)(end - first);
        }
        for (size_t j = first; j < end; j++)
            squares += (logits[j] - mean) * (logits[j] - mean);
        if (end - first > 1) {
            sum += squares / (long double)(end - first - 1);
            rows++;
        }
    }
    free(logits);
    return (double)(sum / (long double)rows) * h->rule.scale * h->rule.scale;
}

static lln_head load_case(char name, bool causal, lln_heads *heads)
{
    char q[64], k[64];
    lln_head head = {0};
    snprintf(q, sizeof q, "tests/data/cases/case_%c_Q.npy", name);
    snprintf(k, sizeof k, "tests/data/cases/case_%c_K.npy", name);
    lln_files files = {
        .q = q, .k = k, .rule.mask = {.causal = causal}, .rule.scale = NAN};
    expect_ok(lln_files_open(&files, heads));
    expect_ok(heads->load(heads, 0, NAN, LLN_FLOAT64, &head));
    return head;
}

/* numpy: (K - K.mean(0)).T @ (K - K.mean(0)) / (N - 1) = S,
 * trace(S @ Q.T @ Q) / N / d; equal to a.var(axis=1, ddof=1).mean() of
 * a = Q @ K.T / sqrt(d) to 1e-15. */
static const struct {
    char name;
    double variance;
} cases[] = {{'A', 1.357757457923555},
             {'B', 1.0073424127223365},
             {'C', 0.74471004056627754},
             {'D', 1.25},
             {'E', 19277.714972374262}};

START_TEST(temperature_variance_cases)
{
    lln_heads heads = {0};
    lln_head head = load_case(cases[_i].name, false, &heads);
    double variance;
    expect_ok(lln_temperature_variance(&head, &variance));
    expect_relative(variance, cases[_i].variance, 1e-12);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

/* numpy: np.mean([a[i, :i + 1].var(ddof=1) for i in range(1, N)]). */
START_TEST(temperature_variance_causal_case)
{
    lln_heads heads = {0};
    lln_head head = load_case('A', true, &heads);
    double variance;
    expect_ok(lln_temperature_variance(&head, &variance));
    expect_relative(variance, 1.435865190426584, 1e-12);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

START_TEST(temperature_variance_causal_cases_against_slow)
{
    lln_heads heads = {0};
    lln_head head = load_case(cases[_i].name, true, &heads);
    double variance;
    expect_ok(lln_temperature_variance(&head, &variance));
    expect_relative(variance, slow_variance(&head), 1e-12);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

/* Uniform values; each column has its own mean and a drift over the rows. */
static double *numbers(size_t rows, size_t d, double offset)
{
    double *x = malloc(rows * d * sizeof *x);
    for (size_t i = 0; i < rows; i++)
        for (size_t l = 0; l < d; l++)
            x[i * d + l] = rand() / (RAND_MAX + 1.0) + offset * (double)l +
                           (double)i / (double)rows;
    return x;
}

static const struct {
    size_t n, m, d;
    double offset, tolerance;
} shapes[] = {
    {1, 2, 1, 0, 1e-13},
    {5, 5, 3, 0.3, 1e-12},
    {3, 700, 5, 0.3, 1e-12},
    {700, 3, 5, 0.3, 1e-12},
    {256, 256, 4, 0, 1e-12},
    {257, 513, 4, 0.3, 1e-12},
    {300, 900, 7, 0, 1e-12},
    {1, 600, 2, 0.3, 1e-12},
    {5000, 5000, 2, 0, 1e-12},
    /* A key mean of 10^6 cancels; its rounding is 10^6 2^-53 for each key. */
    {300, 600, 3, 1e6, 1e-7},
};

START_TEST(temperature_variance_shapes)
{
    size_t n = shapes[_i].n, m = shapes[_i].m, d = shapes[_i].d;
    srand(3);
    double *q = numbers(n, d, 0.1), *k = numbers(m, d, shapes[_i].offset);
    lln_head head = {.q = {LLN_FLOAT64, n, d, q},
                     .k = {LLN_FLOAT64, m, d, k},
                     .rule.scale = 0.37};
    double variance;
    for (int causal = 0; causal <= (n <= m); causal++) {
        head.rule.mask.causal = causal;
        expect_ok(lln_temperature_variance(&head, &variance));
        expect_relative(variance, slow_variance(&head), shapes[_i].tolerance);
    }
    free(q);
    free(k);
}
END_TEST

/* Windows shorter than a chunk of 256 keys, of several chunks, and of all
 * keys. */
static const size_t windows[] = {2, 3, 200, 256, 257, 700, 1300, 5000};

START_TEST(temperature_variance_windows)
{
    srand(7);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        size_t n = shapes[s].n, m = shapes[s].m, d = shapes[s].d;
        if (n > m)
            continue;
        double *q = numbers(n, d, 0.1), *k = numbers(m, d, shapes[s].offset);
        lln_head head = {.q = {LLN_FLOAT64, n, d, q},
                         .k = {LLN_FLOAT64, m, d, k},
                         .rule.mask = {.window = windows[_i]},
                         .rule.scale = 0.37};
        for (int causal = 0; causal <= 1; causal++) {
            double variance;
            head.rule.mask.causal = causal;
            expect_ok(lln_temperature_variance(&head, &variance));
            expect_relative(variance, slow_variance(&head),
                            shapes[s].tolerance);
        }
        free(q);
        free(k);
    }
}
END_TEST

/* Keys before all windows are a million times farther away than those
 * inside: a difference of sums over all keys would have no correct digits.
 * The chunk with the jump is centered at about 10^5, and only a part of it
 * is in the windows. */
START_TEST(temperature_variance_window_after_a_jump)
{
    enum { ROWS = 300, KEYS = 1500, D = 3 };
    srand(11);
    double *q = numbers(ROWS, D, 0.1), *k = numbers(KEYS, D, 0.2), variance;
    for (size_t j = 0; j < 800 * D; j++)
        k[j] += 1e6;
    lln_head head = {.q = {LLN_FLOAT64, ROWS, D, q},
                     .k = {LLN_FLOAT64, KEYS, D, k},
                     .rule.mask = {.causal = _i, .window = 400},
                     .rule.scale = 1};
    expect_ok(lln_temperature_variance(&head, &variance));
    expect_relative(variance, slow_variance(&head), 1e-10);
    free(q);
    free(k);
}
END_TEST

START_TEST(temperature_variance_float32_and_threads)
{
    enum { ROWS = 3000, D = 4 };
    srand(5);
    double *q = numbers(ROWS, D, 0.1), *k = numbers(ROWS, D, 0.2), result[3];
    float *q32 = malloc(ROWS * D * sizeof *q32);
    float *k32 = malloc(ROWS * D * sizeof *k32);
    for (size_t i = 0; i < ROWS * D; i++) {
        q32[i] = (float)q[i];
        k32[i] = (float)k[i];
    }
    lln_head head = {.q = {LLN_FLOAT32, ROWS, D, q32},
                     .k = {LLN_FLOAT32, ROWS, D, k32},
                     .rule.mask = {.causal = _i % 2, .window = _i / 2 * 900},
                     .rule.scale = 0.5};
    for (int threads = 1; threads <= 3; threads++) {
        lln_threads_set(threads);
        expect_ok(lln_temperature_variance(&head, &result[threads - 1]));
    }
    ck_assert(result[0] == result[1] && result[0] == result[2]);
    expect_relative(result[0], slow_variance(&head), 1e-12);
    free(q);
    free(k);
    free(q32);
    free(k32);
}
END_TEST

START_TEST(temperature_variance_constant_keys)
{
    const double q[] = {2.385, -0.07}, k[] = {0.3, 0.3, 0.3};
    lln_head head = {.q = {LLN_FLOAT64, 2, 1, q},
                     .k = {LLN_FLOAT64, 3, 1, k},
                     .rule.mask = {.causal = _i % 2, .window = _i / 2 * 2},
                     .rule.scale = 1};
    double variance;
    expect_ok(lln_temperature_variance(&head, &variance));
    ck_assert(variance == 0);
}
END_TEST

/* A head that keeps its variance does not measure again: here the keys are
 * changed in place. */
/* Keys that are equal, or differ only in the last place, of any size: the
 * correct variance is 0 or below (2^-52 |q| |k|)^2, and there is no
 * temperature. */
START_TEST(temperature_variance_equal_keys)
{
    static const double keys[] = {14.3, -0.1, 1e-40, 1e6, 1.0 / 3};
    static const lln_mask masks[] = {
        {0}, {.causal = true}, {.causal = true, 100}};
    enum { MANY = 700, D = 24 };
    double *q = calloc(MANY * D, sizeof *q), *k = calloc(MANY * D, sizeof *k);
    for (size_t i = 0; i < MANY * D; i++) {
        q[i] = 5 * sin(0.7 * (double)i);
        k[i] = keys[_i] * cos((double)(i % D));
        if (_i == 4 && i / D % 3 == 1) /* from sums in another order */
            k[i] += k[i] * (i % 2 ? 0x1p-53 : -0x1p-52);
    }
    for (int m = 0; m < 3; m++) {
        lln_head head = {.q = {LLN_FLOAT64, MANY, D, q},
                         .k = {LLN_FLOAT64, MANY, D, k},
                         .rule = {.scale = 0.2, .mask = masks[m]}};
        double variance = NAN, tau = 1;
        expect_ok(lln_temperature_variance(&head, &variance));
        ck_assert(variance == 0);
        expect_status(lln_temperature_measure(&head, &tau), LLN_EUNDEFINED);
        ck_assert(isnan(tau));
        /* 1e-11 is much more than rounding. */
        for (size_t i = 0; i < D; i++)
            k[i] *= 1 + 1e-11 * (double)i;
        expect_ok(lln_temperature_variance(&head, &variance));
        expect_relative(variance, slow_variance(&head), 1e-3);
        for (size_t i = 0; i < D; i++)
            k[i] = k[3 * D + i];
    }
    free(q);
    free(k);
}
END_TEST

START_TEST(temperature_variance_kept)
{
    lln_heads heads = {0};
    lln_head head = load_case('A', false, &heads);
    lln_variance_kept kept;
    double first, again;
    lln_head_keep_variance(&head, &kept);
    expect_ok(lln_temperature_variance(&head, &first));
    expect_relative(first, 1.357757457923555, 1e-12);
    double *keys = (double *)head.storage + head.q.rows * head.q.columns;
    ck_assert_ptr_eq(keys, head.k.data);
    for (size_t i = 0; i < head.k.rows * head.k.columns; i += 2)
        keys[i] *= 2;
    expect_ok(lln_temperature_variance(&head, &again));
    expect_relative(again, first, 0);
    head.rule.scale *= 2;
    expect_ok(lln_temperature_variance(&head, &again));
    expect_relative(again, 4 * first, 0);
    /* With another mask, other queries or keys, or nothing kept, it is
     * measured. */
    for (int change = 0; change < 5; change++) {
        lln_head other = head;
        other.rule.mask.causal = change == 0;
        other.rule.mask.window = change == 1 ? 5 : 0;
        if (change == 2)
            other.q = lln_matrix_rows(head.q, 1, head.q.rows - 1);
        if (change == 3)
            other.k = lln_matrix_rows(head.k, 0, head.k.rows - 1);
        if (change == 4)
            other.kept = NULL;
        expect_ok(lln_temperature_variance(&other, &again));
        expect_relative(again, slow_variance(&other), 1e-12);
    }
    expect_ok(lln_temperature_variance(&head, &again));
    expect_relative(again, 4 * first, 0);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

START_TEST(temperature_variance_undefined)
{
    const double x[] = {2.385, -0.07};
    lln_head head = {.q = {LLN_FLOAT64, 2, 1, x},
                     .k = {LLN_FLOAT64, 1, 1, x},
                     .rule.scale = 1};
    double variance = 0;
    expect_status(lln_temperature_variance(&head, &variance), LLN_EUNDEFINED);
    ck_assert(isnan(variance));
    head.q.rows = 1;
    head.rule.mask.causal = true;
    expect_status(lln_temperature_variance(&head, &variance), LLN_EUNDEFINED);
    /* One query that attends to both keys. */
    head.k.rows = 2;
    expect_ok(lln_temperature_variance(&head, &variance));
    expect_relative(variance, 2.385 * 2.385 * 2.455 * 2.455 / 2, 1e-14);
    head.rule.mask.window = 2;
    expect_ok(lln_temperature_variance(&head, &variance));
    expect_relative(variance, 2.385 * 2.385 * 2.455 * 2.455 / 2, 1e-14);
    head.rule.mask.window = 1; /* attends to one */
    expect_status(lln_temperature_variance(&head, &variance), LLN_EUNDEFINED);
    ck_assert(isnan(variance));
}
END_TEST

START_TEST(temperature_variance_refused)
{
    const double x[] = {2.385, -0.07, 0.3};
    lln_head head = {.q = {LLN_FLOAT64, 3, 1, x},
                     .k = {LLN_FLOAT64, 2, 1, x},
                     .rule.mask = {.causal = true},
                     .rule.scale = 1};
    double variance = 0;
    expect_status(lln_temperature_variance(&head, &variance), LLN_EINVAL);
    ck_assert(isnan(variance));
    head.rule.mask = (lln_mask){.window = 2};
    expect_status(lln_temperature_variance(&head, &variance), LLN_EINVAL);
    head.rule.mask = (lln_mask){.block = 2};
    expect_status(lln_temperature_variance(&head, &variance), LLN_EINVAL);
    expect_status(lln_temperature_measure(&head, &variance), LLN_EUNDEFINED);
    ck_assert(isnan(variance));
    head.rule.mask.block = 0;
    lln_stop_requested = 1;
    expect_status(lln_temperature_variance(&head, &variance), LLN_EINTERRUPTED);
    ck_assert(isnan(variance));
    head.q.rows = 2;
    head.rule.mask.window = 2;
    expect_status(lln_temperature_variance(&head, &variance), LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    head.q.columns = head.k.columns = (size_t)1 << 32;
    expect_status(lln_temperature_variance(&head, &variance), LLN_ENOMEM);
    head.rule.mask.window = 0;
    expect_status(lln_temperature_variance(&head, &variance), LLN_ENOMEM);
}
END_TEST

#define COUNT(a) (int)(sizeof(a) / sizeof *(a))

/* C_cross_hat, sigma_q_ddof1, sigma_k_ddof1 of the reference cases. */
START_TEST(temperature_moments_cases)
{
    lln_head head = case_head(CASES[_i].name, LLN_FLOAT64, false);
    double sigma_q, sigma_k, cross;
    expect_ok(lln_temperature_moments(&head, &sigma_q, &sigma_k, &cross));
    const char *name = CASES[_i].name;
    double d2 = case_scalar(name, "data", "D2_fast_formula");
    expect_relative(sigma_q, case_scalar(name, "data", "sigma_q_ddof1"), 1e-12);
    expect_relative(sigma_k, case_scalar(name, "data", "sigma_k_ddof1"), 1e-12);
    expect_absolute(cross, case_scalar(name, "data", "C_cross_hat=D2-sq2sk2"),
                    1e-12 * d2);
    expect_relative(lln_temperature_deviation(&head, sigma_q, sigma_k),
                    sigma_q * sigma_k, 1e-14);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("temperature");
    TCase *variance = tcase_create("lln_temperature_variance");
    tcase_set_timeout(variance, 60);
    tcase_add_loop_test(variance, temperature_variance_cases, 0, COUNT(cases));
    tcase_add_test(variance, temperature_variance_causal_case);
    tcase_add_loop_test(variance,
                        temperature_variance_causal_cases_against_slow, 0,
                        COUNT(cases));
    tcase_add_loop_test(variance, temperature_variance_shapes, 0,
                        COUNT(shapes));
    tcase_add_loop_test(variance, temperature_variance_windows, 0,
                        COUNT(windows));
    tcase_add_loop_test(variance, temperature_variance_window_after_a_jump, 0,
                        2);
    tcase_add_loop_test(variance, temperature_variance_float32_and_threads, 0,
                        4);
    tcase_add_loop_test(variance, temperature_variance_constant_keys, 0, 4);
    tcase_add_loop_test(variance, temperature_moments_cases, 0, CASE_COUNT);
    tcase_add_loop_test(variance, temperature_variance_equal_keys, 0, 5);
    tcase_add_test(variance, temperature_variance_kept);
    tcase_add_test(variance, temperature_variance_undefined);
    tcase_add_test(variance, temperature_variance_refused);
    suite_add_tcase(suite, variance);
    return run_suite(suite);
}
