/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kept rows of heads give the js of lln_pair_measure, which other tests compare
 * with reference values. */
#include "measure/pair_sample.h"

#include "dense.h"
#include "measure/pair.h"

static const size_t list[5] = {0, 4, 17, 40, 89};

/* Two attentions of one kernel, and a sample of each. */
typedef struct {
    lln_head heads[2];
    lln_attention attention[2];
    lln_pair_sample *samples[2];
} two_heads;

static void open_two(const char *kernel, size_t n, size_t m, bool causal,
                     const lln_precision precision[2], const size_t *queries,
                     size_t count, two_heads *out)
{
    for (int a = 0; a < 2; a++) {
        lln_mask mask = {.causal = causal};
        out->heads[a] =
            dense_head(n, m, 4 + (size_t)a, 1 + a, mask, precision[a]);
        open_kernel(kernel, &out->heads[a], NULL, 0, &out->attention[a]);
        expect_ok(lln_pair_sample_open(&out->attention[a], queries, count,
                                       &out->samples[a]));
    }
}

static void close_two(two_heads *two)
{
    for (int a = 0; a < 2; a++) {
        lln_pair_sample_close(two->samples[a]);
        lln_attention_close(&two->attention[a]);
        lln_head_free(&two->heads[a]);
    }
}

static double measured(two_heads *two, const size_t *queries, size_t count)
{
    lln_pair pair;
    const lln_pair_options options = {
        .queries = queries, .count = count, .distances = true};
    expect_ok(lln_pair_measure(&two->attention[0], &two->attention[1], &options,
                               &pair, NULL));
    return pair.js;
}

static double sampled(const two_heads *two, double most)
{
    double js, other;
    expect_ok(lln_pair_sample_js(two->samples[0], two->samples[1], most, &js));
    expect_ok(
        lln_pair_sample_js(two->samples[1], two->samples[0], most, &other));
    ck_assert(js == other || (isnan(js) && isnan(other)));
    return js;
}

static const char *const kernels[] = {"softmax", "lln:alpha=1:beta=1", "elu",
                                      "topth:k=9"};

START_TEST(same_as_pair)
{
    const lln_precision both[3][2] = {{LLN_FLOAT32, LLN_FLOAT32},
                                      {LLN_FLOAT64, LLN_FLOAT64},
                                      {LLN_FLOAT32, LLN_FLOAT64}};
    for (int precision = 0; precision < 3; precision++)
        for (int causal = 0; causal < 2; causal++) {
            two_heads two;
            open_two(kernels[_i], 90, 90, causal, both[precision], list, 5,
                     &two);
            double js = measured(&two, list, 5);
            ck_assert(js > 0.001 && js < 0.7);
            /* The products of other numbers of rows, and entries instead of
             * scores, round differently. */
            double tolerance = precision == 1 ? 1e-12 : 1e-5;
            expect_relative(sampled(&two, INFINITY), js, tolerance);
            expect_relative(sampled(&two, js * (1 + tolerance)), js, tolerance);
            ck_assert_double_eq(sampled(&two, js * 0.9), INFINITY);
            close_two(&two);
        }
}
END_TEST

START_TEST(all_rows)
{
    const lln_precision both[2] = {LLN_FLOAT32, LLN_FLOAT32};
    two_heads two;
    open_two(kernels[_i], 20, 33, false, both, NULL, 20, &two);
    expect_relative(sampled(&two, INFINITY), measured(&two, NULL, 0), 0);
    close_two(&two);
}
END_TEST

/* A mask with holes and a row without keys; precisions that differ, too. */
START_TEST(hidden_keys)
{
    enum { ROWS = 20, KEYS = 26 };
    unsigned char flags[ROWS * KEYS];
    const lln_precision both[2] = {LLN_FLOAT32,
                                   _i % 2 ? LLN_FLOAT64 : LLN_FLOAT32};
    for (size_t j = 0; j < ROWS * KEYS; j++)
        flags[j] = j % KEYS % 5 != 2 && j / KEYS != 7;
    lln_logit_grid grid = {.flags = flags, .slice = {0, ROWS, KEYS, KEYS, 1}};
    lln_logit_bias bias = {.mask = &grid, .hides = true};
    two_heads two;
    for (size_t a = 0; a < 2; a++) {
        two.heads[a] = dense_head(ROWS, KEYS, 4 + a, 1, (lln_mask){0}, both[a]);
        two.heads[a].rule.bias = &bias;
        open_kernel(_i < 2 ? "softmax" : "topth:k=3", &two.heads[a], NULL, 0,
                    &two.attention[a]);
        expect_ok(lln_pair_sample_open(&two.attention[a], NULL, ROWS,
                                       &two.samples[a]));
    }
    double js = measured(&two, NULL, 0);
    ck_assert(js > 0.01 && js < 0.7);
    expect_relative(sampled(&two, INFINITY), js, _i == 1 ? 1e-5 : 0);
    close_two(&two);
}
END_TEST

START_TEST(other_shapes)
{
    const lln_precision both[2] = {LLN_FLOAT64, LLN_FLOAT64};
    two_heads a, b, c;
    double js;
    open_two("softmax", 90, 90, false, both, list, 5, &a);
    open_two("softmax", 90, 80, false, both, list, 5, &b);
    open_two("softmax", 90, 90, true, both, list, 5, &c);
    expect_ok(lln_pair_sample_js(a.samples[0], b.samples[0], INFINITY, &js));
    ck_assert(isnan(js));
    /* row 89 may see the same keys; it has the value of that row */
    expect_ok(lln_pair_sample_js(a.samples[0], c.samples[0], INFINITY, &js));
    expect_absolute(js, 0, 1e-15);
    close_two(&a);
    close_two(&b);
    close_two(&c);
}
END_TEST

START_TEST(refused)
{
    lln_head head = dense_head(200, 9, 3, 1, (lln_mask){0}, LLN_FLOAT32);
    lln_attention attention;
    lln_pair_sample *sample;
    open_kernel("softmax", &head, NULL, 0, &attention);
    expect_status(lln_pair_sample_open(&attention, NULL, 0, &sample),
                  LLN_EINVAL);
    expect_status(lln_pair_sample_open(&attention, NULL, 200, &sample),
                  LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "200 rows, expected 1 to 192");
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    int count = sizeof kernels / sizeof *kernels;
    Suite *suite = suite_create("pair_sample");
    TCase *sample = tcase_create("lln_pair_sample_js");
    tcase_add_loop_test(sample, same_as_pair, 0, count);
    tcase_add_loop_test(sample, all_rows, 0, count);
    tcase_add_loop_test(sample, hidden_keys, 0, 4);
    tcase_add_test(sample, other_shapes);
    tcase_add_test(sample, refused);
    suite_add_tcase(suite, sample);
    return run_suite(suite);
}
