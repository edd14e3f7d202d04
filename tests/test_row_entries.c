/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention by rows: every measure of the rows of a reference case, given as
 * entries, against the same attention by tiles. */
#include "kernel/product.h"
#include "measure/row_entries.h"

#include <omp.h>
#include <unistd.h>

#include "cases.h"
#include "measure/entropy.h"
#include "measure/lognormal.h"
#include "measure/operator.h"
#include "measure/spectrum.h"

enum { N = 64 };
static double stored[N * N];

static lln_status stored_rows(const lln_attention *attention, size_t first,
                              size_t count, double *out)
{
    memcpy(out, (const double *)attention->state + first * N,
           count * N * sizeof *out);
    return LLN_OK;
}

/* Attention by rows with the entries in `stored`. */
static lln_attention by_rows(bool causal, bool unnormalised)
{
    return (lln_attention){.n = N,
                           .m = N,
                           .rank = N,
                           .unnormalised = unnormalised,
                           .mask.causal = causal,
                           .precision = LLN_FLOAT64,
                           .kind = LLN_ATTENTION_ROWS,
                           .rows.make = stored_rows,
                           .state = stored};
}

/* Case A by tiles; its entries are stored. */
static lln_head open_tiles(bool causal, lln_attention *attention)
{
    lln_head head = case_head("A", LLN_FLOAT64, causal);
    case_open(&head, "softmax", attention);
    expect_ok(lln_attention_prepare(attention));
    expect_ok(lln_attention_rows(attention, 0, N, stored));
    return head;
}

START_TEST(entropy_and_moments)
{
    lln_attention tiles, rows;
    lln_head head = open_tiles(_i, &tiles);
    rows = by_rows(_i, false);
    lln_entropy a, b;
    expect_ok(lln_entropy_measure(&tiles, NULL, 0, &a, NULL));
    expect_ok(lln_entropy_measure(&rows, NULL, 0, &b, NULL));
    expect_relative(b.entropy, a.entropy, 1e-13);
    expect_relative(b.normalized, a.normalized, 1e-13);
    expect_relative(b.effective_keys, a.effective_keys, 1e-13);
    expect_relative(b.top1_mass, a.top1_mass, 1e-13);
    expect_absolute(b.row_sum_min, 1, 1e-15);
    ck_assert(b.negative_mass == 0);
    lln_lognormal c, d;
    expect_ok(lln_lognormal_measure(&tiles, NULL, 0, &c, NULL));
    expect_ok(lln_lognormal_measure(&rows, NULL, 0, &d, NULL));
    expect_relative(d.mean, c.mean, 1e-13);
    expect_relative(d.variance, c.variance, 1e-12);
    expect_relative(d.variance_row, c.variance_row, 1e-12);
    expect_relative(d.skewness, c.skewness, 1e-10);
    expect_relative(d.excess_kurtosis, c.excess_kurtosis, 1e-10);
    expect_relative(d.fit.ks, c.fit.ks, 1e-10);
    lln_attention_close(&tiles);
    lln_head_free(&head);
}
END_TEST

START_TEST(spectra)
{
    lln_attention tiles, rows;
    lln_head head = open_tiles(_i, &tiles);
    rows = by_rows(_i, false);
    lln_spectrum a, b;
    lln_spectrum_options options = {LLN_SPECTRUM_AUTO, 6, true, 0, false};
    expect_ok(lln_spectrum_measure(&tiles, &options, &a));
    for (int method = 0; method < 2; method++) {
        options.method = _i            ? LLN_SPECTRUM_DIAGONAL
                         : method == 0 ? LLN_SPECTRUM_DENSE
                                       : LLN_SPECTRUM_ARNOLDI;
        expect_ok(lln_spectrum_measure(&rows, &options, &b));
        for (size_t i = 0; i < 6; i++)
            expect_absolute(b.eigenvalues[i].modulus, a.eigenvalues[i].modulus,
                            1e-11);
        expect_relative(b.gap, a.gap, 1e-12);
        expect_relative(b.unbiased_norm, a.unbiased_norm, 1e-12);
        expect_relative(b.centered_sigma1, a.centered_sigma1, 1e-9);
        lln_spectrum_free(&b);
    }
    lln_spectrum_free(&a);
    lln_attention_close(&tiles);
    lln_head_free(&head);
}
END_TEST

static const lln_spectrum_method methods[] = {LLN_SPECTRUM_DENSE,
                                              LLN_SPECTRUM_ARNOLDI};

