/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of kernels and the attentions it opens. */
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "head_cases.h"

START_TEST(parse_choice)
{
    lln_kernel_choice choice;
    expect_ok(lln_kernel_parse("softmax", &choice));
    ck_assert_str_eq(choice.kernel->name, "softmax");
    ck_assert(!choice.kernel->takes_alpha_beta);
    expect_ok(lln_kernel_parse("lln:beta=2.5:alpha=1e-1", &choice));
    ck_assert(choice.number[0] == 0.1 && choice.number[1] == 2.5);
    ck_assert_str_eq(choice.word[2], "measured");
    ck_assert_str_eq(choice.text, "lln:beta=2.5:alpha=1e-1");
    expect_ok(lln_kernel_parse("lln:match=paper", &choice));
    ck_assert_str_eq(choice.word[2], "paper");
    ck_assert(isnan(choice.number[0]) && isnan(choice.number[1]));
    ck_assert_int_eq(lln_kernel_parameter_index(choice.kernel, "match"), 2);
    ck_assert_int_eq(lln_kernel_parameter_index(choice.kernel, "gamma"), -1);
}
END_TEST

START_TEST(parse_errors)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"softmax:alpha=1", "kernel 'softmax': no parameter 'alpha'; it has "
                            "sink"},
        {"sparsemax:alpha=1", "kernel 'sparsemax': no parameter 'alpha'; it "
                              "has none"},
        {"lln:gamma=1",
         "kernel 'lln': no parameter 'gamma'; it has alpha, beta, match, eps, "
         "scales"},
        {"lln:alpha", "kernel 'lln': 'alpha': expected name=value"},
        {"lln:", "kernel 'lln': '': expected name=value"},
        {"lln:alpha=", "kernel 'lln': alpha=: expected a finite number"},
        {"lln:alpha=1x", "kernel 'lln': alpha=1x: expected a finite number"},
        {"lln:alpha=nan", "kernel 'lln': alpha=nan: expected a finite number"},
        {"lln:alpha=1e999",
         "kernel 'lln': alpha=1e999: expected a finite number"},
        {"lln:alpha=1:beta=1:alpha=2",
         "kernel 'lln:alpha=1:beta=1:alpha=2': alpha is given twice"},
        {"lln:alpha=1:beta=1:scales=all",
         "kernel 'lln': scales=all: expected head, layer"},
        {"lln:match=fentom",
         "kernel 'lln': match=fentom: expected paper, "
         "fenton, fenton-row, exact, measured, line, entropy, gap, joint"},
        {"lln+diag:alpha=1:beta=1:ratio=1.5",
         "kernel 'lln+diag': ratio=1.5: expected a number from 0 to 1"},
        {"lln+diag:eps=2",
         "kernel 'lln+diag': eps=2: expected a number from 0 to 1"},
        {"blockdiag:block=0", "kernel 'blockdiag': block=0: expected a whole "
                              "number from 1 to 1099511627776"},
        {"window:reach=1.5", "kernel 'window': reach=1.5: expected a whole "
                             "number from 0 to 1099511627776"},
        {"tempscale:divisor=0",
         "kernel 'tempscale': divisor=0: expected a number from 1e-06 to "
         "1000000"},
        {"performer:features=0", "kernel 'performer': features=0: expected a "
                                 "whole number from 1 to 65536"},
        {"elu:eps=-1", "kernel 'elu': eps=-1: expected a number from 0 to 1"},
        {"elu:eps=", "kernel 'elu': eps=: expected a number from 0 to 1"},
        {"rfa:form=odd",
         "kernel 'rfa': form=odd: expected math, masked, recurrent, cross"},
        {"nystrom:inverse=",
         "kernel 'nystrom': inverse=: expected iterate, pinv"},
        {"regla:gate=2", "kernel 'regla': gate=2: expected a number from 0 to "
                         "1"},
        {"rfa-gate:span=0", "kernel 'rfa-gate': span=0: expected a number from "
                            "1 to 1000000000000"},
        {"deltanet:map=l1", "kernel 'deltanet': map=l1: expected l2, silu-l2"},
        {"kvt:k=1e2", "kernel 'kvt': k=1e2: expected a whole number from 1 to "
                      "4294967295"},
        {"topth:sdc=most", "kernel 'topth': sdc=most: expected none, exact, "
                           "exp-threshold, exp-threshold-all"},
        {"topth:mode=post:sdc=exact",
         "kernel 'topth:mode=post:sdc=exact': mode=post needs sdc=none"},
        {"reformer:b=2:buckets=3",
         "kernel 'reformer': buckets=3: expected an even number"},
        {"reformer:hashes=0", "kernel 'reformer': hashes=0: expected a whole "
                              "number from 1 to 128"},
    };
    lln_kernel_choice choice;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_status(lln_kernel_parse(bad[i].text, &choice), LLN_EINVAL);
        ck_assert_str_eq(lln_error_message(), bad[i].message);
    }
}
END_TEST

