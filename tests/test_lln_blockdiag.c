/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN+Diag and its parts. The number of threads changes nothing, here and in
 * kernels with few keys. */
#include "dense.h"
#include "kernel/product.h"
#include "kernel_cases.h"
#include "measure/spectrum.h"

#define ALPHA_BETA "alpha=1.8806401942992437:beta=2.417673251339197"

static const kernel_case references[] = {
    {.kernel = "lln+diag:eps=1e-8:" ALPHA_BETA, .matrix = "lln_diag_average"},
    {.kernel = "lln+diag:eps=1e-8:" ALPHA_BETA,
     .matrix = "lln_diag_average_causal"},
};

START_TEST(matrix)
{
    expect_kernel(&references[_i]);
}
END_TEST

/* Published moment matching: a side s with 2 a s^2 + b = sigma_q^2 sigma_k^2,
 * by standard deviations over all heads (divisor count - 1). */
static void published_sides(lln_matrix q, lln_matrix k, double *alpha,
                            double *beta)
{
    const double a = 0.14855178144710912, b = -0.35487039130661086;
    double mean, sigma_q, sigma_k;
    lln_matrix_moments(q, &mean, &sigma_q);
    lln_matrix_moments(k, &mean, &sigma_k);
    double s = sqrt((sigma_q * sigma_q * sigma_k * sigma_k - b) / (2 * a));
    *alpha = s / sigma_q;
    *beta = s / sigma_k;
}

/* The first 11 tokens: blocks of 4, 4 and 3, with other alpha and beta. */
START_TEST(matrix_remainder)
{
    char text[LLN_KERNEL_TEXT];
    double alpha, beta;
    lln_head head = kernel_head(11, 1, _i, LLN_FLOAT64);
    published_sides(head.q, head.k, &alpha, &beta);
    snprintf(text, sizeof text, "lln+diag:eps=1e-8:alpha=%.17g:beta=%.17g",
             alpha, beta);
    kernel_case reference = {.kernel = text,
                             .matrix = _i ? "lln_diag_average_rem11_causal"
                                          : "lln_diag_average_rem11",
                             .n = 11};
    expect_kernel(&reference);
    lln_head_free(&head);
}
END_TEST

/* The two heads of the notebook, with the alpha and beta of both together, to
 * the digits that it prints. */
START_TEST(notebook)
{
    double q[KERNEL_ENTRIES], k[KERNEL_ENTRIES], v[KERNEL_ENTRIES], alpha, beta;
    double printed[KERNEL_ENTRIES], o[12];
    char text[LLN_KERNEL_TEXT];
    ck_assert_uint_eq(kernel_read("notebook", "Q", q), 24);
    kernel_read("notebook", "K", k);
    kernel_read("notebook", "V", v);
    kernel_read("notebook", _i ? "O_causal" : "O_none", printed);
    published_sides((lln_matrix){LLN_FLOAT64, 8, 3, q},
                    (lln_matrix){LLN_FLOAT64, 8, 3, k}, &alpha, &beta);
    snprintf(text, sizeof text, "lln+diag:eps=1e-8:alpha=%.17g:beta=%.17g",
             alpha, beta);
    for (size_t h = 0; h < 2; h++) {
        lln_attention attention;
        lln_head head = {.q = {LLN_FLOAT64, 4, 3, q + 12 * h},
                         .k = {LLN_FLOAT64, 4, 3, k + 12 * h},
                         .rule.mask.causal = _i,
                         .rule.scale = 1 / sqrt(3)};
        open_kernel(text, &head, NULL, 0, &attention);
        expect_ok(lln_attention_product(
            &attention, (lln_matrix){LLN_FLOAT64, 4, 3, v + 12 * h}, o));
        for (size_t i = 0; i < 12; i++)
            expect_absolute(o[i], printed[12 * h + i], 0.5001e-4);
        lln_attention_close(&attention);
    }
}
END_TEST

