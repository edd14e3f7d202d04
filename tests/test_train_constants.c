/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Choices of attention with gradients: their texts, and alpha and beta. */
#include <stdio.h>

#include "match/match.h"
#include "theory/lln_theory.h"
#include "train_head.h"

static lln_train_attention parsed(const char *text)
{
    lln_train_attention a;
    expect_ok(lln_train_attention_parse(text, &a));
    return a;
}

START_TEST(parse_names)
{
    static const char *const names[] = {"softmax",   "lln",    "lln+diag",
                                        "blockdiag", "window", "elu",
                                        "relu",      "uniform"};
    for (size_t i = 0; i < 8; i++) {
        const lln_train_kernel *kernel = lln_train_kernel_at(i);
        lln_train_attention a = parsed(names[i]);
        ck_assert_str_eq(kernel->name, names[i]);
        ck_assert(strlen(kernel->summary) > 0);
        ck_assert_ptr_eq(a.kernel, kernel);
        ck_assert_str_eq(a.name, names[i]);
    }
    ck_assert_ptr_null(lln_train_kernel_at(8));
}
END_TEST

/* Defaults are those of lln-kernels(7), except for match. */
START_TEST(parse_parameters)
{
    lln_train_attention a = parsed("lln+diag");
    ck_assert_int_eq(a.match, LLN_TRAIN_PAPER);
    ck_assert(a.own_block && !a.mixture_learned);
    expect_absolute(a.mixture, 0, 0);
    expect_absolute(a.factor, 1, 0);
    a = parsed("lln+diag:factor=0.7:match=exact:ratio=0.25:block=9");
    ck_assert_int_eq(a.match, LLN_TRAIN_EXACT);
    ck_assert(!a.own_block);
    ck_assert_uint_eq(a.mask.block, 9);
    expect_absolute(a.factor, 0.7, 0);
    expect_relative(a.mixture, -log(3), 1e-15);
    a = parsed("lln+diag:ratio=learned:alpha=2:beta=-1.5");
    ck_assert_int_eq(a.match, LLN_TRAIN_STATED);
    ck_assert(a.mixture_learned);
    expect_absolute(a.alpha, 2, 0);
    expect_absolute(a.beta, -1.5, 0);
    ck_assert_uint_eq(parsed("window").mask.window, 257);
    ck_assert_uint_eq(parsed("window:reach=3").mask.window, 4);
    expect_absolute(parsed("elu").eps, 1e-6, 0);
    expect_absolute(parsed("relu:eps=0.01").eps, 0.01, 0);
    ck_assert(isinf(parsed("lln+diag:ratio=1").mixture));
}
END_TEST

static const char *const refused[][2] = {
    {"kvt:k=3",
     "kernel 'kvt': has no gradients; expected one of softmax, lln, lln+diag, "
     "blockdiag, window, elu, relu, uniform"},
    {"lin", "kernel 'lin': unknown; expected one of softmax, lln, lln+diag, "
            "blockdiag, window, elu, relu, uniform"},
    {"", "kernel '': unknown; expected one of softmax, lln, lln+diag, "
         "blockdiag, window, elu, relu, uniform"},
    {"lln:match=gap", "kernel 'lln:match=gap': match=gap: expected paper or "
                      "exact in training"},
    {"lln:match=pap", "kernel 'lln:match=pap': match=pap: expected paper or "
                      "exact in training"},
    {"lln:match=paper:alpha=1:beta=1",
     "kernel 'lln:match=paper:alpha=1:beta=1': match cannot be used with alpha "
     "and beta"},
    {"lln:alpha=1", "kernel 'lln:alpha=1': beta is not given"},
    {"lln:eps=0.1", "kernel 'lln:eps=0.1': eps cannot be used in training"},
    {"lln:scales=layer",
     "kernel 'lln:scales=layer': scales cannot be used in training"},
    {"lln:factor=0",
     "kernel 'lln:factor=0': factor=0: expected a number above 0"},
    {"lln:factor=2:factor=3",
     "kernel 'lln:factor=2:factor=3': factor is given twice"},
    {"softmax:factor=2",
     "kernel 'softmax': no parameter 'factor'; it has sink"},
    {"softmax:sink=1",
     "kernel 'softmax:sink=1': sink cannot be used in training"},
    {"lln:ratio=learned",
     "kernel 'lln': no parameter 'ratio'; it has alpha, beta, match, eps, "
     "scales"},
    {"uniform:reach=3", "kernel 'uniform:reach=3': uniform has no parameters"},
    {"window:reach=-1", "kernel 'window': reach=-1: expected a whole number "
                        "from 0 to 1099511627776"},
};

