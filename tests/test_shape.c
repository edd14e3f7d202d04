/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The shape of rows against plain sums over the dense matrix, and by hand. The
 * files of tests/data/focus are in where.bats. */
#include "measure/shape.h"

#include "dense.h"
#include "given_matrix.h"

static lln_shape measure(lln_attention *attention, const size_t *queries,
                         size_t count, double clip, lln_shape *error)
{
    lln_shape out;
    lln_row *rows;
    expect_ok(lln_rows_alloc(attention, queries, &count, &rows));
    expect_ok(lln_rows_measure(attention, queries, count,
                               LLN_ROW_ENTROPY | LLN_ROW_SHAPE, rows));
    lln_shape_summarise(attention, rows, count, clip, &out, error);
    free(rows);
    return out;
}

/* Varentropy and Renyi entropy of the rows of P, which are divided by their
 * sums. */
static lln_shape slow(const lln_attention *attention, const double *p)
{
    lln_shape out = {0};
    size_t n = attention->n, m = attention->m, rows = 0;
    for (size_t i = 0; i < n; i++) {
        double sum = 0, mean = 0, squares = 0, spread = 0;
        for (size_t j = 0; j < m; j++)
            sum += p[i * m + j];
        for (size_t j = 0; j < m; j++) {
            double q = p[i * m + j] / sum;
            mean += q > 0 ? q * log(q) : 0;
            squares += q * q;
        }
        for (size_t j = 0; j < m; j++) {
            double q = p[i * m + j] / sum;
            spread += q > 0 ? q * pow(log(q) - mean, 2) : 0;
        }
        rows += sum > 0;
        out.varentropy += sum > 0 ? spread : 0;
        out.renyi2 -= sum > 0 ? log(squares) : 0;
    }
    out.varentropy /= (double)rows;
    out.renyi2 /= (double)rows;
    return out;
}

static void check_head(lln_head *head, const char *kernel, double tolerance)
{
    lln_attention attention;
    open_kernel(kernel, head, NULL, 0, &attention);
    double *p = dense_rows(&attention);
    lln_shape wanted = slow(&attention, p);
    lln_shape out = measure(&attention, NULL, 0, 100, NULL);
    expect_relative(out.varentropy, wanted.varentropy, tolerance);
    expect_relative(out.renyi2, wanted.renyi2, tolerance);
    free(p);
    lln_attention_close(&attention);
}

START_TEST(shape_kernels)
{
    static const char *kernels[] = {"softmax", "lln:alpha=1.5:beta=2", "relu",
                                    "kvt:k=3"};
    static const double deviations[] = {0.01, 1, 2};
    for (size_t k = 0; k < 4; k++) {
        lln_head head = dense_head(900, 900, 4, deviations[_i % 3],
                                   (lln_mask){.causal = _i > 2}, LLN_FLOAT64);
        check_head(&head, kernels[k], 1e-11);
        lln_head_free(&head);
    }
}
END_TEST

/* With a sink, rows that do not sum to 1 are divided by their sums; in
 * float32. */
START_TEST(shape_sink_single)
{
    lln_head head =
        dense_head(700, 700, 8, 1.5, (lln_mask){.causal = true}, LLN_FLOAT32);
    check_head(&head, "softmax", 1e-5);
    head.rule.has_sink = true;
    head.rule.sink = 2;
    check_head(&head, "softmax", 1e-5);
    lln_head_free(&head);
}
END_TEST

/* Logits against plain moments. */
START_TEST(shape_logits)
{
    lln_head head =
        dense_head(30, 40, 4, 2, (lln_mask){.causal = _i > 0}, LLN_FLOAT64);
    lln_attention attention;
    double sum = 0, squares = 0, count = 0, low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < 30; i++)
        for (size_t j = 0; j < 40; j++)
            if (dense_allowed(&head, i, j)) {
                double x = dense_logit(&head, i, j);
                count++;
                sum += x;
                squares += x * x;
                low = fmin(low, x);
                high = fmax(high, x);
            }
    open_kernel("softmax", &head, NULL, 0, &attention);
    lln_shape out = measure(&attention, NULL, 0, 5, NULL);
    expect_relative(out.min_logit, low, 1e-13);
    expect_relative(out.logit_rms, sqrt(squares / count), 1e-13);
    expect_relative(out.logit_sd, sqrt(squares / count - pow(sum / count, 2)),
                    1e-12);
    expect_relative(out.qk_clip_factor, 5 / high, 1e-13);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* All keys equal: 0, ln m and factor 1, in both precisions. One key: 0. */
START_TEST(shape_uniform)
{
    for (size_t m = 1; m < 1500; m += 733) {
        lln_head head = dense_head(m, m, 2, 0, (lln_mask){0},
                                   _i ? LLN_FLOAT32 : LLN_FLOAT64);
        lln_attention attention;
        open_kernel("softmax", &head, NULL, 0, &attention);
        lln_shape out = measure(&attention, NULL, 0, 100, NULL);
        ck_assert_double_eq(out.varentropy, 0);
        expect_absolute(out.renyi2, log((double)m), 1e-12);
        ck_assert_double_eq(out.logit_sd, 0);
        ck_assert_double_eq(out.qk_clip_factor, 1);
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
}
END_TEST

/* Entries, by hand: (1/4, 3/4) and twice that; a row of zeros has no shape; a
 * negative entry makes all NaN. */
START_TEST(shape_entries)
{
    double p[6] = {0.25, 0.75, 0.5, 1.5, 0, 0};
    lln_attention attention = given_attention(p, 3, 2);
    lln_shape error;
    lln_shape out = measure(&attention, NULL, 0, 100, &error);
    expect_relative(out.varentropy, 3 / 16.0 * pow(log(3), 2), 1e-14);
    expect_relative(out.renyi2, log(1.6), 1e-14);
    ck_assert(isnan(out.min_logit) && isnan(out.qk_clip_factor));
    ck_assert_double_eq(error.renyi2, 0);
    p[5] = -1;
    out = measure(&attention, NULL, 0, 100, NULL);
    ck_assert(isnan(out.varentropy) && isnan(out.renyi2));
}
END_TEST

/* 10,000 random rows: renyi2 is at most the entropy, and varentropy at most
 * ln(m - 1)^2 / 4 + 1. */
START_TEST(shape_bounds)
{
    static lln_row rows[2500];
    lln_head head =
        dense_head(2500, 30, 3, 0.5 * pow(2, _i), (lln_mask){0}, LLN_FLOAT64);
    lln_attention attention;
    open_kernel("softmax", &head, NULL, 0, &attention);
    expect_ok(lln_rows_measure(&attention, NULL, 2500,
                               LLN_ROW_ENTROPY | LLN_ROW_SHAPE, rows));
    double most = pow(log(29), 2) / 4 + 1, worst = 0, above = 0;
    for (size_t i = 0; i < 2500; i++) {
        worst = fmax(worst, rows[i].varentropy);
        above = fmax(above, rows[i].renyi2 - rows[i].entropy);
        ck_assert(rows[i].varentropy >= 0 && rows[i].renyi2 >= 0);
    }
    ck_assert(worst <= most);
    ck_assert(above <= 1e-14);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shape");
    TCase *all = tcase_create("shape");
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, shape_kernels, 0, 6);
    tcase_add_test(all, shape_sink_single);
    tcase_add_loop_test(all, shape_logits, 0, 2);
    tcase_add_loop_test(all, shape_uniform, 0, 2);
    tcase_add_test(all, shape_entries);
    tcase_add_loop_test(all, shape_bounds, 0, 4);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
