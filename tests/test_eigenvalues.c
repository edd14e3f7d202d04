/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A printed eigenvalue is correct or NaN: matrices whose eigenvalues plain
 * LAPACK and deflation get wrong, and random ones against dgeev.
 * EIGENVALUE_MATRICES=2000 in the environment tries that many matrices of up to
 * 600 tokens; their entries depend only on the number of the matrix. */
#include <lapacke.h>

#include "core/threads.h"
#include "head_cases.h"
#include "measure/spectrum.h"
#include "measure/spectrum_dense.h"

enum { MATRICES = 60, MOST = 60, MOST_ASKED = 600 };

static const double ROUNDING = 1e-15;

/* lambda2 of softmax, or another kernel, on n tokens of two features. */
static lln_spectrum measure_plane(const double *q, const double *k, size_t n,
                                  size_t window, const char *kernel,
                                  lln_spectrum_method method,
                                  lln_precision precision)
{
    lln_kernel_choice choice;
    lln_spectrum spectrum;
    lln_spectrum_options options = {.method = method, .eigenvalues = 2};
    float *single = lln_array_alloc(4 * n, sizeof *single);
    for (size_t i = 0; i < 2 * n; i++) {
        single[i] = (float)q[i];
        single[2 * n + i] = (float)k[i];
    }
    bool narrow = precision == LLN_FLOAT32;
    lln_head head = {
        .source = "plane",
        .layer = -1,
        .head = -1,
        .q = {precision, n, 2, narrow ? (const void *)single : q},
        .k = {precision, n, 2, narrow ? (const void *)(single + 2 * n) : k},
        .rule = {{.window = window}, 1}};
    expect_ok(lln_kernel_parse(kernel, &choice));
    expect_ok(lln_spectrum_measure_head(&choice, &head, &options, &spectrum));
    lln_spectrum_free(&spectrum);
    free(single);
    return spectrum;
}

/* Logits L (j - i) of the next, the own and the last token: similar to a
 * symmetric matrix by a diagonal scaling of up to exp(1530).
 *     scipy.linalg.eigh_tridiagonal(diagonal, sqrt(upper * lower)) */
START_TEST(drift_in_a_window)
{
    static const struct {
        size_t n;
        double lambda2;
    } runs[] = {{64, 0.14182655916385242}, {256, 0.14193531055738952}};
    double q[512], k[512];
    size_t n = runs[_i / 2].n;
    for (size_t i = 0; i < n; i++) {
        q[2 * i] = 1;
        q[2 * i + 1] = -(double)i;
        k[2 * i] = 3 * (double)i;
        k[2 * i + 1] = 3;
    }
    lln_precision precision = _i % 2 ? LLN_FLOAT32 : LLN_FLOAT64;
    lln_spectrum s =
        measure_plane(q, k, n, 2, "softmax", LLN_SPECTRUM_AUTO, precision);
    expect_absolute(s.lambda2, runs[_i / 2].lambda2, 1e-13);
    expect_absolute(s.gap, 1 - runs[_i / 2].lambda2, 1e-13);
    ck_assert(s.condition < 1.2 && s.bound < 1e-9 && s.residual < 1e-11);
    if (n > 64)
        return;
    /* Products with the unscaled P find false eigenvalues with residuals of
     * 1e-15; their left vectors show it. */
    s = measure_plane(q, k, n, 2, "softmax", LLN_SPECTRUM_ARNOLDI, precision);
    ck_assert(isnan(s.lambda2) && isnan(s.gap) && isnan(s.lambda2_re));
    ck_assert(s.residual < 1e-7 && !(s.bound <= 1e-6));
}
END_TEST

/* Logits -g (j - t)^2 around the next token t; the last token has its own
 * position for t. mpmath, 100 digits: the second modulus of mp.eig(P). With g =
 * 2000 only the largest logit of a row has a weight: P is one-hot above the
 * diagonal, and lambda2 = 0. */
START_TEST(next_token)
{
    static const struct {
        double g, lambda2;
        const char *kernel;
    } runs[] = {{1, 0.3672837401456102, "softmax"},
                {2, 0.13524087279132224, "softmax"},
                {3, 0.04977243985051967, "softmax"},
                {8, 0.0003354618985580518, "softmax"},
                {2000, 0, "softmax"},
                {1, 0, "kvt:k=1"}};
    double q[80], k[80];
    for (size_t i = 0; i < 40; i++) {
        double t = i < 39 ? (double)i + 1 : 39, j = (double)i;
        q[2 * i] = 2 * runs[_i].g * t;
        q[2 * i + 1] = -runs[_i].g;
        k[2 * i] = j;
        k[2 * i + 1] = j * j;
    }
    lln_spectrum s = measure_plane(q, k, 40, 0, runs[_i].kernel,
                                   LLN_SPECTRUM_AUTO, LLN_FLOAT64);
    expect_absolute(s.lambda2, runs[_i].lambda2, 1e-13);
    ck_assert(s.condition < 1.2 && s.bound < 3e-10 * runs[_i].g);
}
END_TEST