/* Spectra of P of case A, and of factor P + shift by rows. */
static void measure_both(lln_spectrum_method method, double factor,
                         double shift, bool unnormalised, lln_spectrum *a,
                         lln_spectrum *b)
{
    lln_attention tiles, rows = by_rows(false, unnormalised);
    lln_head head = open_tiles(false, &tiles);
    lln_spectrum_options options = {method, 6, true, 0, false};
    expect_ok(lln_spectrum_measure(&tiles, &options, a));
    for (size_t i = 0; i < N * N; i++)
        stored[i] = factor * stored[i] + shift;
    expect_ok(lln_spectrum_measure(&rows, &options, b));
    lln_attention_close(&tiles);
    lln_head_free(&head);
}

/* -2 P is not row-stochastic, so that no eigenvalue is known; all are -2 times
 * those of P. */
START_TEST(unnormalised_spectra)
{
    lln_spectrum a, b;
    measure_both(methods[_i], -2, 0, true, &a, &b);
    expect_absolute(b.eigenvalues[0].re, -2, 1e-11);
    for (size_t i = 0; i < 6; i++)
        expect_absolute(b.eigenvalues[i].modulus, 2 * a.eigenvalues[i].modulus,
                        1e-10);
    ck_assert(isnan(b.gap) && b.known == 0);
    expect_relative(b.unbiased_norm, 2 * a.unbiased_norm, 1e-12);
    expect_relative(b.centered_sigma1, 2 * a.centered_sigma1, 1e-9);
    lln_spectrum_free(&a);
    lln_spectrum_free(&b);
}
END_TEST

/* 50 P - 49/n: rows sum to 1, but entries are negative. The eigenvalues other
 * than 1 are 50 times those of P (Brauer), and larger than 1. */
START_TEST(signed_spectra)
{
    lln_spectrum a, b;
    measure_both(methods[_i], 50, -49.0 / N, false, &a, &b);
    ck_assert(a.lambda2 > 0.1 && b.known == 1);
    expect_absolute(b.lambda2, 50 * a.lambda2, 1e-8);
    expect_absolute(b.gap, 1 - 50 * a.lambda2, 1e-8);
    expect_relative(b.centered_sigma1, 50 * a.centered_sigma1, 1e-9);
    lln_spectrum_free(&a);
    lln_spectrum_free(&b);
}
END_TEST

/* With one row that is not a distribution the head has no entropy, and with
 * negative entries no ln P; the other values remain. */
START_TEST(no_distribution)
{
    lln_attention tiles, rows;
    lln_head head = open_tiles(false, &tiles);
    lln_entropy entropy;
    lln_lognormal fit;
    double before = stored[5 * N + 7];
    rows = by_rows(false, true);
    stored[5 * N + 7] = -0.25;
    expect_ok(lln_entropy_measure(&rows, NULL, 0, &entropy, NULL));
    ck_assert(isnan(entropy.entropy) && isnan(entropy.normalized));
    ck_assert(isnan(entropy.min) && isnan(entropy.max));
    expect_relative(entropy.row_sum_min, 1 - 0.25 - before, 1e-13);
    expect_relative(entropy.negative_mass, 0.25 / N, 1e-15);
    expect_status(lln_lognormal_measure(&rows, NULL, 0, &fit, NULL),
                  LLN_EUNDEFINED);
    ck_assert(isnan(fit.mean));
    lln_attention_close(&tiles);
    lln_head_free(&head);
}
END_TEST

/* Sparse rows: entropy of {1/4, 3/4} is 0.56233514461880829 nats, the
 * variance of its logs (divisor 1) is ln(3)^2 / 2. */
START_TEST(zeros)
{
    static const double entries[] = {0, 0.25, 0, 0, 0.75};
    static const double nothing[5];
    double logs[5];
    unsigned what = LLN_ROW_ENTROPY | LLN_ROW_MOMENTS;
    lln_row row = lln_row_from_entries(entries, 5, what, logs);
    ck_assert_uint_eq(row.keys, 2);
    expect_relative(row.entropy, 0.56233514461880829, 1e-15);
    expect_relative(row.scores.m2, 0.60347448040629091, 1e-14);
    expect_relative(logs[1], log(0.75), 1e-15);
    expect_relative(row.sum_squares, 0.625, 1e-15);
    row = lln_row_from_entries(nothing, 5, what, logs);
    ck_assert(row.keys == 0 && row.top == 0 && row.sum == 0);
    ck_assert(isnan(row.entropy));
}
END_TEST

/* With an outcome outside the row (1/4, 1/2) of weight 1/4: the entropy of
 * (1/3, 2/3) is ln 3 - 2/3 ln 2. A row of zeros is outside as a whole. */