START_TEST(parse_refused)
{
    lln_train_attention a;
    expect_status(lln_train_attention_parse(refused[_i][0], &a), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), refused[_i][1]);
}
END_TEST

START_TEST(parse_long)
{
    char text[LLN_KERNEL_TEXT + 1];
    lln_train_attention a;
    memset(text, '0', sizeof text);
    memcpy(text, "lln:factor=", 11);
    text[LLN_KERNEL_TEXT] = '\0';
    expect_status(lln_train_attention_parse(text, &a), LLN_EINVAL);
}
END_TEST

static lln_train_constants constants(const char *text, size_t size,
                                     double sigma_q, double sigma_k)
{
    lln_train_attention a = parsed(text);
    lln_train_extent e = {.size = size};
    lln_train_constants c = {0};
    expect_ok(lln_train_constants_set(&a, &e, sigma_q, sigma_k, &c));
    return c;
}

/* sqrt((0.8^2 1.5^2 + 0.35487039130661086) / (2 0.14855178144710912)) =
 * 2.458198..., by the formula of the published code; also lln-match. */
START_TEST(constants_paper)
{
    double s =
        sqrt((0.64 * 2.25 + 0.35487039130661086) / (2 * 0.14855178144710912));
    lln_train_constants c = constants("lln", 16, 0.8, 1.5);
    expect_relative(c.alpha, s / 0.8, 1e-15);
    expect_relative(c.beta, s / 1.5, 1e-15);
    c = constants("lln+diag:factor=0.5:ratio=0.2", 16, 0.8, 1.5);
    expect_relative(c.alpha, 0.5 * s / 0.8, 1e-15);
    expect_relative(c.mixture, log(0.25), 1e-15);
    lln_head head = drawn_head(40, 40, 16, 1.2, false);
    lln_match match;
    expect_ok(lln_match_solve(lln_match_find("paper"), &head, &match));
    c = constants("lln:match=paper", 16, match.sigma_q, match.sigma_k);
    expect_relative(c.alpha, match.alpha, 1e-15);
    expect_relative(c.beta, match.beta, 1e-15);
    lln_head_free(&head);
}
END_TEST

/* D2 of LLN attention in the Gaussian model is that of softmax, sigma_q^2
 * sigma_k^2, also between the points of the table. */
START_TEST(constants_exact)
{
    static const double sigma[][2] = {
        {1, 1}, {0.3, 0.2}, {1.1, 2.3}, {3.6, 3.6}, {0.05, 0.03}};
    lln_train_attention a = parsed("lln:match=exact");
    for (size_t i = 0; i < 5; i++) {
        double q = sigma[i][0], k = sigma[i][1], d2;
        lln_train_extent e = {.size = i % 2 ? 64 : 16};
        lln_train_constants c = {0}, again = {0};
        expect_ok(lln_train_constants_set(&a, &e, q, k, &c));
        expect_ok(
            lln_theory_lln_row_variance(e.size, c.alpha * q, c.beta * k, &d2));
        expect_relative(d2, q * q * k * k, 1e-6);
        expect_relative(c.alpha * q, c.beta * k, 1e-15);
        expect_ok(lln_train_constants_set(&a, &e, q, k, &again));
        expect_absolute(again.alpha, c.alpha, 0);
    }
}
END_TEST

/* Outside the table, s is proportional to the standard deviation of the logits,
 * which is D2 to 1e-6 for small ones and to 1 % for large ones. */
START_TEST(constants_outside)
{
    double d2, d = 16, sigma = 20;
    lln_train_constants a = constants("lln:match=exact", 16, 1e-3, 1e-3);
    lln_train_constants b = constants("lln:match=exact", 16, 1e-5, 1e-5);
    expect_relative(b.alpha * 1e-5, a.alpha * 1e-3 * 1e-4, 1e-6);
    a = constants("lln:match=exact", (size_t)d, sigma, 1);
    expect_ok(
        lln_theory_lln_row_variance((size_t)d, a.alpha * sigma, a.beta, &d2));
    expect_relative(d2, sigma * sigma, 1e-2);
    ck_assert(fabs(d2 / (sigma * sigma) - 1) > 1e-6);
}
END_TEST

