/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/query_norm.h"

#include "dense.h"
#include "measure/correlation.h"
#include "measure/row_sample.h"

enum { BOTH = LLN_QUERY_NORM_CORRELATION | LLN_QUERY_NORM_SLOPE };

static void measure(const char *kernel, const lln_head *head,
                    const size_t *queries, size_t count, lln_query_norm *out,
                    lln_query_norm *error)
{
    lln_kernel_choice choice;
    lln_attention attention;
    lln_row *rows = NULL;
    expect_ok(lln_kernel_parse(kernel, &choice));
    expect_ok(lln_kernel_open(&choice, head, &attention));
    expect_ok(lln_rows_alloc(&attention, queries, &count, &rows));
    expect_ok(lln_rows_measure(&attention, queries, count,
                               lln_query_norm_statistics(&attention, BOTH),
                               rows));
    expect_ok(lln_query_norm_measure(&choice, head, &attention, queries, count,
                                     rows, BOTH, out, error));
    free(rows);
    lln_attention_close(&attention);
}

START_TEST(norms_values)
{
    static const double q[] = {3, -4, 1e200, 1e200, 3e-320, 4e-320, 0, 0};
    static const size_t some[] = {1, 3};
    lln_head head = {.q = {LLN_FLOAT64, 4, 2, q}};
    double norms[4];
    lln_query_norms(&head, NULL, 4, norms);
    ck_assert(norms[0] == 5 && norms[3] == 0);
    expect_relative(norms[1], sqrt(2) * 1e200, 1e-15);
    expect_relative(norms[2], 5e-320, 1e-3); /* subnormal */
    lln_query_norms(&head, some, 2, norms);
    expect_relative(norms[0], sqrt(2) * 1e200, 1e-15);
    ck_assert(norms[1] == 0);
    head.q.data = NULL;
    lln_query_norms(&head, NULL, 4, norms);
    ck_assert(isnan(norms[0]));
}
END_TEST

/* Logits (0, g) with g = 1, 2, 3: by hand, P = 1/(1 + e^g), H falls with |q| =
 * 1, 2, 3, and the slope is -mean of P (1 - P) g^2. Python:
 *     p = 1/(1+exp(g)); h = -p*log(p)-(1-p)*log(1-p)
 *     scipy.stats.pearsonr([1, 2, 3], h) */
START_TEST(measure_by_hand)
{
    static const double q[] = {1, 2, 3}, k[] = {0, 1};
    lln_head head = {.q = {LLN_FLOAT64, 3, 1, q},
                     .k = {LLN_FLOAT64, 2, 1, k},
                     .rule.scale = 1};
    lln_query_norm out, error;
    measure("softmax", &head, NULL, 0, &out, &error);
    expect_relative(out.correlation, -0.9980492059878769, 1e-13);
    expect_relative(out.spearman, -1, 1e-15);
    double slope = 0;
    for (size_t i = 0; i < 3; i++)
        slope -= q[i] * q[i] / (2 + exp(q[i]) + exp(-q[i])) / 3;
    expect_relative(out.slope, slope, 1e-14);
    ck_assert(error.correlation == 0 && error.spearman == 0);
    ck_assert(error.slope == 0);
}
END_TEST

