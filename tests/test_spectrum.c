/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Spectra against numbers of dense float64 programs (tests/data/cases),
 * against closed forms, and of the methods against each other. */
#include "cases.h"
#include "core/threads.h"
#include "measure/spectrum.h"

static const char *method_name(lln_spectrum_method method)
{
    return lln_spectrum_method_table[method].name;
}

/* Opens, measures and closes; `memory` 0: the default. */
static lln_status measure(const lln_head *head, const char *kernel,
                          lln_spectrum_method method, size_t count,
                          size_t memory, lln_spectrum *out)
{
    lln_attention attention;
    lln_spectrum_options options = {method, count, true, memory};
    case_open(head, kernel, &attention);
    lln_status status = lln_spectrum_measure(&attention, &options, out);
    lln_attention_close(&attention);
    return status;
}

/* A head over the same numbers for queries and keys, for closed forms. */
static lln_head plain_head(const double *q, const double *k, size_t n, size_t d,
                           bool causal)
{
    lln_head head = {.source = "test", .layer = -1, .head = -1, .scale = 1};
    head.q = (lln_matrix){LLN_FLOAT64, n, d, q};
    head.k = (lln_matrix){LLN_FLOAT64, n, d, k};
    head.mask.causal = causal;
    return head;
}

/* Moduli of the reference file: rank, modulus, re, im. */
static void check_eigenvalues(const char *name, const char *label,
                              const lln_spectrum *spectrum, double tolerance)
{
    char path[128], line[256];
    size_t i = 0;
    snprintf(path, sizeof path, "tests/data/cases/case_%s_%s_eigs.csv", name,
             label);
    FILE *file = fopen(path, "r");
    ck_assert(file && fgets(line, sizeof line, file));
    for (; fgets(line, sizeof line, file); i++) {
        double modulus = strtod(strchr(line, ',') + 1, NULL);
        ck_assert_uint_lt(i, spectrum->count);
        expect_absolute(spectrum->eigenvalues[i].modulus, modulus, tolerance);
    }
    fclose(file);
    ck_assert_uint_ge(i, 2);
}

static void check_case(const char *name, const char *kernel, const char *label,
                       lln_spectrum_method method)
{
    double tolerance = strcmp(name, "E") == 0 ? 1e-10 : 1e-11;
    lln_head head = case_head(name, LLN_FLOAT64, false);
    lln_spectrum s;
    expect_ok(measure(&head, kernel, method, 8, 0, &s));
    ck_assert_int_eq(s.method, method);
    check_eigenvalues(name, label, &s, tolerance);
    double lambda2 = case_scalar(name, label, "lam2_modulus");
    expect_absolute(s.lambda2, lambda2, tolerance);
    expect_absolute(s.gap, 1 - lambda2, tolerance);
    expect_absolute(hypot(s.lambda2_re, s.lambda2_im), s.lambda2, 1e-15);
    expect_relative(s.unbiased_norm, case_scalar(name, label, "Pt_frobenius"),
                    1e-12);
    expect_relative(s.sigma2, case_scalar(name, label, "Pt_2norm"), 1e-12);
    ck_assert_msg(s.residual >= 0 && s.residual < 1e-12, "%g", s.residual);
    lln_spectrum_free(&s);
    lln_head_free(&head);
}

START_TEST(measure_softmax_dense)
{
    check_case(CASES[_i].name, "softmax", "softmax", LLN_SPECTRUM_DENSE);
}
END_TEST

START_TEST(measure_lln_dense)
{
    check_case(CASES[_i].name, CASES[_i].lln, "lln", LLN_SPECTRUM_DENSE);
}
END_TEST

