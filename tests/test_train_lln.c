/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LLN attention with gradients: logits of any size, against sums of
 * exponentials by their logarithms; alpha and beta. */
#include <stdio.h>

#include "train_head.h"

static double value(const train_head *h, size_t part, size_t i, size_t l)
{
    return train_get(h, h->values, train_index(h, part, i, l));
}

static size_t keys_of(const train_head *h, size_t i)
{
    return h->extent.causal ? i + 1 : h->extent.tokens;
}

/* w [keys x d]: terms exp(alpha q_il + beta k_jl) of row i, divided by their
 * sum. */
static void row_terms(const train_head *h, size_t i, double *w)
{
    size_t d = h->extent.size, count = keys_of(h, i) * d;
    double top = -INFINITY, sum = 0;
    for (size_t t = 0; t < count; t++) {
        w[t] = h->constants.alpha * value(h, 0, i, t % d) +
               h->constants.beta * value(h, 1, t / d, t % d);
        top = fmax(top, w[t]);
    }
    for (size_t t = 0; t < count; t++)
        sum += w[t] = exp(w[t] - top);
    for (size_t t = 0; t < count; t++)
        w[t] /= sum;
}

static double dout_of(const train_head *h, size_t i, size_t c)
{
    return train_get(h, h->dout, i * h->extent.out_stride + c);
}

/* Output [n x d], then gradients of q, k and v, in O(N^2 d): with w_jl the
 * terms of row i and g = dout, P_ij = sum_l w_jl, and the gradient by alpha
 * q_il and beta k_jl of their term is w_jl g_i.(v_j - out_i). */
static double *slow_pass(const train_head *h)
{
    size_t n = h->extent.tokens, d = h->extent.size, part = n * d;
    double *all = lln_array_alloc(5 * part, sizeof *all), *w = all + 4 * part;
    for (size_t i = 0; i < n; i++) {
        row_terms(h, i, w);
        for (size_t t = 0; t < keys_of(h, i) * d; t++)
            for (size_t c = 0; c < d; c++) {
                all[i * d + c] += w[t] * value(h, 2, t / d, c);
                all[3 * part + t / d * d + c] += w[t] * dout_of(h, i, c);
            }
        for (size_t t = 0; t < keys_of(h, i) * d; t++) {
            double slope = 0;
            for (size_t c = 0; c < d; c++)
                slope +=
                    dout_of(h, i, c) * (value(h, 2, t / d, c) - all[i * d + c]);
            all[part + i * d + t % d] += h->constants.alpha * w[t] * slope;
            all[2 * part + t] += h->constants.beta * w[t] * slope;
        }
    }
    return all;
}

/* The same by the code. */
static double *fast_pass(train_head *h)
{
    size_t n = h->extent.tokens, d = h->extent.size, part = n * d;
    double *all = lln_array_alloc(4 * part, sizeof *all);
    train_forward(h);
    train_backward(h);
    for (size_t i = 0; i < part; i++) {
        all[i] = train_get(h, h->out, i / d * h->extent.out_stride + i % d);
        for (size_t p = 0; p < 3; p++)
            all[(p + 1) * part + i] =
                train_get(h, h->gradients, train_index(h, p, i / d, i % d));
    }
    return all;
}

/* The largest difference in each of the four parts, relative to its largest
 * number or, for gradients of q and k, to alpha and beta: they are multiples of
 * differences between products g.v, which may cancel. */
static void compare(double alpha, double beta, bool causal,
                    lln_precision precision, double tolerance)
{
    char text[LLN_KERNEL_TEXT];
    size_t n = 37, d = 16, part = n * d;
    snprintf(text, sizeof text, "lln:alpha=%g:beta=%g", alpha, beta);
    train_head h = train_open(text, n, d, 1, causal, precision);
    double *wanted = slow_pass(&h), *found = fast_pass(&h);
    for (size_t p = 0; p < 4; p++) {
        double top = p == 1 ? fabs(alpha) : p == 2 ? fabs(beta) : 0, worst = 0;
        for (size_t i = p * part; i < (p + 1) * part; i++) {
            double error = fabs(found[i] - wanted[i]);
            worst = error > worst || isnan(error) ? error : worst;
            top = fmax(top, fabs(wanted[i]));
        }
        ck_assert_msg(worst <= tolerance * top,
                      "%s, causal %d, part %zu: error %g of %g", text, causal,
                      p, worst, top);
    }
    free(wanted);
    free(found);
    train_close(&h);
}

/* Logits of up to 3 times alpha and beta. Rounding them to float32 costs as
 * many units in the last place as they have. */
START_TEST(lln_any_logits)
{
    static const double factors[][2] = {
        {1, 1},   {2.14, 2.14}, {30, 0.1},  {0.1, 30},   {30, 40},
        {330, 1}, {1, 330},     {330, 330}, {-330, 330}, {1e5, 1e5}};
    for (int causal = 0; causal < 2; causal++) {
        double alpha = factors[_i][0], beta = factors[_i][1];
        double size = fabs(alpha) + fabs(beta);
        compare(alpha, beta, causal, LLN_FLOAT64, 1e-14 * (10 + size));
        compare(alpha, beta, causal, LLN_FLOAT32, 5e-7 * (10 + size));
    }
}
END_TEST

int main(void)
{
    lln_threads_set(1);
    Suite *suite = suite_create("train_lln");
    TCase *all = tcase_create("lln");
    tcase_add_loop_test(all, lln_any_logits, 0, 10);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
