/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention with gradients: forward passes against the kernels of the same
 * name, gradients against central differences. */
#include <stdio.h>

#include "train_head.h"

static const char *const names[] = {
    "softmax",
    "uniform",
    "lln",
    "lln:match=exact",
    "lln:alpha=1.5:beta=-0.7",
    "lln:factor=0.5",
    "lln+diag",
    "lln+diag:block=7:ratio=0.25",
    "lln+diag:ratio=learned:alpha=1:beta=2",
    "lln+diag:ratio=0",
    "lln+diag:ratio=1:block=2",
    "blockdiag",
    "blockdiag:block=70",
    "window:reach=3",
    "window:reach=40",
    "window:reach=0",
    "elu",
    "relu:eps=0.01",
};
enum { NAMES = sizeof names / sizeof *names };

/* P x by the table of kernels, x the values of the head. */
static double *expected(const train_head *h)
{
    size_t n = h->extent.tokens, d = h->extent.size;
    double *all = lln_array_alloc(4 * n * d, sizeof *all);
    for (size_t part = 0; part < 3; part++)
        for (size_t i = 0; i < n; i++)
            for (size_t l = 0; l < d; l++)
                all[(part * n + i) * d + l] =
                    train_get(h, h->values, train_index(h, part, i, l));
    lln_head head = {.q = {LLN_FLOAT64, n, d, all},
                     .k = {LLN_FLOAT64, n, d, all + n * d},
                     .rule.mask.causal = h->extent.causal,
                     .rule.scale = 1 / sqrt((double)d)};
    lln_kernel_choice choice;
    lln_attention attention;
    expect_ok(lln_train_choice(&h->attention, &h->constants, &choice));
    expect_ok(lln_kernel_open(&choice, &head, &attention));
    expect_ok(lln_attention_prepare_product(&attention));
    expect_ok(lln_attention_product(
        &attention, (lln_matrix){LLN_FLOAT64, n, d, all + 2 * n * d},
        all + 3 * n * d));
    lln_attention_close(&attention);
    memmove(all, all + 3 * n * d, n * d * sizeof *all);
    return all;
}

static void compare_forward(const char *name, size_t n, size_t d, bool causal,
                            lln_precision precision, double tolerance)
{
    train_head h = train_open(name, n, d, 1, causal, precision);
    double *wanted = expected(&h), worst = 0;
    train_forward(&h);
    for (size_t i = 0; i < n * d; i++) {
        double y = train_get(&h, h.out, i / d * h.extent.out_stride + i % d);
        double error = fabs(y - wanted[i]);
        worst = error > worst || isnan(error) ? error : worst;
    }
    ck_assert_msg(worst <= tolerance, "%s, n %zu, d %zu, causal %d: error %g",
                  name, n, d, causal, worst);
    for (size_t i = 0; i < n; i++)
        ck_assert(isnan(train_get(&h, h.out, i * h.extent.out_stride + d)));
    free(wanted);
    train_close(&h);
}

static const struct {
    size_t n, d;
} sizes[] = {{1, 3}, {2, 1}, {19, 5}, {49, 16}, {130, 8}};

START_TEST(forward_kernels)
{
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int causal = 0; causal < 2; causal++) {
            size_t n = sizes[s].n, d = sizes[s].d;
            compare_forward(names[_i], n, d, causal, LLN_FLOAT64, 1e-12);
            compare_forward(names[_i], n, d, causal, LLN_FLOAT32, 1e-6);
        }
}
END_TEST

/* Gradients [3 n d] in the order of train_index. */
static double *gradients_of(const train_head *h)
{
    size_t n = h->extent.tokens, d = h->extent.size;
    double *g = lln_array_alloc(3 * n * d, sizeof *g);
    for (size_t part = 0; part < 3; part++)
        for (size_t i = 0; i < n * d; i++)
            g[part * n * d + i] =
                train_get(h, h->gradients, train_index(h, part, i / d, i % d));
    return g;
}

/* (f(x + step) - f(x - step)) / (2 step) of the loss by *x */
static double slope(train_head *h, double *x)
{
    const double step = 1e-5, before = *x;
    *x = before + step;
    double above = train_loss(h);
    *x = before - step;
    double below = train_loss(h);
    *x = before;
    return (above - below) / (2 * step);
}

static void compare_gradients(const char *name, size_t n, size_t d, bool causal)
{
    train_head h = train_open(name, n, d, 1, causal, LLN_FLOAT64);
    train_forward(&h);
    train_backward(&h);
    double *g = gradients_of(&h), *values = h.values, top = 1, worst = 0;
    for (size_t i = 0; i < 3 * n * d; i++) {
        size_t at = train_index(&h, i / (n * d), i % (n * d) / d, i % d);
        double wanted = slope(&h, values + at), error = fabs(wanted - g[i]);
        worst = error > worst || isnan(error) ? error : worst;
        top = fmax(top, fabs(wanted));
    }
    ck_assert_msg(worst <= 1e-8 * top,
                  "%s, n %zu, d %zu, causal %d: error %g of %g", name, n, d,
                  causal, worst, top);
    if (strncmp(name, "lln+diag", 8) == 0)
        expect_absolute(h.dmixture, slope(&h, &h.constants.mixture), 1e-8);
    else
        expect_absolute(h.dmixture, 0, 0);
    free(g);
    train_close(&h);
}

START_TEST(backward_differences)
{
    for (int causal = 0; causal < 2; causal++) {
        compare_gradients(names[_i], 1, 3, causal);
        compare_gradients(names[_i], 19, 5, causal);
        compare_gradients(names[_i], 9, 16, causal);
        compare_gradients(names[_i], 75, 2, causal);
    }
}
END_TEST

/* float32 against float64, relative to the largest. */
START_TEST(backward_single)
{
    for (int causal = 0; causal < 2; causal++) {
        double *g[2], top = 0, worst = 0;
        for (int precision = 0; precision < 2; precision++) {
            train_head h = train_open(names[_i], 49, 16, 1, causal,
                                      precision ? LLN_FLOAT64 : LLN_FLOAT32);
            train_forward(&h);
            train_backward(&h);
            g[precision] = gradients_of(&h);
            train_close(&h);
        }
        for (size_t i = 0; i < 3 * 49 * 16; i++) {
            double error = fabs(g[0][i] - g[1][i]);
            worst = error > worst || isnan(error) ? error : worst;
            top = fmax(top, fabs(g[1][i]));
        }
        ck_assert_msg(worst <= 3e-6 * top, "%s, causal %d: error %g of %g",
                      names[_i], causal, worst, top);
        free(g[0]);
        free(g[1]);
    }
}
END_TEST

int main(void)
{
    lln_threads_set(1);
    Suite *suite = suite_create("train_attention");
    TCase *all = tcase_create("attention");
    tcase_add_loop_test(all, forward_kernels, 0, NAMES);
    tcase_add_loop_test(all, backward_differences, 0, NAMES);
    tcase_add_loop_test(all, backward_single, 0, NAMES);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