START_TEST(outside)
{
    static const double entries[] = {0, 0.25, 0, 0.5, 0};
    static const double nothing[5];
    double logs[5];
    unsigned what = LLN_ROW_ENTROPY | LLN_ROW_SHAPE;
    lln_row row = lln_row_from_entries(entries, 5, what, logs);
    lln_row_set_outside(&row, entries, 5, what, logs);
    expect_relative(row.entropy, log(3) - 2 * log(2) / 3, 1e-15);
    expect_relative(row.sum_squares, 5.0 / 9, 1e-15);
    ck_assert(row.outside == 0.25 && row.sum == 0.75 && row.top == 0.5);
    row = lln_row_from_entries(nothing, 5, what, logs);
    lln_row_set_outside(&row, nothing, 5, what, logs);
    ck_assert(row.outside == 1 && isnan(row.entropy));
}
END_TEST

/* The general product against a plain sum, in both precisions. */
START_TEST(product)
{
    lln_attention tiles;
    lln_head head = open_tiles(true, &tiles);
    lln_matrix x = head.k;
    static double y[N * 8];
    static float x32[N * 8], y32[N * 8];
    lln_matrix_convert(x, LLN_FLOAT32, x32);
    expect_ok(lln_attention_product(&tiles, x, y));
    expect_ok(lln_attention_product(&tiles,
                                    (lln_matrix){LLN_FLOAT32, N, 8, x32}, y32));
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < 8; c++) {
            double sum = 0;
            for (size_t j = 0; j < N; j++)
                sum += stored[i * N + j] * lln_matrix_get(x, j, c);
            expect_absolute(y[i * 8 + c], sum, 1e-14);
            expect_absolute((double)y32[i * 8 + c], sum, 1e-6);
        }
    lln_attention_close(&tiles);
    lln_head_free(&head);
}
END_TEST

/* 1024 uniform rows, enough for all threads. Rows from 101 on fail, and row 101
 * takes longer to fail. */
enum { MANY = 1024, BAD = 101 };

static lln_status failing_rows(const lln_attention *attention, size_t first,
                               size_t count, double *out)
{
    if (first + count > BAD) {
        size_t bad = first > BAD ? first : BAD;
        if (bad == BAD)
            usleep(20000);
        return lln_fail(LLN_ENOCONV, "row %zu: no state", bad);
    }
    for (size_t i = 0; i < count * attention->m; i++)
        out[i] = 1 / (double)attention->m;
    return LLN_OK;
}

#define expect_bad_row(row, call)                                              \
    do {                                                                       \
        expect_status(call, LLN_ENOCONV);                                      \
        ck_assert_str_eq(lln_error_message(), "row " #row ": no state");       \
    } while (0)

/* Whichever thread fails first, the failure of the first row is reported. */
START_TEST(failures)
{
    lln_attention rows = {.n = MANY,
                          .m = MANY,
                          .rank = 1,
                          .precision = LLN_FLOAT64,
                          .kind = LLN_ATTENTION_ROWS,
                          .rows.make = failing_rows};
    double *x = calloc(MANY, sizeof *x), *y = calloc(MANY, sizeof *y);
    double *p = calloc((size_t)MANY * MANY, sizeof *p);
    lln_operator op;
    lln_entropy entropy;
    lln_lognormal fit;
    lln_spectrum spectrum;
    lln_spectrum_options options = {LLN_SPECTRUM_DENSE, 2, true, 0, false};
    omp_set_num_threads(_i);
    expect_bad_row(101, lln_attention_rows(&rows, 0, MANY, p));
    expect_bad_row(101, lln_attention_product(
                            &rows, (lln_matrix){LLN_FLOAT64, MANY, 1, x}, y));
    expect_bad_row(101, lln_entropy_measure(&rows, NULL, 0, &entropy, NULL));
    /* the first of the 64 rows that the pilot draws */
    expect_bad_row(105, lln_lognormal_measure(&rows, NULL, 0, &fit, NULL));
    expect_bad_row(101, lln_spectrum_measure(&rows, &options, &spectrum));
    expect_bad_row(101, lln_operator_open(&rows, SIZE_MAX, &op));
    expect_bad_row(101, lln_operator_open(&rows, 0, &op));
    free(x);
    free(y);
    free(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("row_entries");
    TCase *measures = tcase_create("measures");
    tcase_add_loop_test(measures, entropy_and_moments, 0, 2);
    tcase_add_loop_test(measures, spectra, 0, 2);
    tcase_add_loop_test(measures, unnormalised_spectra, 0, 2);
    tcase_add_loop_test(measures, signed_spectra, 0, 2);
    tcase_add_test(measures, no_distribution);
    suite_add_tcase(suite, measures);
    TCase *rows = tcase_create("rows");
    tcase_add_test(rows, zeros);
    tcase_add_test(rows, outside);
    tcase_add_test(rows, product);
    tcase_add_loop_test(rows, failures, 1, 5);
    suite_add_tcase(suite, rows);
    return run_suite(suite);
}