START_TEST(measure_lln_lowrank)
{
    check_case(CASES[_i].name, CASES[_i].lln, "lln", LLN_SPECTRUM_LOWRANK);
    lln_head head = case_head(CASES[_i].name, LLN_FLOAT64, false);
    lln_spectrum s;
    expect_ok(measure(&head, CASES[_i].lln, LLN_SPECTRUM_AUTO, 2, 0, &s));
    ck_assert_int_eq(s.method, LLN_SPECTRUM_LOWRANK);
    expect_absolute(s.lambda2,
                    case_scalar(CASES[_i].name, "lln", "lam2_from_dxd"), 1e-11);
    lln_spectrum_free(&s);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_causal_diagonal)
{
    lln_head head = case_head("A", LLN_FLOAT64, true);
    lln_spectrum diagonal, dense;
    expect_ok(measure(&head, "softmax", LLN_SPECTRUM_AUTO, 64, 0, &diagonal));
    ck_assert_int_eq(diagonal.method, LLN_SPECTRUM_DIAGONAL);
    expect_absolute(
        diagonal.lambda2,
        case_scalar("A", "softmax_causal", "lam2_modulus=2nd_largest_diag"),
        1e-12);
    expect_ok(measure(&head, "softmax", LLN_SPECTRUM_DENSE, 64, 0, &dense));
    for (size_t i = 0; i < 6; i++) /* those beyond are ill-conditioned */
        expect_absolute(diagonal.eigenvalues[i].modulus,
                        dense.eigenvalues[i].modulus, 1e-9);
    expect_relative(diagonal.unbiased_norm, dense.unbiased_norm, 1e-12);
    expect_relative(diagonal.sigma2, dense.sigma2, 1e-9);
    ck_assert(diagonal.residual == 0);
    lln_spectrum_free(&diagonal);
    lln_spectrum_free(&dense);
    lln_head_free(&head);
}
END_TEST

/* LLN gives its diagonal itself; dense rows are the slow way. */
START_TEST(measure_causal_lln)
{
    lln_head head = case_head("B", LLN_FLOAT64, true);
    lln_attention attention;
    lln_spectrum s;
    double *p = lln_array_alloc((size_t)256 * 256, sizeof *p), largest = 0;
    expect_ok(
        measure(&head, "lln:alpha=1.5:beta=2", LLN_SPECTRUM_AUTO, 2, 0, &s));
    case_open(&head, "lln:alpha=1.5:beta=2", &attention);
    expect_ok(lln_attention_prepare(&attention));
    expect_ok(lln_attention_rows(&attention, 0, 256, p));
    for (size_t i = 1; i < 256; i++)
        largest = fmax(largest, p[i * 257]);
    expect_relative(s.lambda2, largest, 1e-12);
    lln_attention_close(&attention);
    lln_spectrum_free(&s);
    lln_head_free(&head);
    free(p);
}
END_TEST

/* All methods that apply must find the same eigenvalues. */
START_TEST(measure_methods_agree)
{
    static const struct {
        const char *name, *kernel;
        lln_spectrum_method method;
    } runs[] = {
        {"A", "softmax", LLN_SPECTRUM_ARNOLDI},
        {"B", "softmax", LLN_SPECTRUM_ARNOLDI},
        {"C", "softmax", LLN_SPECTRUM_ARNOLDI},
        {"B", "lln:alpha=2:beta=2", LLN_SPECTRUM_ARNOLDI},
        {"B", "lln:alpha=2:beta=2", LLN_SPECTRUM_LOWRANK},
        {"C", "lln:alpha=0.8:beta=0.9", LLN_SPECTRUM_ARNOLDI},
        {"C", "lln:alpha=0.8:beta=0.9", LLN_SPECTRUM_LOWRANK},
    };
    lln_head head = case_head(runs[_i].name, LLN_FLOAT64, false);
    lln_spectrum dense, other;
    expect_ok(
        measure(&head, runs[_i].kernel, LLN_SPECTRUM_DENSE, 5, 0, &dense));
    expect_ok(measure(&head, runs[_i].kernel, runs[_i].method, 5, 0, &other));
    for (size_t i = 0; i < 5; i++)
        expect_absolute(other.eigenvalues[i].modulus,
                        dense.eigenvalues[i].modulus, 1e-10);
    expect_absolute(other.lambda2_re, dense.lambda2_re, 1e-10);
    expect_absolute(other.lambda2_im, dense.lambda2_im, 1e-10);
    ck_assert_msg(other.residual < 1e-10, "%s: %g",
                  method_name(runs[_i].method), other.residual);
    expect_relative(other.unbiased_norm, dense.unbiased_norm, 1e-12);
    expect_relative(other.sigma2, dense.sigma2, 1e-9);
    lln_spectrum_free(&dense);
    lln_spectrum_free(&other);
    lln_head_free(&head);
}
END_TEST

/* Tiles made again for each product, against a stored P. 256 x 64 read as
 * 2048 x 8: more than one block of rows a group, more than one tile. */