/* Products [12 x 4] of the values with the attention of that text. */
static void attend(const char *text, bool causal, double *y)
{
    double v[KERNEL_ENTRIES];
    lln_attention attention;
    lln_head head = kernel_head(KERNEL_N, 1, causal, LLN_FLOAT64);
    kernel_read("inputs", "V", v);
    open_kernel(text, &head, NULL, 0, &attention);
    expect_ok(lln_attention_product(
        &attention, (lln_matrix){LLN_FLOAT64, KERNEL_N, KERNEL_D, v}, y));
    lln_attention_close(&attention);
    lln_head_free(&head);
}

/* A learned ratio for each column of the output: each column has its own P. */
START_TEST(ratio_by_column)
{
    double ratio[KERNEL_ENTRIES], wanted[KERNEL_ENTRIES], y[KERNEL_ENTRIES];
    char text[LLN_KERNEL_TEXT];
    kernel_read("inputs", "r_vec", ratio);
    kernel_read("outputs",
                _i ? "lln_diag_ratio_vec_causal" : "lln_diag_ratio_vec",
                wanted);
    for (size_t l = 0; l < KERNEL_D; l++) {
        snprintf(text, sizeof text, "lln+diag:eps=1e-8:ratio=%g:%s", ratio[l],
                 ALPHA_BETA);
        attend(text, _i, y);
        for (size_t i = l; i < KERNEL_N * KERNEL_D; i += KERNEL_D)
            expect_absolute(y[i], wanted[i], 1e-12);
    }
}
END_TEST

/* Two learned scales: r lln + p blockdiag, column by column. */
START_TEST(scale_by_column)
{
    double r[KERNEL_ENTRIES], p[KERNEL_ENTRIES], wanted[KERNEL_ENTRIES];
    double lln[KERNEL_ENTRIES], diag[KERNEL_ENTRIES];
    kernel_read("inputs", "r_vec", r);
    kernel_read("inputs", "p_vec", p);
    kernel_read("outputs",
                _i ? "lln_diag_scale_vec_causal" : "lln_diag_scale_vec",
                wanted);
    attend("lln:eps=1e-8:" ALPHA_BETA, _i, lln);
    attend("blockdiag", _i, diag);
    for (size_t i = 0; i < KERNEL_N * KERNEL_D; i++)
        expect_absolute(r[i % KERNEL_D] * lln[i] + p[i % KERNEL_D] * diag[i],
                        wanted[i], 1e-12);
}
END_TEST

/* Blocks that divide the length and blocks that do not, one block, blocks of
 * one token; more than one group of 1024 rows; fewer queries than keys. */
