/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN+Diag and its parts. */
#include "dense.h"
#include "measure/spectrum.h"

/* Blocks that divide the length and not, one block, blocks of one token; more
 * than one group of 1024 rows; fewer queries than keys. */
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
    blocked.mask.block = cases[number].block;
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
    dense_open(text, NULL, 0, &head, &attention);
    ck_assert(attention.product && attention.transposed);
    ck_assert(causal ? attention.diagonal != NULL
                     : attention.unbiased_norm != NULL);
    /* Float32 heads too are taken in float64. */
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

/* Columns and rows past the window are zero, and there is no fast product. */
START_TEST(mixture_window)
{
    lln_attention attention;
    lln_head head =
        dense_head(37, 37, 5, 1, (lln_mask){.window = 4}, LLN_FLOAT64);
    lln_head blocked = head;
    blocked.mask.block = 6;
    double *p = dense_lln(&head, 2, 1), *diag = dense_softmax(&blocked);
    for (size_t i = 0; i < 37 * 37; i++)
        p[i] = (p[i] + diag[i]) / 2;
    dense_open("lln+diag:alpha=2:beta=1:block=6", NULL, 0, &head, &attention);
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

/* Arnoldi on products in O(n (d + block)) against LAPACK on all of P; both for
 * a float32 head, whose P is the same in every way. */
START_TEST(spectrum_arnoldi)
{
    lln_attention attention;
    lln_spectrum dense, arnoldi;
    lln_head head = dense_head(1024, 1024, 64, 1, (lln_mask){0}, LLN_FLOAT32);
    dense_open("lln+diag:alpha=2:beta=2", NULL, 0, &head, &attention);
    measure(&attention, LLN_SPECTRUM_ARNOLDI, &arnoldi);
    measure(&attention, LLN_SPECTRUM_DENSE, &dense);
    expect_absolute(arnoldi.lambda2, dense.lambda2, 1e-8);
    expect_relative(arnoldi.unbiased_norm, dense.unbiased_norm, 1e-10);
    expect_relative(arnoldi.sigma2, dense.sigma2, 1e-8);
    lln_spectrum_free(&arnoldi);
    lln_spectrum_free(&dense);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(bad_parameters)
{
    static const struct {
        const char *kernel, *message;
    } bad[] = {
        {"lln+diag:alpha=1:beta=1:ratio=1.5",
         "kernel 'lln+diag:alpha=1:beta=1:ratio=1.5': ratio: expected 0 to 1"},
        {"lln+diag:alpha=1:beta=1:block=0",
         "kernel 'lln+diag:alpha=1:beta=1:block=0': block: expected a whole "
         "number from 1 to 1099511627776"},
        {"lln+diag:alpha=1", "lln+diag:alpha=1: alpha 1, beta nan: not finite"},
    };
    lln_head head = dense_head(5, 5, 3, 1, (lln_mask){0}, LLN_FLOAT64);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_refusal(bad[i].kernel, NULL, 0, &head, bad[i].message);
    }
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lln_diag");
    TCase *all = tcase_create("lln+diag");
    tcase_add_loop_test(all, mixture_full, 0, CASES);
    tcase_add_loop_test(all, mixture_causal, 0, CASES);
    tcase_add_test(all, mixture_window);
    tcase_add_test(all, spectrum_arnoldi);
    tcase_add_test(all, bad_parameters);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