START_TEST(measure_streaming)
{
    lln_head head = case_head("B", LLN_FLOAT32, false);
    head.q.rows = head.k.rows = 2048;
    head.q.columns = head.k.columns = 8;
    lln_spectrum stored, streamed;
    expect_ok(measure(&head, "softmax", LLN_SPECTRUM_ARNOLDI, 3, 0, &stored));
    expect_ok(
        measure(&head, "softmax", LLN_SPECTRUM_ARNOLDI, 3, 1000, &streamed));
    expect_relative(streamed.lambda2, stored.lambda2, 0);
    expect_relative(streamed.sigma2, stored.sigma2, 0);
    expect_relative(streamed.unbiased_norm, stored.unbiased_norm, 0);
    lln_spectrum_free(&stored);
    lln_spectrum_free(&streamed);
    lln_head_free(&head);
}
END_TEST

/* Closed form: rows (1, e) / (1 + e) and (1, e^2) / (1 + e^2), so that
 * lambda2 = 1/(1 + e^-2) - 1/(1 + e^-1). */
START_TEST(measure_two_tokens)
{
    lln_head head = case_head("D", LLN_FLOAT64, false);
    lln_spectrum s;
    expect_ok(measure(&head, "softmax", LLN_SPECTRUM_AUTO, 9, 0, &s));
    ck_assert_uint_eq(s.count, 2);
    expect_absolute(s.lambda2, 0.149738499347878, 5e-15);
    expect_absolute(s.lambda2, 1 / (1 + exp(-2)) - 1 / (1 + exp(-1)), 1e-15);
    expect_absolute(s.unbiased_norm, s.lambda2, 1e-15);
    expect_absolute(s.sigma2, s.lambda2, 1e-15);
    lln_spectrum_free(&s);
    /* d = 1: all rows of LLN are the same. */
    expect_ok(
        measure(&head, "lln:alpha=1:beta=1", LLN_SPECTRUM_AUTO, 2, 0, &s));
    expect_absolute(s.lambda2, 0, 1e-15);
    expect_absolute(s.unbiased_norm, 0, 1e-15);
    lln_spectrum_free(&s);
    head.mask.causal = true;
    expect_ok(measure(&head, "softmax", LLN_SPECTRUM_AUTO, 2, 0, &s));
    expect_absolute(s.lambda2, 1 / (1 + exp(-2)), 1e-15);
    lln_spectrum_free(&s);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_one_token)
{
    const double q[] = {0.3, -2.0};
    lln_head head = plain_head(q, q, 1, 2, _i);
    lln_spectrum s;
    expect_ok(measure(&head, "softmax", LLN_SPECTRUM_AUTO, 4, 0, &s));
    ck_assert_uint_eq(s.count, 1);
    ck_assert(s.eigenvalues[0].re == 1);
    ck_assert(s.lambda2 == 0 && s.gap == 1 && s.residual == 0);
    ck_assert(s.unbiased_norm == 0 && s.sigma2 == 0);
    lln_spectrum_free(&s);
}
END_TEST

/* Two closed groups of tokens: P = two uniform blocks, lambda2 = 1 and
 * ||P~||_F = sigma2 = 1, whatever the method. */
START_TEST(measure_blocks)
{
    enum { N = 16 };
    static const lln_spectrum_method methods[] = {LLN_SPECTRUM_DENSE,
                                                  LLN_SPECTRUM_ARNOLDI};
    double q[2 * N] = {0};
    for (size_t i = 0; i < N; i++)
        q[2 * i + i % 2] = 40; /* logits 1600 and 0 */
    lln_head head = plain_head(q, q, N, 2, false);
    lln_spectrum s;
    expect_ok(measure(&head, "softmax", methods[_i], 2, 0, &s));
    expect_absolute(s.lambda2, 1, 1e-12);
    expect_absolute(s.lambda2_re, 1, 1e-12);
    expect_absolute(s.unbiased_norm, 1, 1e-12);
    expect_absolute(s.sigma2, 1, 1e-9);
    lln_spectrum_free(&s);
}
END_TEST

/* Token i attends to token i + 1: a permutation, all moduli 1, ||P~||_F^2 =
 * n - 1; eigenvalues exp(2 pi i / n), of which that with the largest real
 * part comes first. */
