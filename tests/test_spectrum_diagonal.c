/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The spectrum of a triangular matrix is its diagonal. */
#include "measure/spectrum_diagonal.h"

#include "given_matrix.h"
#include "spectrum_case.h"

static lln_status run(lln_attention *attention, bool norms, size_t count,
                      lln_eigenvalue *values, lln_spectrum *out)
{
    lln_spectrum_options options = {.norms = norms, .memory = 1 << 20};
    *out = (lln_spectrum){.known = 1, .count = count, .eigenvalues = values};
    values[0] = (lln_eigenvalue){1, 1, 0, 0, 1, 0};
    return lln_spectrum_diagonal(attention, &options, out);
}

/* The moduli are 0.7, 0.6 and 0.25, one of them of a negative entry. The norm
 * comes from plain sums. */
START_TEST(diagonal_given)
{
    enum { N = 4 };
    static double p[N * N] = {1,   0,   0,    0, 0.4, 0.6, 0,    0,
                              0.9, 0.8, -0.7, 0, 0.5, 0,   0.25, 0.25};
    lln_eigenvalue values[N];
    lln_spectrum out;
    lln_attention attention = given_attention(p, N, N);
    double squares = 0;
    attention.mask.causal = true;
    expect_ok(run(&attention, true, N, values, &out));
    ck_assert(values[1].re == -0.7 && values[1].modulus == 0.7);
    ck_assert(values[2].re == 0.6 && values[3].re == 0.25);
    ck_assert(values[1].condition == 1 && values[1].residual == 0);
    expect_relative(values[1].bound, 0.7 * 1.1102230246251565e-15, 1e-15);
    for (size_t j = 0; j < N; j++) {
        double mean = 0;
        for (size_t i = 0; i < N; i++)
            mean += p[i * N + j] / N;
        for (size_t i = 0; i < N; i++)
            squares += pow(p[i * N + j] - mean, 2);
    }
    expect_relative(out.unbiased_norm, sqrt(squares), 1e-14);
    ck_assert(out.centered_sigma1 > 0 &&
              out.centered_sigma1 < out.unbiased_norm);
}
END_TEST

/* Softmax, LLN with its own diagonal, and a kernel by rows, against dense
 * rows. */
START_TEST(diagonal_kernels)
{
    static const char *const kernels[] = {"softmax", "lln:alpha=1:beta=1",
                                          "kvt:k=5"};
    lln_head head = case_head("A", LLN_FLOAT64, true);
    lln_attention attention;
    lln_eigenvalue values[64];
    lln_spectrum out;
    double p[64 * 64], sum = 0, found = 0;
    case_open(&head, kernels[_i], &attention);
    expect_ok(lln_attention_prepare(&attention));
    expect_ok(lln_attention_rows(&attention, 0, 64, p));
    expect_ok(run(&attention, false, 64, values, &out));
    for (size_t i = 1; i < 64; i++) {
        sum += p[i * 65];
        found += values[i].re;
        ck_assert(values[i].modulus <= values[i - 1].modulus);
    }
    expect_relative(found, sum, 1e-12);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(diagonal_one_token)
{
    static double one[] = {1};
    lln_eigenvalue values[1];
    lln_spectrum out;
    lln_attention attention = given_attention(one, 1, 1);
    attention.mask.causal = true;
    expect_ok(run(&attention, true, 1, values, &out));
    ck_assert(values[0].re == 1 && out.unbiased_norm == 0 &&
              out.centered_sigma1 == 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum_diagonal");
    TCase *diagonal = tcase_create("spectrum_diagonal");
    tcase_add_test(diagonal, diagonal_given);
    tcase_add_loop_test(diagonal, diagonal_kernels, 0, 3);
    tcase_add_test(diagonal, diagonal_one_token);
    suite_add_tcase(suite, diagonal);
    return run_suite(suite);
}