/* Functions with which a kernel reads its parameters. */
START_TEST(read_values)
{
    lln_kernel_choice choice;
    double real;
    size_t whole;
    expect_ok(lln_kernel_parse("lln+diag:ratio=0.2385:scales=layer", &choice));
    expect_ok(lln_kernel_real(&choice, "ratio", &real));
    ck_assert(real == 0.2385);
    expect_ok(lln_kernel_real_or(&choice, "eps", 2.385, &real));
    ck_assert(real == 2.385);
    expect_ok(lln_kernel_count_or(&choice, "block", 7, &whole));
    ck_assert_uint_eq(whole, 7);
    expect_ok(lln_kernel_word(&choice, "scales", &whole));
    ck_assert_uint_eq(whole, 1);
    ck_assert(lln_kernel_given(&choice, "ratio"));
    ck_assert(!lln_kernel_given(&choice, "match"));
    ck_assert(!lln_kernel_given(&choice, "gamma"));
    expect_status(lln_kernel_real(&choice, "alpha", &real), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "kernel 'lln+diag:ratio=0.2385:scales=layer': alpha is "
                     "not given");
    expect_ok(lln_kernel_set(&choice, "alpha", 2.385));
    expect_ok(lln_kernel_real(&choice, "alpha", &real));
    ck_assert(real == 2.385);
    expect_ok(lln_kernel_parse("kvt:k=32", &choice));
    expect_ok(lln_kernel_count(&choice, "k", &whole));
    ck_assert_uint_eq(whole, 32);
}
END_TEST

/* A name that is not in the table of the kernel, or has another type. */
START_TEST(read_misspelt)
{
    lln_kernel_choice choice;
    double real;
    size_t whole;
    expect_ok(lln_kernel_parse("rfa", &choice));
    expect_status(lln_kernel_real(&choice, "tao", &real), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "internal error: kernel 'rfa' has no "
                                          "number as parameter 'tao'");
    expect_status(lln_kernel_word(&choice, "from", &whole), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "internal error: kernel 'rfa' has no "
                                          "word as parameter 'from'");
    expect_status(lln_kernel_count(&choice, "form", &whole), LLN_EINVAL);
    expect_status(lln_kernel_word(&choice, "tau", &whole), LLN_EINVAL);
    expect_status(lln_kernel_real_or(&choice, "t", 1, &real), LLN_EINVAL);
    expect_status(lln_kernel_count_or(&choice, "t", 1, &whole), LLN_EINVAL);
    expect_status(lln_kernel_set(&choice, "t", 1), LLN_EINVAL);
}
END_TEST

START_TEST(parse_unknown)
{
    static const char *const unknown[] = {"", "softmaxx"};
    char message[512];
    lln_kernel_choice choice;
    int at = snprintf(message, sizeof message,
                      "kernel '%s': unknown; expected one of ", unknown[_i]);
    for (size_t i = 0; lln_kernels[i]; i++)
        at += snprintf(message + at, sizeof message - (size_t)at, "%s%s",
                       i > 0 ? ", " : "", lln_kernels[i]->name);
    expect_status(lln_kernel_parse(unknown[_i], &choice), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), message);
}
END_TEST

START_TEST(open_without_alpha)
{
    lln_kernel_choice choice;
    lln_attention attention;
    lln_head head = case_head("A", LLN_FLOAT64, false);
    expect_ok(lln_kernel_parse("lln:alpha=2", &choice));
    expect_status(lln_kernel_open(&choice, &head, &attention), LLN_EINVAL);
    lln_head_free(&head);
}
END_TEST

START_TEST(open_overflow)
{
    lln_kernel_choice choice;
    lln_attention attention;
    lln_head head = case_head("A", LLN_FLOAT64, false);
    expect_ok(lln_kernel_parse("lln:alpha=1e308:beta=1", &choice));
    expect_status(lln_kernel_open(&choice, &head, &attention), LLN_EINVAL);
    expect_ok(lln_kernel_parse("lln:alpha=1:beta=-1e308", &choice));
    expect_status(lln_kernel_open(&choice, &head, &attention), LLN_EINVAL);
    lln_head_free(&head);
}
END_TEST