/* Causal float32 heads with logits of up to 20: the largest P_ii after the
 * first, in long double. */
START_TEST(triangular_single)
{
    enum { N = 64, D = 8 };
    float q[2 * N * D];
    double numbers[2 * N * D], largest = 0;
    draw_numbers((uint64_t)_i + 1, 2 * N * D, 1.2, numbers);
    for (size_t i = 0; i < 2 * N * D; i++)
        q[i] = (float)numbers[i];
    for (size_t i = 1; i < N; i++) {
        long double own = 0, sum = 0;
        for (size_t j = i + 1; j-- > 0;) {
            long double logit = 0;
            for (size_t c = 0; c < D; c++)
                logit += (long double)q[i * D + c] * q[(N + j) * D + c];
            own = j == i ? logit : own;
            sum += expl(logit - own);
        }
        largest = fmax(largest, (double)(1 / sum));
    }
    lln_head head = {.source = "single",
                     .layer = -1,
                     .head = -1,
                     .q = {LLN_FLOAT32, N, D, q},
                     .k = {LLN_FLOAT32, N, D, q + N * D},
                     .rule = {{.causal = true}, 1}};
    lln_kernel_choice choice;
    lln_spectrum_options options = {.eigenvalues = 2, .norms = _i % 2};
    lln_spectrum spectrum;
    expect_ok(lln_kernel_parse("softmax", &choice));
    expect_ok(lln_spectrum_measure_head(&choice, &head, &options, &spectrum));
    expect_absolute(spectrum.lambda2, largest, spectrum.bound);
    ck_assert(spectrum.bound < 1e-13);
    ck_assert(isnan(spectrum.unbiased_norm) == !options.norms);
    lln_spectrum_free(&spectrum);
}
END_TEST

/* Tokens on a circle that attend almost only to themselves: P is the identity
 * up to exp(-263), and its eigenvalues are 1 in double precision. */
START_TEST(nearly_identity)
{
    static const struct {
        size_t n;
        double radius;
    } runs[] = {{5, 30}, {8, 30}, {8, 40}, {12, 60}};
    double q[24];
    size_t n = runs[_i].n;
    for (size_t i = 0; i < n; i++) {
        double angle = 8 * atan(1) * (double)i / (double)n;
        q[2 * i] = runs[_i].radius * cos(angle);
        q[2 * i + 1] = runs[_i].radius * sin(angle);
    }
    lln_spectrum s =
        measure_plane(q, q, n, 0, "softmax", LLN_SPECTRUM_AUTO, LLN_FLOAT64);
    expect_absolute(s.lambda2, 1, 1e-13);
    ck_assert(s.condition < 1.2 && s.bound < 2e-11);
}
END_TEST

/* P [n x n] = ones below the diagonal, P_00 = 1: all other eigenvalues are 0.
 */
START_TEST(previous_token)
{
    size_t n = _i == 0 ? 64 : 600;
    double *p = lln_array_alloc(n * n, sizeof *p);
    p[0] = 1;
    for (size_t i = 1; i < n; i++)
        p[i * n + i - 1] = 1;
    lln_eigenvalue values[2];
    lln_spectrum s = {.known = 1, .count = 2, .eigenvalues = values};
    lln_square square = {p, n, true, ROUNDING};
    expect_ok(lln_spectrum_matrix(&square, &s));
    ck_assert(values[1].modulus == 0 && values[1].bound == 0);
    free(p);
}
END_TEST

/* A Jordan block of order 12 in a strongly connected P that no scaling makes
 * normal: its 0 must not be printed with its rounding error. */
START_TEST(defective)
{
    enum { N = 12 };
    double p[N * N], x[N * N];
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            p[i * N + j] = 1.0 / N;
    /* Adds a nilpotent Z with Z 1 = 0 and 1'Z = 0 in a basis of contrasts:
     * the rows of x are orthogonal (discrete cosines), and Z maps each to
     * the next. */
    for (size_t k = 0; k < N; k++)
        for (size_t i = 0; i < N; i++)
            x[k * N + i] =
                cos(M_PI * (double)k * ((double)i + 0.5) / N) * sqrt(2.0 / N);
    for (size_t k = 1; k + 1 < N; k++)
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < N; j++)
                p[i * N + j] += 0.02 * x[k * N + i] * x[(k + 1) * N + j];
    lln_eigenvalue values[2];
    lln_spectrum s = {.known = 1, .count = 2, .eigenvalues = values};
    lln_square square = {p, N, true, ROUNDING};
    expect_ok(lln_spectrum_matrix(&square, &s));
    ck_assert_msg(values[1].modulus <= fmax(values[1].bound, 1e-7),
                  "%g, bound %g", values[1].modulus, values[1].bound);
    ck_assert_msg(values[1].condition > 1e3, "%g", values[1].condition);
}
END_TEST