static const struct {
    size_t n, m, d, block;
    double ratio, alpha, beta;
} cases[] = {
    {1, 1, 3, 1, 0.5, 1, 1},        {37, 37, 5, 5, 0.5, 1.5, 2},
    {130, 130, 16, 16, 0.3, 2, 1},  {130, 130, 5, 200, 0.5, 1, 1},
    {130, 130, 5, 1, 0.75, 1, 1},   {37, 130, 5, 20, 0.5, 2, 2},
    {1100, 1100, 3, 64, 0.5, 2, 3}, {37, 37, 5, 5, 0, 1, 2},
    {37, 37, 5, 5, 1, 1, 2},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static double *dense_mixture(size_t number, const lln_head *head)
{
    double ratio = cases[number].ratio;
    lln_head blocked = *head;
    blocked.rule.mask.block = cases[number].block;
    double *p = dense_lln(head, cases[number].alpha, cases[number].beta);
    double *diag = dense_softmax(&blocked);
    for (size_t i = 0; i < head->q.rows * head->k.rows; i++)
        p[i] = ratio * p[i] + (1 - ratio) * diag[i];
    free(diag);
    return p;
}

static void compare(size_t number, bool causal, lln_precision precision)
{
    char text[LLN_KERNEL_TEXT];
    lln_attention attention;
    lln_head head =
        dense_head(cases[number].n, cases[number].m, cases[number].d, 1,
                   (lln_mask){.causal = causal}, precision);
    double *p = dense_mixture(number, &head);
    snprintf(text, sizeof text, "lln+diag:alpha=%g:beta=%g:block=%zu:ratio=%g",
             cases[number].alpha, cases[number].beta, cases[number].block,
             cases[number].ratio);
    open_kernel(text, &head, NULL, 0, &attention);
    ck_assert(attention.product && attention.transposed);
    ck_assert(causal ? attention.diagonal != NULL
                     : attention.unbiased_norm != NULL);
    /* Float32 heads are computed in float64, too. */
    expect_dense(&attention, p, 1e-12, 3e-6);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(p);
}

START_TEST(mixture_full)
{
    compare((size_t)_i, false, LLN_FLOAT64);
    compare((size_t)_i, false, LLN_FLOAT32);
}
END_TEST

START_TEST(mixture_causal)
{
    compare((size_t)_i, true, LLN_FLOAT64);
    compare((size_t)_i, true, LLN_FLOAT32);
}
END_TEST

/* exp(beta k - max) as features of keys, with max the largest of all; eps in
 * the sums. */
static double *dense_published(const lln_head *head, double alpha, double beta,
                               double eps)
{
    size_t n = head->q.rows, m = head->k.rows, d = head->q.columns;
    double *p = lln_array_alloc(n * m, sizeof *p), top = -INFINITY;
    for (size_t i = 0; i < m * d; i++)
        top = fmax(top, beta * lln_matrix_get(head->k, i / d, i % d));
    for (size_t i = 0; i < n; i++) {
        double largest = -INFINITY, sum = 0;
        for (size_t l = 0; l < d; l++)
            largest = fmax(largest, alpha * lln_matrix_get(head->q, i, l));
        for (size_t j = 0; j < m; j++) {
            for (size_t l = 0; l < d && dense_allowed(head, i, j); l++)
                p[i * m + j] +=
                    exp(alpha * lln_matrix_get(head->q, i, l) - largest +
                        beta * lln_matrix_get(head->k, j, l) - top);
            sum += p[i * m + j];
        }
        for (size_t j = 0; j < m; j++)
            p[i * m + j] /= sum + eps;
    }
    return p;
}

/* The published form of lln with an epsilon that is not small. */
START_TEST(mixture_published)
{
    lln_attention attention;
    lln_head head =
        dense_head(130, 130, 5, 1, (lln_mask){.causal = _i}, LLN_FLOAT64);
    lln_head blocked = head;
    blocked.rule.mask.block = 20;
    double *p = dense_published(&head, 2, 2, 0.5);
    double *diag = dense_softmax(&blocked);
    for (size_t i = 0; i < 130 * 130; i++)
        p[i] = (p[i] + diag[i]) / 2;
    open_kernel("lln+diag:alpha=2:beta=2:eps=0.5:block=20", &head, NULL, 0,
                &attention);
    ck_assert(attention.unnormalised);
    ck_assert(_i || attention.unbiased_norm);
    expect_dense(&attention, p, 1e-12, 3e-6);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(diag);
    free(p);
}
END_TEST

/* Columns and rows outside the window are zero, and there is no fast
 * product. */
START_TEST(mixture_window)
{
    lln_attention attention;
    lln_head head =
        dense_head(37, 37, 5, 1, (lln_mask){.window = 4}, LLN_FLOAT64);
    lln_head blocked = head;
    blocked.rule.mask.block = 6;
    double *p = dense_lln(&head, 2, 1), *diag = dense_softmax(&blocked);
    for (size_t i = 0; i < 37 * 37; i++)
        p[i] = (p[i] + diag[i]) / 2;
    open_kernel("lln+diag:alpha=2:beta=1:block=6", &head, NULL, 0, &attention);
    ck_assert(!attention.product);
    expect_dense(&attention, p, 1e-12, 3e-6);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(diag);
    free(p);
}
END_TEST

static void measure(lln_attention *attention, lln_spectrum_method method,
                    lln_spectrum *out)
{
    lln_spectrum_options options = {
        .method = method, .eigenvalues = 2, .norms = true};
    expect_ok(lln_spectrum_measure(attention, &options, out));
}

/* Arnoldi on products in O(n (d + block)) against LAPACK on all of P, both for
 * a float32 head, whose P is the same for both. */
START_TEST(spectrum_arnoldi)
{
    lln_attention attention;
    lln_spectrum dense, arnoldi;
    lln_head head = dense_head(1024, 1024, 64, 1, (lln_mask){0}, LLN_FLOAT32);
    open_kernel("lln+diag:alpha=2:beta=2", &head, NULL, 0, &attention);
    measure(&attention, LLN_SPECTRUM_ARNOLDI, &arnoldi);
    measure(&attention, LLN_SPECTRUM_DENSE, &dense);
    expect_absolute(arnoldi.lambda2, dense.lambda2, 1e-8);
    expect_relative(arnoldi.unbiased_norm, dense.unbiased_norm, 1e-10);
    expect_relative(arnoldi.centered_sigma1, dense.centered_sigma1, 1e-8);
    lln_spectrum_free(&arnoldi);
    lln_spectrum_free(&dense);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(product_threads)
{
    static const char *const kernels[] = {
        "lln+diag:alpha=2:beta=2:block=64", "window:reach=9", "kvt:k=5",
        "topth:k=5:mode=post:vmc=yes", "reformer:b=10:hashes=2"};
    lln_head head = dense_head(3000, 3000, 6, 1, (lln_mask){0}, LLN_FLOAT32);
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        lln_attention attention;
        open_kernel(kernels[i], &head, NULL, 0, &attention);
        expect_ok(lln_attention_prepare(&attention));
        expect_any_threads(&attention, head.k);
        lln_attention_close(&attention);
    }
    lln_head_free(&head);
}
END_TEST

/* One kernel of each family. */
START_TEST(interrupted)
{
    static const struct {
        const char *kernel;
        bool opening;
    } runs[] = {
        {"window:reach=9", false},
        {"lln+diag:alpha=2:beta=2", false},
        {"gla", false},
        {"rfa-gate", true},
        {"deltanet", false},
        {"kvt:k=5", true},
        {"kvt:k=5", false},
        {"reformer:b=10", true},
    };
    lln_head head =
        dense_head(300, 300, 6, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
    expect_interrupted(runs[_i].kernel, &head, runs[_i].opening);
    lln_head_free(&head);
}
END_TEST

START_TEST(without_beta)
{
    lln_head head = dense_head(5, 5, 3, 1, (lln_mask){0}, LLN_FLOAT64);
    expect_refusal("lln+diag:alpha=1", NULL, 0, &head,
                   "kernel 'lln+diag:alpha=1': beta is not given");
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lln_blockdiag");
    TCase *all = tcase_create("lln+diag");
    tcase_add_loop_test(all, matrix, 0, 2);
    tcase_add_loop_test(all, matrix_remainder, 0, 2);
    tcase_add_loop_test(all, notebook, 0, 2);
    tcase_add_loop_test(all, ratio_by_column, 0, 2);
    tcase_add_loop_test(all, scale_by_column, 0, 2);
    tcase_add_loop_test(all, mixture_full, 0, CASES);
    tcase_add_loop_test(all, mixture_causal, 0, CASES);
    tcase_add_loop_test(all, mixture_published, 0, 2);
    tcase_add_test(all, mixture_window);
    tcase_add_test(all, spectrum_arnoldi);
    tcase_add_test(all, product_threads);
    tcase_add_loop_test(all, interrupted, 0, 8);
    tcase_add_test(all, without_beta);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
