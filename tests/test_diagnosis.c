/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Entropy and its bounds, the largest singular value, and the summary of all
 * heads of a model. */
#include <gsl/gsl_linalg.h>

#include "measure/diagnosis.h"
#include "measure/row_sample.h"
#include "spectrum_case.h"

/* Row by row, for any kernel: P is softmax of ln P. */
static void check_floor(const lln_head *head, const char *kernel)
{
    lln_attention attention;
    lln_row *rows;
    size_t count;
    case_open(head, kernel, &attention);
    expect_ok(lln_rows_alloc(&attention, NULL, &count, &rows));
    expect_ok(lln_rows_measure(&attention, NULL, count,
                               LLN_ROW_ENTROPY | LLN_ROW_MOMENTS, rows));
    for (size_t i = 0; i < count; i++) {
        lln_entropy row;
        lln_entropy_summarise(&attention, &rows[i], 1, &row, NULL);
        ck_assert(isnan(row.floor) == isnan(rows[i].entropy));
        if (isnan(row.floor)) /* not a distribution */
            continue;
        ck_assert_msg(row.floor <= row.entropy * (1 + 1e-12), "%zu: %g %g", i,
                      row.floor, row.entropy);
        ck_assert(row.floor >= 0);
        if (rows[i].keys == 2)
            expect_relative(row.floor, row.entropy, 1e-10);
    }
    free(rows);
    lln_attention_close(&attention);
}

START_TEST(floor_below_entropy)
{
    static const char *const names[] = {"A", "B", "C", "D", "E"};
    for (int causal = 0; causal < 2; causal++) {
        lln_head head = case_head(names[_i], LLN_FLOAT64, causal);
        check_floor(&head, "softmax");
        check_floor(&head, "lln:alpha=1:beta=1");
        check_floor(&head, "cosformer");
        lln_head_free(&head);
    }
}
END_TEST