START_TEST(measure_cycle)
{
    enum { N = 12 };
    double q[N * N] = {0}, k[N * N] = {0};
    for (size_t i = 0; i < N; i++) {
        q[i * N + i] = 40;
        k[(i + 1) % N * N + i] = 40;
    }
    lln_head head = plain_head(q, k, N, N, false);
    lln_spectrum s;
    expect_ok(measure(&head, "softmax", LLN_SPECTRUM_DENSE, N, 0, &s));
    for (size_t i = 0; i < N; i++)
        expect_absolute(s.eigenvalues[i].modulus, 1, 1e-12);
    expect_relative(s.unbiased_norm, sqrt(N - 1), 1e-12);
    expect_absolute(s.sigma2, 1, 1e-12);
    lln_spectrum_free(&s);
}
END_TEST

/* Nearly uniform attention: the norm must come from differences. With logits
 * s small, P~ = (s - row mean - column mean + mean) / n to first order. */
START_TEST(measure_nearly_uniform)
{
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_spectrum dense, arnoldi, lowrank;
    head.scale = 1e-9;
    expect_ok(measure(&head, "softmax", LLN_SPECTRUM_DENSE, 2, 0, &dense));
    expect_ok(measure(&head, "softmax", LLN_SPECTRUM_ARNOLDI, 2, 0, &arnoldi));
    double sum = 0;
    for (size_t i = 0; i < 64; i++)
        for (size_t j = 0; j < 64; j++) {
            double value = 0;
            for (size_t l = 0; l < 8; l++) {
                double q = 0, k = 0;
                for (size_t t = 0; t < 64; t++) {
                    q += lln_matrix_get(head.q, t, l) / 64;
                    k += lln_matrix_get(head.k, t, l) / 64;
                }
                value += (lln_matrix_get(head.q, i, l) - q) *
                         (lln_matrix_get(head.k, j, l) - k);
            }
            sum += pow(1e-9 * value / 64, 2);
        }
    expect_relative(dense.unbiased_norm, sqrt(sum), 1e-6);
    expect_relative(arnoldi.unbiased_norm, sqrt(sum), 1e-6);
    expect_relative(arnoldi.lambda2, dense.lambda2, 1e-5);
    lln_spectrum_free(&dense);
    lln_spectrum_free(&arnoldi);
    expect_ok(measure(&head, "lln:alpha=1e-5:beta=1e-5", LLN_SPECTRUM_DENSE, 2,
                      0, &dense));
    expect_ok(measure(&head, "lln:alpha=1e-5:beta=1e-5", LLN_SPECTRUM_LOWRANK,
                      2, 0, &lowrank));
    expect_relative(lowrank.unbiased_norm, dense.unbiased_norm, 1e-4);
    expect_relative(lowrank.lambda2, dense.lambda2, 1e-4);
    lln_spectrum_free(&dense);
    lln_spectrum_free(&lowrank);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_equal_rows)
{
    double zero[8 * 3] = {0}, k[8 * 3];
    static const lln_spectrum_method methods[] = {LLN_SPECTRUM_DENSE,
                                                  LLN_SPECTRUM_ARNOLDI};
    for (size_t i = 0; i < 24; i++)
        k[i] = sin((double)i);
    lln_head head = plain_head(zero, k, 8, 3, false);
    lln_spectrum s;
    expect_ok(measure(&head, "softmax", methods[_i], 2, 0, &s));
    expect_absolute(s.lambda2, 0, 1e-15);
    expect_absolute(s.unbiased_norm, 0, 1e-15);
    expect_absolute(s.sigma2, 0, 1e-15);
    lln_spectrum_free(&s);
}
END_TEST

START_TEST(measure_single_precision)
{
    static const struct {
        const char *kernel;
        lln_spectrum_method method;
        bool causal;
    } runs[] = {{"softmax", LLN_SPECTRUM_DENSE, false},
                {"softmax", LLN_SPECTRUM_ARNOLDI, false},
                {"softmax", LLN_SPECTRUM_DIAGONAL, true},
                {"lln:alpha=2:beta=2", LLN_SPECTRUM_LOWRANK, false},
                {"lln:alpha=2:beta=2", LLN_SPECTRUM_ARNOLDI, false},
                {"lln:alpha=2:beta=2", LLN_SPECTRUM_DIAGONAL, true}};
    lln_head exact = case_head("B", LLN_FLOAT64, runs[_i].causal);
    lln_head single = case_head("B", LLN_FLOAT32, runs[_i].causal);
    lln_spectrum expected, s;
    expect_ok(
        measure(&exact, runs[_i].kernel, runs[_i].method, 2, 0, &expected));
    expect_ok(measure(&single, runs[_i].kernel, runs[_i].method, 2, 0, &s));
    expect_relative(s.lambda2, expected.lambda2, 1e-6);
    expect_relative(s.unbiased_norm, expected.unbiased_norm, 1e-6);
    expect_relative(s.sigma2, expected.sigma2, 1e-5);
    lln_spectrum_free(&expected);
    lln_spectrum_free(&s);
    lln_head_free(&exact);
    lln_head_free(&single);
}
END_TEST