/* Minus the varentropy of the rows, or a pass of its own. */
START_TEST(slopes_passes)
{
    lln_head head =
        dense_head(70, 70, 4, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
    double once[70], twice[70];
    lln_row rows[70];
    lln_attention attention;
    lln_kernel_choice choice;
    expect_ok(lln_kernel_parse("softmax", &choice));
    expect_ok(lln_kernel_open(&choice, &head, &attention));
    ck_assert(lln_query_norm_statistics(&attention, BOTH) ==
              (LLN_ROW_ENTROPY | LLN_ROW_SHAPE));
    ck_assert(lln_query_norm_statistics(
                  &attention, LLN_QUERY_NORM_CORRELATION) == LLN_ROW_ENTROPY);
    expect_ok(lln_rows_measure(&attention, NULL, 70,
                               LLN_ROW_ENTROPY | LLN_ROW_SHAPE, rows));
    expect_ok(lln_query_norm_slopes(&choice, &head, &attention, NULL, 70, rows,
                                    once));
    expect_ok(lln_rows_measure(&attention, NULL, 70, LLN_ROW_ENTROPY, rows));
    expect_ok(lln_query_norm_slopes(&choice, &head, &attention, NULL, 70, rows,
                                    twice));
    expect_all((lln_matrix){LLN_FLOAT64, 1, 70, once}, twice, 1e-13);
    ck_assert(once[0] == 0 && twice[0] == 0);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* What is constant has no correlation; what one row has no spread. */
START_TEST(measure_undefined)
{
    static const double q[] = {1, -1, 1, 1, 2, 3}, zero[6] = {0};
    static const double k[] = {0.5, 2, -1, 3, 0.1, 1};
    lln_head head = {.q = {LLN_FLOAT64, 6, 1, zero},
                     .k = {LLN_FLOAT64, 6, 1, k},
                     .rule.scale = 1,
                     .rule.mask.causal = true};
    lln_query_norm out;
    measure("softmax", &head, NULL, 0, &out, NULL); /* all queries are 0 */
    ck_assert(isnan(out.correlation) && isnan(out.spearman));
    ck_assert(out.slope == 0);
    head.q = (lln_matrix){LLN_FLOAT64, 4, 1, q}; /* norms are equal */
    measure("softmax", &head, NULL, 0, &out, NULL);
    ck_assert(isnan(out.correlation) && isnan(out.spearman));
    ck_assert(out.slope < 0);
    head.q = (lln_matrix){LLN_FLOAT64, 6, 1, q};
    head.k.data = zero; /* entropies are ln m */
    measure("softmax", &head, NULL, 0, &out, NULL);
    ck_assert(isnan(out.correlation) && out.slope == 0);
    head.k = (lln_matrix){LLN_FLOAT64, 1, 1, k}; /* one key */
    head.rule.mask.causal = false;
    measure("softmax", &head, NULL, 0, &out, NULL);
    ck_assert(isnan(out.correlation) && out.slope == 0);
    head.q.rows = 1;
    measure("softmax", &head, NULL, 0, &out, NULL);
    ck_assert(isnan(out.correlation) && out.slope == 0);
}
END_TEST

/* Negative entries leave no entropy; rows of zeros are left out; a sink changes
 * nothing, and neither does a divisor that is too large. */
START_TEST(measure_sums)
{
    lln_head head =
        dense_head(32, 32, 4, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
    lln_query_norm out, other;
    measure("softmax", &head, NULL, 0, &out, NULL);
    head.rule.has_sink = true;
    measure("softmax", &head, NULL, 0, &other, NULL);
    expect_relative(other.correlation, out.correlation, 1e-12);
    expect_relative(other.slope, out.slope, 1e-12);
    head.rule.has_sink = false;
    measure("lln:alpha=1:beta=1", &head, NULL, 0, &out, NULL);
    measure("lln:alpha=1:beta=1:eps=0.5", &head, NULL, 0, &other, NULL);
    expect_relative(other.correlation, out.correlation, 1e-11);
    expect_relative(other.slope, out.slope, 1e-3);
    measure("relu", &head, NULL, 0, &out, NULL);
    measure("relu:eps=1", &head, NULL, 0, &other, NULL);
    expect_relative(other.correlation, out.correlation, 1e-11);
    ck_assert(out.slope == 0 && other.slope == 0);
    measure("deltanet", &head, NULL, 0, &out, NULL);
    ck_assert(isnan(out.correlation) && isnan(out.slope));
    lln_head_free(&head);
}
END_TEST

/* Keys without a weight are keys, and hidden ones are not: kvt keeps 3 keys of
 * each row, whose entropy is divided by ln of all that the mask allows. */
START_TEST(measure_keys)
{
    enum { N = 12 };
    lln_head head =
        dense_head(N, N, 4, 2, (lln_mask){.causal = true}, LLN_FLOAT64);
    double by_distance[2 * N - 1] = {0}, norm[N], share[N];
    by_distance[N - 1 - 2] = -INFINITY; /* two tokens before */
    lln_logit_bias bias = {
        .by_distance = by_distance, .zero = N - 1, .hides = true};
    head.rule.bias = &bias;
    static const char *const kernels[] = {"softmax", "kvt:k=3"};
    lln_attention attention;
    open_kernel(kernels[_i], &head, NULL, 0, &attention);
    double *p = dense_rows(&attention);
    size_t count = 0;
    for (size_t i = 1; i < N; i++) {
        double keys = i < 2 ? (double)i + 1 : (double)i, entropy = 0, q = 0;
        for (size_t j = 0; j < N; j++)
            entropy -= p[i * N + j] > 0 ? p[i * N + j] * log(p[i * N + j]) : 0;
        for (size_t l = 0; l < 4; l++)
            q += pow(lln_matrix_get(head.q, i, l), 2);
        norm[count] = sqrt(q);
        share[count++] = entropy / log(keys);
    }
    lln_correlation wanted;
    lln_query_norm out;
    expect_ok(
        lln_correlation_measure(norm, 0, share, 0, count, count, &wanted));
    measure(kernels[_i], &head, NULL, 0, &out, NULL);
    expect_relative(out.correlation, wanted.pearson, 1e-12);
    expect_relative(out.spearman, wanted.spearman, 1e-12);
    free(p);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Drawn rows give about the values of all, within their errors. */
START_TEST(measure_drawn)
{
    lln_head head = drawn_head(200, 200, 8, 1, false);
    lln_query_norm all, out, error, spread = {0, 0, 0}, claimed = {0, 0, 0};
    size_t rows[60];
    measure("softmax", &head, NULL, 0, &all, NULL);
    for (uint32_t t = 0; t < 60; t++) {
        expect_ok(lln_rows_draw(200, 60, 3, t, rows));
        measure("softmax", &head, rows, 60, &out, &error);
        spread.correlation += pow(out.correlation - all.correlation, 2) / 60;
        spread.slope += pow(out.slope - all.slope, 2) / 60;
        claimed.correlation += error.correlation / 60;
        claimed.slope += error.slope / 60;
    }
    expect_relative(claimed.correlation, sqrt(spread.correlation), 0.3);
    expect_relative(claimed.slope, sqrt(spread.slope), 0.3);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("query_norm");
    TCase *all = tcase_create("query_norm");
    tcase_add_test(all, norms_values);
    tcase_add_test(all, measure_by_hand);
    tcase_add_test(all, slopes_passes);
    tcase_add_test(all, measure_undefined);
    tcase_add_test(all, measure_sums);
    tcase_add_loop_test(all, measure_keys, 0, 2);
    tcase_add_test(all, measure_drawn);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
