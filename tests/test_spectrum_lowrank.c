/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Matrices of rank two from given factors. P = b a' + (1 - b) c', with a and c
 * distributions over the keys, has the eigenvalues 1, (a - c)'b and zeros. P
 * minus its column means is (b - mean b) (a - c)', of rank one. */
#include "measure/spectrum_lowrank.h"

#include "core/threads.h"
#include "given_matrix.h"

enum { N = 5 };

static const double b[] = {0.9, 0.1, 0.4, 0.75, 0.2};
static const double a[] = {0.5, 0.1, 0.1, 0.2, 0.1};
static const double c[] = {0.05, 0.3, 0.25, 0.15, 0.25};

static void features(const lln_attention *attention, size_t first, size_t count,
                     double *left, double *right)
{
    (void)attention;
    for (size_t i = 0; i < count; i++) {
        if (left) {
            left[2 * i] = b[first + i];
            left[2 * i + 1] = 1 - b[first + i];
        }
        if (right) {
            right[2 * i] = a[first + i];
            right[2 * i + 1] = c[first + i];
        }
    }
}

/* lambda2, and the norm |b - mean b| |a - c|, by sums over n rows. */
static void expect_spectrum(size_t n, const lln_eigenvalue *values,
                            const lln_spectrum *out)
{
    double lambda = 0, mean = 0, left = 0, right = 0;
    for (size_t i = 0; i < n; i++) {
        lambda += (a[i] - c[i]) * b[i];
        mean += b[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        left += (b[i] - mean) * (b[i] - mean);
        right += (a[i] - c[i]) * (a[i] - c[i]);
    }
    expect_absolute(values[1].re, lambda, 1e-15);
    ck_assert(values[1].im == 0 && values[2].modulus < 1e-15);
    expect_relative(out->unbiased_norm, sqrt(left * right), 1e-14);
    expect_relative(out->centered_sigma1, sqrt(left * right), 1e-14);
}

START_TEST(lowrank_rank_two)
{
    lln_attention attention = {.n = N, .m = N, .rank = 2, .features = features};
    lln_spectrum_options options = {.norms = true};
    lln_eigenvalue values[N] = {{1, 1, 0, 0, 1, 0}};
    lln_spectrum out = {.known = 1, .count = N, .eigenvalues = values};
    expect_ok(lln_spectrum_lowrank(&attention, &options, &out));
    expect_spectrum(N, values, &out);
    ck_assert(values[N - 1].modulus == 0 && values[N - 1].condition == 1);
    lln_stop_requested = 1;
    expect_status(lln_spectrum_lowrank(&attention, &options, &out),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
}
END_TEST

/* Without options.norms both norms keep their values. */
START_TEST(lowrank_without_norms)
{
    lln_attention attention = {.n = N, .m = N, .rank = 2, .features = features};
    lln_spectrum_options options = {.norms = false};
    lln_eigenvalue values[2] = {{1, 1, 0, 0, 1, 0}};
    lln_spectrum out = {.known = 1, .count = 2, .eigenvalues = values};
    out.unbiased_norm = out.centered_sigma1 = NAN;
    expect_ok(lln_spectrum_lowrank(&attention, &options, &out));
    /* 0.405 - 0.02 - 0.06 + 0.0375 - 0.03 */
    expect_absolute(values[1].re, 0.3325, 1e-15);
    ck_assert(isnan(out.unbiased_norm) && isnan(out.centered_sigma1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum_lowrank");
    TCase *lowrank = tcase_create("spectrum_lowrank");
    tcase_add_test(lowrank, lowrank_rank_two);
    tcase_add_test(lowrank, lowrank_without_norms);
    suite_add_tcase(suite, lowrank);
    return run_suite(suite);
}