/* P = B A' of the low-rank form against the dense rows, with keys in the range
 * of float32, of float64, and beyond both. */
START_TEST(features_product)
{
    static const char *kernels[] = {"lln:alpha=1.1:beta=1.4",
                                    "lln:alpha=7:beta=300"};
    lln_head head = case_head("A", LLN_FLOAT64, false);
    static double p[64 * 64], a[64 * 8], b[64 * 8];
    lln_attention attention;
    case_open(&head, kernels[_i], &attention);
    expect_ok(lln_attention_prepare(&attention));
    expect_ok(lln_attention_rows(&attention, 0, 64, p));
    attention.features(&attention, 0, 40, b, a);
    attention.features(&attention, 40, 24, b + 40 * 8, a + 40 * 8);
    for (size_t i = 0; i < 64; i++)
        for (size_t j = 0; j < 64; j++) {
            double product = 0;
            for (size_t l = 0; l < 8; l++)
                product += b[i * 8 + l] * a[j * 8 + l];
            expect_absolute(product, p[i * 64 + j], 1e-13);
        }
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* The O(N d) diagonal of causal LLN against the dense rows, also under windows,
 * one of which, 7, does not divide 64. */
START_TEST(diagonal_causal)
{
    static const char *kernels[] = {"lln:alpha=1.1:beta=1.4",
                                    "lln:alpha=7:beta=300"};
    static const size_t windows[] = {0, 1, 2, 7, 32, 63, 64, 1000};
    lln_head head = case_head("A", LLN_FLOAT64, true);
    head.rule.mask.window = windows[_i / 2];
    static double p[64 * 64], diagonal[64];
    lln_attention attention;
    case_open(&head, kernels[_i % 2], &attention);
    ck_assert(attention.features == NULL);
    expect_ok(lln_attention_prepare(&attention));
    expect_ok(lln_attention_rows(&attention, 0, 64, p));
    expect_ok(attention.diagonal(&attention, diagonal));
    for (size_t i = 0; i < 64; i++)
        expect_absolute(diagonal[i], p[i * 65], 1e-13);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* With a window, P is neither of low rank nor triangular. */
START_TEST(window_without_shortcuts)
{
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_attention attention;
    head.rule.mask.window = 3;
    case_open(&head, "lln:alpha=1.1:beta=1.4", &attention);
    ck_assert(attention.features == NULL);
    ck_assert(attention.diagonal == NULL);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Logits of several hundred are computed in float64 without being asked for. */
START_TEST(softmax_promotes)
{
    lln_head small = case_head("B", LLN_FLOAT32, false);
    lln_head large = case_head("E", LLN_FLOAT32, false);
    lln_attention attention;
    case_open(&small, "softmax", &attention);
    ck_assert_int_eq(attention.precision, LLN_FLOAT32);
    lln_attention_close(&attention);
    case_open(&large, "softmax", &attention);
    ck_assert_int_eq(attention.precision, LLN_FLOAT64);
    lln_attention_close(&attention);
    lln_head_free(&small);
    lln_head_free(&large);
}
END_TEST

/* Opens a kernel of the table, with alpha and beta if it takes them. */
static lln_status open_named(const lln_kernel *kernel, const lln_head *head,
                             lln_attention *attention)
{
    char text[64];
    lln_kernel_choice choice;
    snprintf(text, sizeof text, "%s%s", kernel->name,
             kernel->takes_alpha_beta ? ":alpha=1.1:beta=0.9" : "");
    expect_ok(lln_kernel_parse(text, &choice));
    return lln_kernel_open(&choice, head, attention);
}

/* Whether a row of P [n x n] has a key after the query's own. */
static bool sees_later(const double *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            if (p[i * n + j] != 0)
                return true;
    return false;
}

/* Each kernel honours what its table says. */
START_TEST(honours_masks)
{
    const lln_kernel *kernel = lln_kernels[_i];
    for (unsigned asked = 0; asked < 4; asked++) {
        bool causal = asked % 2, window = asked / 2;
        unsigned wanted =
            (unsigned)(causal ? LLN_HONOURS_CAUSAL : LLN_HONOURS_FULL) |
            (unsigned)(window ? LLN_HONOURS_WINDOW : 0);
        bool honoured = (kernel->honours & wanted) == wanted;
        lln_attention attention;
        lln_head head = drawn_head(256, 256, 4, 1, causal);
        head.rule.mask.window = window ? 5 : 0;
        expect_status(open_named(kernel, &head, &attention),
                      honoured ? LLN_OK : LLN_EINVAL);
        if (honoured) {
            double *p = dense_rows(&attention);
            ck_assert_int_eq(sees_later(p, 256), !causal);
            ck_assert(!window || p[256 * 100 + 90] == 0);
            free(p);
            lln_attention_close(&attention);
        }
        lln_head_free(&head);
    }
}
END_TEST

START_TEST(honours_scale)
{
    const lln_kernel *kernel = lln_kernels[_i];
    bool causal = !(kernel->honours & LLN_HONOURS_FULL);
    lln_head head = drawn_head(256, 256, 4, 1, causal);
    double *p[2];
    for (int i = 0; i < 2; i++) {
        lln_attention attention;
        head.rule.scale *= 1.37;
        expect_ok(open_named(kernel, &head, &attention));
        p[i] = dense_rows(&attention);
        lln_attention_close(&attention);
    }
    bool differs = memcmp(p[0], p[1], 256 * 256 * sizeof *p[0]) != 0;
    ck_assert_int_eq(differs, (kernel->honours & LLN_HONOURS_SCALE) != 0);
    free(p[0]);
    free(p[1]);
    lln_head_free(&head);
}
END_TEST

START_TEST(honours_of_a_variant)
{
    lln_kernel_choice choice;
    lln_logit_rule rule = {.mask.window = 3, .scale = 1};
    expect_ok(lln_kernel_parse("lln:alpha=1:beta=1", &choice));
    expect_ok(lln_kernel_check_rule(&choice, &rule));
    ck_assert_ptr_null(lln_kernel_find_refused(&choice, &rule));
    expect_ok(lln_kernel_parse("lln:alpha=1:beta=1:eps=0", &choice));
    expect_status(lln_kernel_check_rule(&choice, &rule), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "kernel 'lln:alpha=1:beta=1:eps=0' "
                                          "does not support a window");
    ck_assert_str_eq(lln_kernel_find_refused(&choice, &rule)->option, "window");
}
END_TEST

/* Rows and entries have the properties in the table. */
START_TEST(properties)
{
    const lln_kernel *kernel = lln_kernels[_i];
    unsigned p = kernel->properties;
    unsigned sums = p & (LLN_KERNEL_SUMS_TO_ONE | LLN_KERNEL_SUMS_BY_DEFAULT);
    for (int causal = 0; causal < 2; causal++) {
        if (!(kernel->honours &
              (causal ? LLN_HONOURS_CAUSAL : LLN_HONOURS_FULL)))
            continue;
        char text[64];
        lln_attention attention;
        lln_head head = drawn_head(256, 256, 16, 1, causal);
        snprintf(text, sizeof text, "%s%s", kernel->name,
                 kernel->takes_alpha_beta ? ":alpha=2:beta=2" : "");
        open_kernel(text, &head, NULL, 0, &attention);
        double *entries = dense_rows(&attention);
        for (size_t i = 0; i < 256; i++) {
            double sum = 0, large = 1;
            for (size_t j = 0; j < 256; j++) {
                double entry = entries[i * 256 + j];
                ck_assert(p & LLN_KERNEL_SIGNED || entry >= 0);
                sum += entry;
                large = fmax(large, fabs(entry));
            }
            if (sums)
                expect_absolute(sum, 1, 1e-11 * large);
        }
        lln_attention_close(&attention);
        lln_head_free(&head);
        free(entries);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel");
    TCase *table = tcase_create("table");
    tcase_add_test(table, parse_choice);
    tcase_add_test(table, parse_errors);
    tcase_add_test(table, read_values);
    tcase_add_test(table, read_misspelt);
    tcase_add_loop_test(table, parse_unknown, 0, 2);
    tcase_add_test(table, open_without_alpha);
    tcase_add_test(table, open_overflow);
    size_t kernels = 0;
    while (lln_kernels[kernels])
        kernels++;
    tcase_add_loop_test(table, properties, 0, (int)kernels);
    tcase_add_loop_test(table, honours_masks, 0, (int)kernels);
    tcase_add_loop_test(table, honours_scale, 0, (int)kernels);
    tcase_add_test(table, honours_of_a_variant);
    suite_add_tcase(suite, table);
    TCase *attention = tcase_create("attention");
    tcase_add_loop_test(attention, features_product, 0, 2);
    tcase_add_loop_test(attention, diagonal_causal, 0, 16);
    tcase_add_test(attention, window_without_shortcuts);
    tcase_add_test(attention, softmax_promotes);
    suite_add_tcase(suite, attention);
    return run_suite(suite);
}