/* beta so large that no product of features holds the scores. */
START_TEST(measure_lln_beyond_range)
{
    static const lln_spectrum_method methods[] = {
        LLN_SPECTRUM_DENSE, LLN_SPECTRUM_ARNOLDI, LLN_SPECTRUM_LOWRANK};
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_spectrum expected, s;
    expect_ok(measure(&head, "lln:alpha=7:beta=300", LLN_SPECTRUM_DENSE, 2, 0,
                      &expected));
    expect_ok(measure(&head, "lln:alpha=7:beta=300", methods[_i], 2, 0, &s));
    ck_assert(isfinite(s.lambda2) && isfinite(s.unbiased_norm));
    ck_assert(s.lambda2 <= 1 + 1e-12 && s.lambda2 > 1e-3);
    expect_relative(s.lambda2, expected.lambda2, 1e-9);
    expect_relative(s.unbiased_norm, expected.unbiased_norm, 1e-9);
    lln_spectrum_free(&expected);
    lln_spectrum_free(&s);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_any_threads)
{
    static const struct {
        const char *kernel;
        lln_spectrum_method method;
        bool causal;
        size_t memory;
    } runs[] = {{"softmax", LLN_SPECTRUM_DENSE, false, 0},
                {"softmax", LLN_SPECTRUM_ARNOLDI, false, 0},
                {"softmax", LLN_SPECTRUM_ARNOLDI, false, 1},
                {"lln:alpha=2:beta=2", LLN_SPECTRUM_LOWRANK, false, 0},
                {"softmax", LLN_SPECTRUM_DIAGONAL, true, 0},
                {"lln:alpha=2:beta=2", LLN_SPECTRUM_DIAGONAL, true, 0}};
    lln_head head = case_head("B", LLN_FLOAT32, runs[_i].causal);
    head.q.rows = head.k.rows = 1024; /* 256 x 64 read as 1024 x 16 */
    head.q.columns = head.k.columns = 16;
    lln_spectrum one, two;
    lln_threads_set(1);
    expect_ok(measure(&head, runs[_i].kernel, runs[_i].method, 4,
                      runs[_i].memory ? 1000 : 0, &one));
    lln_threads_set(2);
    expect_ok(measure(&head, runs[_i].kernel, runs[_i].method, 4,
                      runs[_i].memory ? 1000 : 0, &two));
    ck_assert(one.lambda2 == two.lambda2 && one.residual == two.residual);
    ck_assert(one.sigma2 == two.sigma2);
    ck_assert(one.unbiased_norm == two.unbiased_norm);
    ck_assert_mem_eq(one.eigenvalues, two.eigenvalues,
                     4 * sizeof *one.eigenvalues);
    lln_spectrum_free(&one);
    lln_spectrum_free(&two);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_inequalities)
{
    lln_head head = case_head(CASES[_i].name, LLN_FLOAT64, false);
    lln_spectrum s;
    expect_ok(measure(&head, "softmax", LLN_SPECTRUM_AUTO, head.q.rows, 0, &s));
    ck_assert(s.lambda2 <= s.sigma2 * (1 + 1e-12));
    ck_assert(s.sigma2 <= s.unbiased_norm * (1 + 1e-12));
    double sum = 0;
    for (size_t i = 1; i < s.count; i++)
        sum += pow(s.eigenvalues[i].modulus, 2);
    ck_assert(sum <= pow(s.unbiased_norm, 2) * (1 + 1e-12)); /* Schur */
    lln_spectrum_free(&s);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_without_norms)
{
    lln_head head = case_head("A", LLN_FLOAT64, true);
    lln_attention attention;
    lln_spectrum_options options = {LLN_SPECTRUM_AUTO, 2, false, 0};
    lln_spectrum s;
    case_open(&head, "softmax", &attention);
    expect_ok(lln_spectrum_measure(&attention, &options, &s));
    ck_assert(s.lambda2 > 0 && isnan(s.unbiased_norm) && isnan(s.sigma2));
    lln_spectrum_free(&s);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_refusals)
{
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_spectrum s;
    expect_status(measure(&head, "softmax", LLN_SPECTRUM_LOWRANK, 2, 0, &s),
                  LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "method lowrank: this attention has no features");
    expect_status(measure(&head, "softmax", LLN_SPECTRUM_DIAGONAL, 2, 0, &s),
                  LLN_EINVAL);
    expect_status(measure(&head, "softmax", LLN_SPECTRUM_ARNOLDI, 64, 0, &s),
                  LLN_EINVAL);
    expect_status(measure(&head, "softmax", LLN_SPECTRUM_DENSE, 2, 50000, &s),
                  LLN_ETOOBIG);
    ck_assert_str_eq(lln_error_message(),
                     "method dense: 64 tokens need 0.1 MiB for matrices, 0.0 "
                     "MiB are allowed; try arnoldi");
    ck_assert(isnan(s.lambda2) && s.eigenvalues == NULL);
    head.q.rows = 60;
    expect_status(measure(&head, "softmax", LLN_SPECTRUM_AUTO, 2, 0, &s),
                  LLN_EUNDEFINED);
    ck_assert(isnan(s.lambda2) && isnan(s.gap) && isnan(s.unbiased_norm));
    head.q.rows = 64;
    head.mask.causal = true;
    expect_status(
        measure(&head, "lln:alpha=1:beta=1", LLN_SPECTRUM_LOWRANK, 2, 0, &s),
        LLN_EINVAL);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_interrupted)
{
    static const lln_spectrum_method methods[] = {
        LLN_SPECTRUM_DENSE, LLN_SPECTRUM_ARNOLDI, LLN_SPECTRUM_LOWRANK,
        LLN_SPECTRUM_DIAGONAL};
    lln_head head =
        case_head("A", LLN_FLOAT32, methods[_i] == LLN_SPECTRUM_DIAGONAL);
    lln_spectrum s;
    lln_stop_requested = 1;
    expect_status(measure(&head, "lln:alpha=1:beta=1", methods[_i], 2, 0, &s),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_head_free(&head);
}
END_TEST

START_TEST(method_find_names)
{
    lln_spectrum_method method;
    for (int i = 0; i < LLN_SPECTRUM_METHODS; i++) {
        expect_ok(lln_spectrum_method_find(method_name((lln_spectrum_method)i),
                                           &method));
        ck_assert_int_eq(method, i);
    }
    expect_status(lln_spectrum_method_find("qr", &method), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "method 'qr': unknown; known are auto, dense, arnoldi, "
                     "lowrank, diagonal");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum");
    TCase *cases = tcase_create("measure");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, measure_softmax_dense, 0, CASE_COUNT);
    tcase_add_loop_test(cases, measure_lln_dense, 0, CASE_COUNT);
    tcase_add_loop_test(cases, measure_lln_lowrank, 0, CASE_COUNT);
    tcase_add_test(cases, measure_causal_diagonal);
    tcase_add_test(cases, measure_causal_lln);
    tcase_add_loop_test(cases, measure_methods_agree, 0, 7);
    tcase_add_test(cases, measure_streaming);
    tcase_add_test(cases, measure_two_tokens);
    tcase_add_loop_test(cases, measure_one_token, 0, 2);
    tcase_add_loop_test(cases, measure_blocks, 0, 2);
    tcase_add_test(cases, measure_cycle);
    tcase_add_test(cases, measure_nearly_uniform);
    tcase_add_loop_test(cases, measure_equal_rows, 0, 2);
    tcase_add_loop_test(cases, measure_single_precision, 0, 6);
    tcase_add_loop_test(cases, measure_lln_beyond_range, 0, 3);
    tcase_add_loop_test(cases, measure_any_threads, 0, 6);
    tcase_add_loop_test(cases, measure_inequalities, 0, CASE_COUNT);
    tcase_add_test(cases, measure_without_norms);
    tcase_add_test(cases, measure_refusals);
    tcase_add_loop_test(cases, measure_interrupted, 0, 4);
    suite_add_tcase(suite, cases);
    TCase *method = tcase_create("method_find");
    tcase_add_test(method, method_find_names);
    suite_add_tcase(suite, method);
    return run_suite(suite);
}