START_TEST(constants_undefined)
{
    static const struct {
        const char *text;
        double q, k;
        const char *message;
    } cases[] = {
        {"lln", 0, 1,
         "alpha and beta are undefined: the standard deviations of queries and "
         "keys are 0 and 1"},
        {"lln+diag:match=exact", 1, NAN,
         "alpha and beta are undefined: the standard deviations of queries and "
         "keys are 1 and nan"},
        {"lln:match=exact", 1e-200, 1e-200,
         "alpha and beta are undefined: the standard deviations of queries and "
         "keys are 1e-200 and 1e-200"},
    };
    for (size_t i = 0; i < 3; i++) {
        lln_train_attention a = parsed(cases[i].text);
        lln_train_extent e = {.size = 16};
        lln_train_constants c;
        expect_status(
            lln_train_constants_set(&a, &e, cases[i].q, cases[i].k, &c),
            LLN_EUNDEFINED);
        ck_assert_str_eq(lln_error_message(), cases[i].message);
    }
    constants("softmax", 16, 0, 0);
    constants("lln:alpha=1:beta=1", 16, 0, 0);
}
END_TEST

/* The derivative of the loss by the scale of the queries is that of the
 * gradient if alpha and beta stay, and another one if they follow from the
 * queries. */
START_TEST(constants_fixed)
{
    const double step = 1e-5;
    train_head h = train_open("lln", 12, 4, 1, false, LLN_FLOAT64);
    double slope[2], gradient = 0, *values = h.values;
    train_forward(&h);
    train_backward(&h);
    for (size_t i = 0; i < 12 * 4; i++) {
        size_t at = train_index(&h, 0, i / 4, i % 4);
        gradient += values[at] * train_get(&h, h.gradients, at);
    }
    for (int follow = 0; follow < 2; follow++) {
        double loss[2];
        for (int up = 0; up < 2; up++) {
            double scale = up ? 1 + step : 1 - step;
            train_head g = train_open("lln", 12, 4, 1, false, LLN_FLOAT64);
            double *scaled = g.values;
            for (size_t i = 0; i < 12 * 4; i++)
                scaled[train_index(&g, 0, i / 4, i % 4)] *= scale;
            if (follow) /* match=paper: s is that of sigma_q sigma_k */
                expect_ok(lln_train_constants_set(&g.attention, &g.extent,
                                                  scale, 1, &g.constants));
            loss[up] = train_loss(&g);
            train_close(&g);
        }
        slope[follow] = (loss[1] - loss[0]) / (2 * step);
    }
    expect_absolute(slope[0], gradient, 1e-6);
    ck_assert(fabs(slope[1] - gradient) > 0.01);
    train_close(&h);
}
END_TEST

/* The choice measures P with these constants: see test_train_attention. */
START_TEST(choice_given)
{
    lln_train_attention a = parsed("lln+diag:ratio=learned");
    lln_train_constants c = {.alpha = 2, .beta = 3, .mixture = log(3)};
    lln_kernel_choice choice;
    double alpha, ratio;
    expect_ok(lln_train_choice(&a, &c, &choice));
    expect_ok(lln_kernel_real(&choice, "alpha", &alpha));
    expect_ok(lln_kernel_real(&choice, "ratio", &ratio));
    expect_absolute(alpha, 2, 0);
    expect_relative(ratio, 0.75, 1e-15);
    ck_assert(lln_kernel_given(&choice, "beta"));
    ck_assert_str_eq(choice.text, "lln+diag:ratio=learned");
}
END_TEST

int main(void)
{
    lln_threads_set(1);
    Suite *suite = suite_create("train_constants");
    TCase *all = tcase_create("constants");
    tcase_add_test(all, parse_names);
    tcase_add_test(all, parse_parameters);
    tcase_add_loop_test(all, parse_refused, 0,
                        sizeof refused / sizeof *refused);
    tcase_add_test(all, parse_long);
    tcase_add_test(all, constants_paper);
    tcase_add_test(all, constants_exact);
    tcase_add_test(all, constants_outside);
    tcase_add_test(all, constants_undefined);
    tcase_add_test(all, constants_fixed);
    tcase_add_test(all, choice_given);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