/* Heads of 300 tokens: products with a rounded P against LAPACK. The bytes are
 * the same whether P is stored or not, and on any number of threads. */
START_TEST(krylov_of_a_head)
{
    static const struct {
        const char *kernel;
        lln_spectrum_method method;
        double deviation;
    } runs[] = {{"softmax", LLN_SPECTRUM_ARNOLDI, 1},
                {"softmax", LLN_SPECTRUM_ARNOLDI, 1.6},
                {"elu", LLN_SPECTRUM_LOWRANK, 1},
                {"kvt:k=40", LLN_SPECTRUM_ARNOLDI, 1}};
    lln_head wide = drawn_head(300, 300, 24, runs[_i].deviation, false);
    lln_head head = wide;
    float *single = lln_array_alloc((size_t)600 * 24, sizeof *single);
    lln_matrix_convert((lln_matrix){LLN_FLOAT64, 600, 24, wide.q.data},
                       LLN_FLOAT32, single);
    head.q = (lln_matrix){LLN_FLOAT32, 300, 24, single};
    head.k = (lln_matrix){LLN_FLOAT32, 300, 24, single + 300 * 24};
    lln_kernel_choice choice;
    lln_spectrum dense, other;
    lln_spectrum_options options = {.method = LLN_SPECTRUM_DENSE,
                                    .eigenvalues = 2};
    expect_ok(lln_kernel_parse(runs[_i].kernel, &choice));
    expect_ok(lln_spectrum_measure_head(&choice, &head, &options, &dense));
    options.method = LLN_SPECTRUM_AUTO;
    for (int run = 0; run < 4; run++) {
        lln_threads_set(1 + run % 2);
        options.memory = run < 2 ? 0 : 100000;
        expect_ok(lln_spectrum_measure_head(&choice, &head, &options, &other));
        ck_assert_int_eq(other.method, runs[_i].method);
        expect_absolute(other.lambda2, dense.lambda2, 1e-7);
        ck_assert_msg(
            fabs(other.lambda2 - dense.lambda2) <= other.bound + dense.bound,
            "%g, bound %g", other.lambda2 - dense.lambda2, other.bound);
        static double lambda2, residual;
        ck_assert(run == 0 ||
                  (other.lambda2 == lambda2 && other.residual == residual));
        lambda2 = other.lambda2;
        residual = other.residual;
        lln_spectrum_free(&other);
    }
    lln_spectrum_free(&dense);
    lln_head_free(&wide);
    free(single);
}
END_TEST

/* A number in [0, 1). */
static double uniform(uint64_t seed, uint64_t index)
{
    return (double)(lln_random_number(seed, index) >> 11) * 0x1p-53;
}

static const char *const kinds[] = {"gaussian", "duplicated", "blocks",
                                    "one-hot",  "window",     "next token",
                                    "permuted", "reducible",  "steep"};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* The logit that the kind adds, or -infinity. */
static double change(size_t kind, uint64_t seed, size_t i, size_t j, size_t n)
{
    double size = 1 + 12 * uniform(seed, 4);
    size_t reach = 2 + (size_t)(4 * uniform(seed, 5));
    switch (kind) {
    case 2:
        return i % 3 == j % 3 ? size : 0;
    case 3:
        return j == lln_random_number(seed, 1000 + i) % n ? 3 * size : 0;
    case 4:
        return i + reach > j && j + reach > i ? 0 : -INFINITY;
    case 5:
        return j == i + 1 ? size : 0;
    case 6: /* lower triangular in another order of the tokens */
        return (7 * j + 3) % n <= (7 * i + 3) % n ? 0 : -INFINITY;
    case 7: /* a group that is almost never left */
        return (i < n / 2) == (j < n / 2) ? 0 : -3 * size;
    case 8:
        return size * (double)j / (double)n;
    default:
        return 0;
    }
}

/* Softmax of Gaussian logits at a temperature from 0.1 to 5; P [n x n]. */
static void draw_matrix(size_t kind, uint64_t seed, size_t n, double *p)
{
    double tau = 0.1 * pow(50, uniform(seed, 3));
    draw_numbers(seed + 1, n * n, 1 / tau, p);
    if (kind == 6 && n % 7 == 0)
        kind = 0;
    for (size_t i = 0; i < n; i++) {
        double *row = p + i * n, most = -INFINITY, sum = 0;
        if (kind == 1 && i >= n / 2)
            memcpy(row, row - n / 2 * n, n * sizeof *row);
        for (size_t j = 0; j < n; j++) {
            if (kind == 1 && j >= n / 2)
                row[j] = row[j - n / 2];
            row[j] += change(kind, seed, i, j, n);
            most = fmax(most, row[j]);
        }
        for (size_t j = 0; j < n; j++)
            sum += row[j] = exp(row[j] - most);
        for (size_t j = 0; j < n; j++)
            row[j] /= sum;
    }
}

