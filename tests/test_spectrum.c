/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Spectra against values of dense float64 programs (tests/data/cases) and
 * against closed forms. */
#include "spectrum_case.h"

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
    /* lambda2 is at most 1; rounding may make it larger. */
    expect_absolute(hypot(s.lambda2_re, s.lambda2_im), s.lambda2, 1e-14);
    expect_relative(s.unbiased_norm, case_scalar(name, label, "Pt_frobenius"),
                    1e-12);
    expect_relative(s.centered_sigma1, case_scalar(name, label, "Pt_2norm"),
                    1e-12);
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
    expect_relative(diagonal.centered_sigma1, dense.centered_sigma1, 1e-9);
    ck_assert(diagonal.residual == 0);
    lln_spectrum_free(&diagonal);
    lln_spectrum_free(&dense);
    lln_head_free(&head);
}
END_TEST

/* LLN computes its diagonal itself; dense rows are the slow way. */
START_TEST(measure_causal_rows)
{
    const char *kernel = _i % 2 == 0 ? "lln:alpha=1.5:beta=2" : "softmax";
    lln_head head = case_head("B", LLN_FLOAT64, true);
    lln_attention attention;
    lln_spectrum s;
    double *p = lln_array_alloc((size_t)256 * 256, sizeof *p), largest = 0;
    head.rule.mask.window = _i < 2 ? 0 : 40;
    expect_ok(measure(&head, kernel, LLN_SPECTRUM_AUTO, 2, 0, &s));
    ck_assert_int_eq(s.method, LLN_SPECTRUM_DIAGONAL);
    case_open(&head, kernel, &attention);
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
    expect_absolute(s.centered_sigma1, s.lambda2, 1e-15);
    lln_spectrum_free(&s);
    /* d = 1: all rows of LLN are the same. */
    expect_ok(
        measure(&head, "lln:alpha=1:beta=1", LLN_SPECTRUM_AUTO, 2, 0, &s));
    expect_absolute(s.lambda2, 0, 1e-15);
    expect_absolute(s.unbiased_norm, 0, 1e-15);
    lln_spectrum_free(&s);
    head.rule.mask.causal = true;
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
    ck_assert(s.unbiased_norm == 0 && s.centered_sigma1 == 0);
    lln_spectrum_free(&s);
}
END_TEST

/* Two closed groups of tokens: P has two uniform blocks, and lambda2 = 1 and
 * ||P~||_F = centered_sigma1 = 1 by every method. */
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
    expect_absolute(s.centered_sigma1, 1, 1e-9);
    lln_spectrum_free(&s);
}
END_TEST

/* Token i attends to token i + 1: P is a permutation, all moduli are 1,
 * ||P~||_F^2 = n - 1. The eigenvalues are exp(2 pi i k / n); the one with the
 * largest real part comes first. */
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
    expect_absolute(s.centered_sigma1, 1, 1e-12);
    lln_spectrum_free(&s);
}
END_TEST

/* Nearly uniform attention: the norm must be computed from differences.
 * With small logits s, P~ = (s - row mean - column mean + mean) / n to
 * first order. */
START_TEST(measure_nearly_uniform)
{
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_spectrum dense, arnoldi, lowrank;
    head.rule.scale = 1e-9;
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
    expect_absolute(s.centered_sigma1, 0, 1e-15);
    lln_spectrum_free(&s);
}
END_TEST

START_TEST(measure_inequalities)
{
    lln_head head = case_head(CASES[_i].name, LLN_FLOAT64, false);
    lln_spectrum s;
    expect_ok(measure(&head, "softmax", LLN_SPECTRUM_AUTO, head.q.rows, 0, &s));
    ck_assert(s.lambda2 <= s.centered_sigma1 * (1 + 1e-12));
    ck_assert(s.centered_sigma1 <= s.unbiased_norm * (1 + 1e-12));
    double sum = 0;
    for (size_t i = 1; i < s.count; i++)
        sum += pow(s.eigenvalues[i].modulus, 2);
    ck_assert(sum <= pow(s.unbiased_norm, 2) * (1 + 1e-12)); /* Schur */
    lln_spectrum_free(&s);
    lln_head_free(&head);
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
    tcase_add_loop_test(cases, measure_causal_rows, 0, 4);
    tcase_add_test(cases, measure_two_tokens);
    tcase_add_loop_test(cases, measure_one_token, 0, 2);
    tcase_add_loop_test(cases, measure_blocks, 0, 2);
    tcase_add_test(cases, measure_cycle);
    tcase_add_test(cases, measure_nearly_uniform);
    tcase_add_loop_test(cases, measure_equal_rows, 0, 2);
    tcase_add_loop_test(cases, measure_inequalities, 0, CASE_COUNT);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
