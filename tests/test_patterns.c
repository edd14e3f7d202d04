/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/patterns.h"

#include "dense.h"

enum { N = 40 };

/* Whether the pattern gives key j to row i, before the mask. */
static bool has_key(lln_pattern pattern, const size_t *id, size_t i, size_t j)
{
    switch (pattern) {
    case LLN_PATTERN_DUPLICATE:
        return j != i && id[j] == id[i];
    case LLN_PATTERN_INDUCTION:
        return j >= 1 && j <= i && id[j - 1] == id[i];
    default:
        return j + 1 == i;
    }
}

/* Bias that hides some keys, and weights of a pattern, for all pairs. */
static unsigned char seen[N * N];
static double weights[N * N];
static const lln_logit_grid hiding = {.flags = seen, .slice = {0, N, N, N, 1}};

static lln_pattern_mass slow_row(const lln_head *head, const double *p,
                                 lln_pattern pattern, const size_t *id,
                                 size_t i)
{
    double mass = 0, weight = 0;
    size_t keys = 0, found = 0;
    for (size_t j = 0; j < N; j++) {
        bool sees =
            dense_allowed(head, i, j) && (!head->rule.bias || seen[i * N + j]);
        double w = pattern == LLN_PATTERN_GIVEN ? weights[i * N + j]
                                                : has_key(pattern, id, i, j);
        keys += sees;
        if (!sees || w == 0)
            continue;
        found++;
        mass += w * p[i * N + j];
        weight += w;
    }
    if (keys == 0)
        return (lln_pattern_mass){NAN, NAN, NAN};
    if (found == 0)
        return (lln_pattern_mass){NAN, 0, NAN};
    return (lln_pattern_mass){mass, 1, weight / (double)keys};
}

static void slow_means(const lln_head *head, const double *p, const size_t *id,
                       const size_t *queries, size_t count,
                       lln_pattern_mass *out)
{
    for (size_t t = 0; t < LLN_PATTERNS; t++) {
        double sum[3] = {0, 0, 0}, used[3] = {0, 0, 0};
        for (size_t i = 0; i < count; i++) {
            lln_pattern_mass row =
                slow_row(head, p, (lln_pattern)t, id, queries[i]);
            double x[] = {row.mass, row.rows, row.uniform};
            for (size_t k = 0; k < 3; k++)
                if (!isnan(x[k])) {
                    sum[k] += x[k];
                    used[k]++;
                }
        }
        out[t] = (lln_pattern_mass){sum[0] / used[0], sum[1] / used[1],
                                    sum[2] / used[2]};
    }
}

static void expect_masses(const lln_pattern_mass *actual,
                          const lln_pattern_mass *wanted, double tolerance)
{
    for (size_t t = 0; t < LLN_PATTERNS; t++) {
        expect_relative(actual[t].mass, wanted[t].mass, tolerance);
        expect_relative(actual[t].rows, wanted[t].rows, 1e-14);
        expect_relative(actual[t].uniform, wanted[t].uniform, 1e-13);
    }
}

static const struct {
    const char *kernel;
    lln_mask mask;
    bool hides;
    lln_precision precision;
} cases[] = {
    {"softmax", {.causal = true}, false, LLN_FLOAT64},
    {"softmax", {.causal = true}, false, LLN_FLOAT32},
    {"softmax", {.causal = false}, false, LLN_FLOAT64},
    {"softmax", {.causal = true, .window = 7}, false, LLN_FLOAT64},
    {"softmax", {.window = 5}, true, LLN_FLOAT64},
    {"softmax", {.causal = true, .prefix = 9}, true, LLN_FLOAT64},
    {"lln:alpha=1:beta=1", {.causal = true}, false, LLN_FLOAT64},
    {"relu", {.causal = true}, false, LLN_FLOAT64},
    {"deltanet", {.causal = true}, false, LLN_FLOAT64},
    {"kvt:k=3", {.causal = true}, true, LLN_FLOAT64},
};
enum { CASES_COUNT = sizeof cases / sizeof *cases };