/* By dgeev on P itself: the second modulus, and the largest condition among the
 * moduli next to it; copy [n x n] is destroyed. */
static double plain_lambda2(double *copy, size_t n, double *condition)
{
    lapack_int order = (lapack_int)n, low, high;
    double norm, *numbers = lln_array_alloc(5 * n, sizeof *numbers);
    double *left = lln_array_alloc(2 * n * n, sizeof *left);
    double *re = numbers, *im = re + n, *scale = im + n, *rcond = scale + n;
    double *right = left + n * n, second = 0, distance = INFINITY;
    size_t one = 0;
    ck_assert_int_eq(LAPACKE_dgeevx(LAPACK_COL_MAJOR, 'N', 'V', 'V', 'E', order,
                                    copy, order, re, im, left, order, right,
                                    order, &low, &high, scale, &norm, rcond,
                                    rcond + n),
                     0);
    for (size_t i = 0; i < n; i++)
        if (hypot(re[i] - 1, im[i]) < distance) {
            distance = hypot(re[i] - 1, im[i]);
            one = i;
        }
    for (size_t i = 0; i < n; i++)
        if (i != one)
            second = fmax(second, hypot(re[i], im[i]));
    *condition = 1;
    for (size_t i = 0; i < n; i++)
        if (i != one && hypot(re[i], im[i]) > 0.5 * second)
            *condition = fmax(*condition, 1 / rcond[i]);
    free(left);
    free(numbers);
    return second;
}

START_TEST(random_matrices)
{
    size_t most = getenv("EIGENVALUE_MATRICES") ? MOST_ASKED : MOST;
    uint64_t seed = 4100 + (uint64_t)_i;
    size_t kind = (size_t)_i % KINDS;
    size_t n = 3 + (size_t)((double)(most - 2) * pow(uniform(seed, 2), 2));
    double *p = lln_array_alloc(2 * n * n, sizeof *p), *copy = p + n * n;
    double condition, largest = 0;
    draw_matrix(kind, seed, n, p);
    memcpy(copy, p, n * n * sizeof *p);
    lln_eigenvalue values[2];
    lln_spectrum s = {.known = 1, .count = 2, .eigenvalues = values};
    lln_square square = {p, n, true, ROUNDING};
    expect_ok(lln_spectrum_matrix(&square, &s));
    double expected = plain_lambda2(copy, n, &condition);
    if (kind == 6 && n % 7 != 0) { /* closed form */
        for (size_t i = 0; i < n; i++)
            if ((7 * i + 3) % n != 0)
                largest = fmax(largest, p[i * n + i]);
        expected = largest;
        condition = 1;
        ck_assert(lln_eigenvalue_known(&values[1]));
    }
    double allowed = fmax(1e-7, 10 * 0x1p-52 * fmax(condition, 1));
    ck_assert_msg(!lln_eigenvalue_known(&values[1]) ||
                      fabs(values[1].modulus - expected) <= allowed,
                  "%d, %s, n = %zu: %.17g, condition %g; dgeev %.17g, "
                  "condition %g",
                  _i, kinds[kind], n, values[1].modulus, values[1].condition,
                  expected, condition);
    ck_assert_msg(lln_eigenvalue_known(&values[1]),
                  "%d, %s, n = %zu: condition %g, bound %g", _i, kinds[kind], n,
                  values[1].condition, values[1].bound);
    free(p);
}
END_TEST

int main(void)
{
    const char *asked = getenv("EIGENVALUE_MATRICES");
    long matrices = asked ? strtol(asked, NULL, 10) : MATRICES;
    Suite *suite = suite_create("eigenvalues");
    TCase *cases = tcase_create("eigenvalues");
    tcase_set_timeout(cases, 600);
    tcase_add_loop_test(cases, drift_in_a_window, 0, 4);
    tcase_add_loop_test(cases, next_token, 0, 6);
    tcase_add_loop_test(cases, triangular_single, 0, 4);
    tcase_add_loop_test(cases, nearly_identity, 0, 4);
    tcase_add_loop_test(cases, previous_token, 0, 2);
    tcase_add_test(cases, defective);
    tcase_add_loop_test(cases, krylov_of_a_head, 0, 4);
    tcase_add_loop_test(cases, random_matrices, 0, (int)matrices);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