START_TEST(head_figures)
{
    const char *name = CASES[_i].name;
    for (int lln = 0; lln < 2; lln++) {
        const char *label = lln ? "lln" : "softmax";
        lln_head head = case_head(name, LLN_FLOAT64, false);
        lln_attention attention;
        lln_head_diagnosis out;
        double entropy = case_scalar(name, label, "mean_entropy_nats");
        case_open(&head, lln ? CASES[_i].lln : "softmax", &attention);
        expect_ok(lln_head_diagnosis_measure(&attention, true, &out));
        expect_relative(out.entropy, entropy, 1e-12);
        expect_relative(out.over_log_n, entropy / log((double)head.q.rows),
                        1e-12);
        expect_relative(out.over_ceiling, out.over_log_n, 1e-12);
        expect_relative(out.normalized, out.over_log_n, 1e-12);
        expect_relative(out.centered_sigma1,
                        case_scalar(name, label, "Pt_2norm"), 1e-8);
        ck_assert(isnan(out.max_logit) == lln);
        ck_assert(out.floor < out.entropy);
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
}
END_TEST

/* ln(n!) / n is the mean of ln 1 .. ln n. */
START_TEST(head_causal)
{
    lln_head head = case_head("A", LLN_FLOAT64, true);
    double entropy = case_scalar("A", "softmax_causal", "mean_entropy_nats");
    lln_attention attention;
    lln_head_diagnosis out;
    case_open(&head, "softmax", &attention);
    expect_ok(lln_head_diagnosis_measure(&attention, true, &out));
    expect_relative(out.over_log_n, entropy / log(64), 1e-12);
    expect_relative(out.over_ceiling, entropy / (lgamma(65) / 64), 1e-12);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* With a window of 2, 64 queries see 2 keys and the first sees one. */
START_TEST(head_window)
{
    lln_head head = case_head("A", LLN_FLOAT64, true);
    lln_attention attention;
    lln_head_diagnosis out;
    head.rule.mask.window = 2;
    case_open(&head, "softmax", &attention);
    expect_ok(lln_head_diagnosis_measure(&attention, true, &out));
    expect_relative(out.over_ceiling, out.entropy / (log(2) * 63 / 64), 1e-12);
    /* rows with two keys are at their floor */
    expect_relative(out.floor, out.entropy, 1e-12);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(head_one_token)
{
    const double q[] = {0.3, -2.0};
    lln_head head = plain_head(q, q, 1, 2, false);
    lln_attention attention;
    lln_head_diagnosis out;
    case_open(&head, "softmax", &attention);
    expect_ok(lln_head_diagnosis_measure(&attention, true, &out));
    ck_assert(out.entropy == 0 && out.floor == 0 && out.centered_sigma1 == 0);
    ck_assert(isnan(out.over_log_n) && isnan(out.over_ceiling));
    expect_relative(out.max_logit, 4.09, 1e-15);
    lln_attention_close(&attention);
}
END_TEST

/* The standard errors equal the spread over 200 draws of 32 of 256 causal rows,
 * in which the number of keys varies as well. The tolerance is four times 5 %,
 * the error of a spread of 200 values. */
START_TEST(ratio_coverage)
{
    lln_head head = case_head("B", LLN_FLOAT64, true);
    lln_attention attention;
    lln_entropy all, some, error;
    double squares = 0, claimed = 0;
    case_open(&head, "softmax", &attention);
    expect_ok(lln_entropy_measure(&attention, NULL, 0, &all, &error));
    ck_assert(error.over_ceiling == 0 && isnan(all.floor));
    for (uint32_t stream = 0; stream < 200; stream++) {
        size_t rows[32];
        expect_ok(lln_rows_draw(256, 32, 5, stream, rows));
        expect_ok(lln_entropy_measure(&attention, rows, 32, &some, &error));
        double off = some.over_ceiling - all.over_ceiling;
        squares += off * off / 200;
        claimed += error.over_ceiling * error.over_ceiling / 200;
        expect_relative(error.over_log_n, error.entropy / log(256), 1e-14);
    }
    expect_relative(sqrt(squares), sqrt(claimed), 0.2);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* By GSL, of P minus its column means [n x m]. */
static double dense_sigma(const lln_attention *attention)
{
    size_t n = attention->n, m = attention->m, long_side = n > m ? n : m;
    double *p = calloc(n * m, sizeof *p), largest;
    gsl_matrix *a = gsl_matrix_calloc(long_side, n + m - long_side);
    gsl_matrix *v = gsl_matrix_calloc(a->size2, a->size2);
    gsl_vector *s = gsl_vector_calloc(a->size2),
               *work = gsl_vector_calloc(a->size2);
    expect_ok(lln_attention_rows(attention, 0, n, p));
    for (size_t j = 0; j < m; j++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++)
            mean += p[i * m + j] / (double)n;
        for (size_t i = 0; i < n; i++)
            gsl_matrix_set(a, n > m ? i : j, n > m ? j : i,
                           p[i * m + j] - mean);
    }
    gsl_linalg_SV_decomp(a, v, s, work);
    largest = gsl_vector_get(s, 0);
    gsl_matrix_free(a);
    gsl_matrix_free(v);
    gsl_vector_free(s);
    gsl_vector_free(work);
    free(p);
    return largest;
}

/* As many queries as keys, fewer, more; with P kept and made again; with few
 * columns; with a product of the kernel. */
START_TEST(sigma_shapes)
{
    static const size_t shapes[][2] = {{64, 64}, {40, 64}, {64, 40}, {1, 64},
                                       {64, 3},  {64, 1},  {2, 7}};
    static const char *const kernels[] = {"softmax", "lln:alpha=1.1:beta=1.4"};
    lln_head head = case_head("A", LLN_FLOAT64, false);
    head.q.rows = shapes[_i][0];
    head.k.rows = shapes[_i][1];
    for (int k = 0; k < 2; k++) {
        lln_attention attention;
        double kept, made;
        case_open(&head, kernels[k], &attention);
        expect_ok(lln_spectrum_centered_sigma1(&attention, 1 << 20, &kept));
        expect_ok(lln_spectrum_centered_sigma1(&attention, 1, &made));
        expect_absolute(kept, dense_sigma(&attention), 1e-8);
        /* with one query it is 0 up to rounding */
        expect_absolute(made, kept, 1e-9 * kept + 1e-14);
        lln_attention_close(&attention);
    }
    lln_head_free(&head);
}
END_TEST

/* A permutation: all singular values of P~ except one are 1. */
START_TEST(sigma_permutation)
{
    enum { N = 40 };
    static double q[N * N], k[N * N];
    for (size_t i = 0; i < N; i++)
        q[i * N + i] = k[(i + 1) % N * N + i] = 40;
    lln_head head = plain_head(q, k, N, N, false);
    lln_attention attention;
    double sigma;
    case_open(&head, "softmax", &attention);
    expect_ok(lln_spectrum_centered_sigma1(&attention, 1 << 20, &sigma));
    expect_relative(sigma, 1, 1e-12);
    lln_attention_close(&attention);
}
END_TEST

/* By hand. */
START_TEST(model_figures)
{
    const lln_head_diagnosis heads[] = {
        {0.5, 0.1, 0.2, 0.15, 0.01, 3, 1.5},
        {1.0, 0.2, 0.25, 0.35, 0.02, 7, 0.5},
        {2.0, 0.4, 0.5, 0.45, 0.03, 5, 0.25},
        {2.0, 0.5, 0.75, 0.65, 0.06, -1, 0.75},
        {2.5, 0.8, 1.0, 0.9, 0.08, 2, 2.0},
    };
    lln_diagnosis out;
    expect_ok(lln_diagnosis_summarise(heads, 5, &out));
    expect_relative(out.entropy, 1.6, 1e-15);
    expect_relative(out.over_log_n, 0.4, 1e-15);
    expect_relative(out.over_ceiling, 0.54, 1e-15);
    expect_relative(out.normalized, 0.5, 1e-15);
    expect_relative(out.floor, 0.04, 1e-15);
    expect_relative(out.centered_sigma1, 1, 1e-15);
    ck_assert(out.max_logit == 7 && out.centered_sigma1_max == 2);
    ck_assert(out.least == 0.5 && out.largest == 2.5 && out.undefined == 0);
    static const double of_ceiling[] = {0.2, 0.2, 0.2, 0.4};
    static const double of_largest[] = {0.2, 0.2, 0, 0.6};
    for (int i = 0; i < LLN_QUARTERS; i++) {
        expect_absolute(out.of_ceiling[i], of_ceiling[i], 0);
        expect_absolute(out.of_largest[i], of_largest[i], 0);
    }
}
END_TEST

/* A head without an entropy counts in no fraction, and the means are
 * missing. */
START_TEST(model_missing)
{
    const lln_head_diagnosis heads[] = {
        {NAN, NAN, NAN, NAN, NAN, NAN, 1.5},
        {1.0, 0.2, 0.25, 0.35, 0.02, 7, 0.5},
        {2.0, 0.4, 0.5, 0.45, 0.03, 5, 0.25},
    };
    lln_diagnosis out;
    expect_ok(lln_diagnosis_summarise(heads, 3, &out));
    ck_assert(isnan(out.entropy) && isnan(out.floor) && isnan(out.max_logit));
    ck_assert(out.centered_sigma1_max == 1.5 && out.undefined == 1);
    ck_assert(out.least == 1 && out.largest == 2);
    ck_assert(out.of_ceiling[0] == 0 && out.of_ceiling[1] == 0.5);
    ck_assert(out.of_largest[2] == 0.5 && out.of_largest[3] == 0.5);
    expect_ok(lln_diagnosis_summarise(heads, 1, &out));
    ck_assert(isnan(out.of_ceiling[0]) && isnan(out.of_largest[3]));
    ck_assert(isnan(out.largest) && out.undefined == 1);
}
END_TEST

/* All heads attend to one key: there are no quarters of 0. */
START_TEST(model_collapsed)
{
    const lln_head_diagnosis heads[2] = {{.max_logit = 1}, {.max_logit = 2}};
    lln_diagnosis out;
    expect_ok(lln_diagnosis_summarise(heads, 2, &out));
    ck_assert(out.of_ceiling[0] == 1 && out.of_ceiling[3] == 0);
    ck_assert(isnan(out.of_largest[0]) && isnan(out.of_largest[3]));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("diagnosis");
    TCase *floors = tcase_create("floor");
    tcase_add_loop_test(floors, floor_below_entropy, 0, 5);
    suite_add_tcase(suite, floors);
    TCase *head = tcase_create("head");
    tcase_add_loop_test(head, head_figures, 0, CASE_COUNT);
    tcase_add_test(head, head_causal);
    tcase_add_test(head, head_window);
    tcase_add_test(head, head_one_token);
    tcase_add_test(head, ratio_coverage);
    suite_add_tcase(suite, head);
    TCase *sigma = tcase_create("sigma");
    tcase_add_loop_test(sigma, sigma_shapes, 0, 7);
    tcase_add_test(sigma, sigma_permutation);
    suite_add_tcase(suite, sigma);
    TCase *model = tcase_create("model");
    tcase_add_test(model, model_figures);
    tcase_add_test(model, model_missing);
    tcase_add_test(model, model_collapsed);
    suite_add_tcase(suite, model);
    return run_suite(suite);
}