START_TEST(measure_dense)
{
    static const size_t some[] = {0, 1, 11, 12, 39};
    size_t id[N], all[N];
    lln_head head =
        dense_head(N, N, 4, 1.5, cases[_i].mask, cases[_i].precision);
    for (size_t i = 0; i < N; i++) {
        id[i] = lln_random_number(3, i) % 6;
        all[i] = i;
    }
    for (size_t i = 0; i < N * N; i++) {
        /* row 11 sees nothing */
        seen[i] = lln_random_number(4, i) % 4 > 0 && i / N != 11;
        weights[i] = lln_random_number(5, i) % 3 > 0 || i / N == 12
                         ? 0
                         : (double)(lln_random_number(6, i) % 100) / 10 - 3;
    }
    lln_logit_bias bias = {.mask = &hiding, .hides = true};
    head.rule.bias = cases[_i].hides ? &bias : NULL;
    lln_attention attention;
    lln_occurrences tokens;
    lln_tensor tensor = {.dtype = LLN_DTYPE_F64,
                         .axes = 2,
                         .shape = {N, N},
                         .strides = {N, 1},
                         .data = (const unsigned char *)weights};
    lln_pattern_grid grid = {.grid = {tensor, NULL, {0, N, N, N, 1}}};
    lln_pattern_sources sources = {&tokens, &grid, true};
    lln_pattern_mass out[LLN_PATTERNS], error[LLN_PATTERNS];
    lln_pattern_mass wanted[LLN_PATTERNS];
    double tolerance = cases[_i].precision == LLN_FLOAT32 ? 1e-5 : 1e-12;
    open_kernel(cases[_i].kernel, &head, NULL, 0, &attention);
    expect_ok(lln_occurrences_open(id, N, &tokens));
    double *p = dense_rows(&attention);
    expect_ok(lln_patterns_measure(&attention, NULL, 0, &sources, out, error));
    slow_means(&head, p, id, all, N, wanted);
    expect_masses(out, wanted, tolerance);
    ck_assert(error[LLN_PATTERN_DUPLICATE].mass == 0);
    expect_ok(lln_patterns_measure(&attention, some, 5, &sources, out, error));
    slow_means(&head, p, id, some, 5, wanted);
    expect_masses(out, wanted, tolerance);
    ck_assert(error[LLN_PATTERN_PREVIOUS].mass > 0);
    free(p);
    lln_occurrences_free(&tokens);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* The example of the header: ids 0 1 0 1, uniform causal rows. */
START_TEST(measure_example)
{
    static const size_t id[] = {0, 1, 0, 1};
    static const double zero[8] = {0};
    lln_head head = {.q = {LLN_FLOAT64, 4, 1, zero},
                     .k = {LLN_FLOAT64, 4, 1, zero},
                     .rule.scale = 1,
                     .rule.mask.causal = true};
    lln_attention attention;
    lln_occurrences tokens;
    lln_patterns *patterns;
    const lln_pattern_mass *rows;
    lln_pattern_sources sources = {&tokens, NULL, true};
    open_kernel("softmax", &head, NULL, 0, &attention);
    expect_ok(lln_occurrences_open(id, 4, &tokens));
    expect_ok(lln_patterns_open(&attention, 4, &sources, &patterns));
    expect_ok(
        lln_panels_visit(&attention, NULL, 4, 0, lln_patterns_visit, patterns));
    expect_ok(lln_patterns_finish(patterns, &rows));
    const lln_pattern_mass *last = rows + 3 * LLN_PATTERNS;
    expect_relative(last[LLN_PATTERN_DUPLICATE].mass, 0.25, 1e-15);
    expect_relative(last[LLN_PATTERN_INDUCTION].mass, 0.25, 1e-15);
    expect_relative(last[LLN_PATTERN_INDUCTION].uniform, 0.25, 1e-15);
    ck_assert(isnan(last[LLN_PATTERN_GIVEN].rows));
    ck_assert(isnan(rows[LLN_PATTERN_DUPLICATE].mass)); /* row 0 has none */
    ck_assert(rows[LLN_PATTERN_DUPLICATE].rows == 0);
    lln_pattern_mass out[LLN_PATTERNS];
    lln_patterns_mean(rows, 4, 4, out, NULL);
    expect_relative(out[LLN_PATTERN_DUPLICATE].mass, 7.0 / 24, 1e-15);
    ck_assert(out[LLN_PATTERN_DUPLICATE].rows == 0.5);
    ck_assert(out[LLN_PATTERN_PREVIOUS].rows == 0.75);
    ck_assert(isnan(out[LLN_PATTERN_GIVEN].rows));
    lln_patterns_free(patterns);
    lln_occurrences_free(&tokens);
    lln_attention_close(&attention);
}
END_TEST

/* One token has no pattern; no position, no previous key; with fewer queries
 * than keys it is the key before the query's own. */
START_TEST(measure_sizes)
{
    static const size_t id[] = {3};
    lln_head head = drawn_head(1, 1, 2, 1, true);
    lln_attention attention;
    lln_occurrences tokens;
    lln_pattern_mass out[LLN_PATTERNS];
    lln_pattern_sources sources = {&tokens, NULL, true};
    open_kernel("softmax", &head, NULL, 0, &attention);
    expect_ok(lln_occurrences_open(id, 1, &tokens));
    expect_ok(lln_patterns_measure(&attention, NULL, 0, &sources, out, NULL));
    for (size_t t = 0; t < LLN_PATTERN_GIVEN; t++)
        ck_assert(isnan(out[t].mass) && out[t].rows == 0);
    lln_occurrences_free(&tokens);
    lln_attention_close(&attention);
    lln_head_free(&head);
    head = drawn_head(2, 5, 2, 1, true);
    ck_assert(lln_pattern_has_positions(&head));
    sources = (lln_pattern_sources){NULL, NULL, true};
    open_kernel("softmax", &head, NULL, 0, &attention);
    double *p = dense_rows(&attention);
    expect_ok(lln_patterns_measure(&attention, NULL, 0, &sources, out, NULL));
    expect_relative(out[LLN_PATTERN_PREVIOUS].mass, (p[2] + p[5 + 3]) / 2,
                    1e-14);
    expect_relative(out[LLN_PATTERN_PREVIOUS].uniform, (0.25 + 0.2) / 2, 1e-14);
    ck_assert(isnan(out[LLN_PATTERN_DUPLICATE].rows));
    free(p);
    lln_attention_close(&attention);
    head.rule.mask.causal = false;
    ck_assert(!lln_pattern_has_positions(&head));
    lln_head_free(&head);
}
END_TEST

/* The number of threads does not change a bit, and numbers that cannot be used
 * are a failure. */
START_TEST(measure_threads)
{
    lln_head head =
        dense_head(N, N, 4, 1, (lln_mask){.causal = true}, LLN_FLOAT32);
    lln_attention attention;
    lln_pattern_mass out[2][LLN_PATTERNS];
    lln_tensor tensor = {.dtype = LLN_DTYPE_F64,
                         .axes = 2,
                         .shape = {N, N},
                         .strides = {N, 1},
                         .data = (const unsigned char *)weights};
    lln_pattern_grid grid = {.grid = {tensor, NULL, {0, N, N, N, 1}}};
    lln_pattern_sources sources = {NULL, &grid, true};
    draw_numbers(1, N * N, 1, weights);
    open_kernel("softmax", &head, NULL, 0, &attention);
    for (int t = 0; t < 2; t++) {
        lln_threads_set(t + 1);
        expect_ok(
            lln_patterns_measure(&attention, NULL, 0, &sources, out[t], NULL));
    }
    lln_threads_set(0);
    ck_assert_mem_eq(out[0], out[1], sizeof out[0]);
    weights[30 * N + 2] = NAN;
    expect_status(
        lln_patterns_measure(&attention, NULL, 0, &sources, out[0], NULL),
        LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(),
                     "--pattern: nan for query 30 and key 2; expected finite "
                     "numbers");
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("patterns");
    TCase *measure = tcase_create("measure");
    tcase_add_loop_test(measure, measure_dense, 0, CASES_COUNT);
    tcase_add_test(measure, measure_example);
    tcase_add_test(measure, measure_sizes);
    tcase_add_test(measure, measure_threads);
    suite_add_tcase(suite, measure);
    return run_suite(suite);
}
