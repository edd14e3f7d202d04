/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels that a program adds to the table. */
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "heads/heads.h"
#include "kernel/features/features.h"
#include "kernel/table/table.h"

static const double q[] = {1, 0, 2, 1}, k[] = {1, 1, 0, 3};
static const lln_matrix QUERIES = {LLN_FLOAT64, 2, 2, q},
                        KEYS = {LLN_FLOAT64, 2, 2, k};

/* Features x^2. */
static void fill(const lln_features *f, lln_role side, size_t first,
                 size_t count, double *out)
{
    const double *x = lln_features_tokens(f, side, first);
    for (size_t i = 0; i < count * f->d; i++)
        out[i] = x[i] * x[i];
}

static lln_status open_square(const lln_kernel_choice *choice,
                              const lln_head *head, lln_attention *attention)
{
    return lln_features_open_map(choice, head, 1, fill, lln_features_sum_plus,
                                 attention);
}

static const lln_kernel SQUARE = {
    .name = "square",
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL,
    .parameters = {{"eps", "added to the sum of a row", "0", {0, 1}}},
    .open = open_square,
};

/* A kernel like SQUARE with another name and default. */
static lln_kernel variant(const char *name, const char *initial)
{
    lln_kernel kernel = SQUARE;
    kernel.name = name;
    kernel.parameters[0].initial = initial;
    return kernel;
}

/* Products of squares are 1, 0 and 5, 9: with eps = 1 they are divided by 2 and
 * 15. */
START_TEST(register_new)
{
    lln_kernel_choice choice;
    lln_attention attention;
    double p[4];
    expect_status(lln_kernel_parse("square:eps=1", &choice), LLN_EINVAL);
    expect_ok(lln_kernel_register(&SQUARE));
    expect_ok(lln_kernel_parse("square:eps=1", &choice));
    ck_assert_ptr_eq(choice.kernel, &SQUARE);
    lln_head head = lln_head_of(QUERIES, KEYS, (lln_matrix){0});
    expect_ok(lln_kernel_open(&choice, &head, &attention));
    expect_ok(lln_attention_prepare(&attention));
    expect_ok(lln_attention_rows(&attention, 0, 2, p));
    lln_attention_close(&attention);
    expect_relative(p[0], 0.5, 1e-15);
    expect_relative(p[1], 0, 0);
    expect_relative(p[2], 5. / 15, 1e-15);
    expect_relative(p[3], 9. / 15, 1e-15);
    expect_status(lln_kernel_parse("square:p=1", &choice), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "kernel 'square': no parameter 'p'; it has eps");
    size_t count = 0;
    while (lln_kernels[count])
        count++;
    ck_assert_ptr_eq(lln_kernels[count - 1], &SQUARE);
    expect_status(lln_kernel_parse("squares", &choice), LLN_EINVAL);
    ck_assert_ptr_ne(strstr(lln_error_message(), "deltanet, square"), NULL);
}
END_TEST

START_TEST(register_refused)
{
    static const struct {
        const char *name, *initial, *message;
    } bad[] = {
        {"softmax", "0", "kernel 'softmax': exists already"},
        {"square", "0", "kernel 'square': exists already"},
        {"attention", "0", "kernel 'attention': exists already"},
        {"my:kernel", "0",
         "kernel 'my:kernel': expected a name of lower-case letters, digits, "
         "'_', '+' and '-'"},
        {"", "0",
         "kernel '': expected a name of lower-case letters, digits, '_', '+' "
         "and '-'"},
        {NULL, "0",
         "kernel '': expected a name of lower-case letters, digits, '_', '+' "
         "and '-'"},
        {"cube", "2", "kernel 'cube': eps=2: expected a number from 0 to 1"},
    };
    lln_kernel_choice choice;
    expect_ok(lln_kernel_register(&SQUARE));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lln_kernel kernel = variant(bad[i].name, bad[i].initial);
        expect_status(lln_kernel_register(&kernel), LLN_EINVAL);
        ck_assert_str_eq(lln_error_message(), bad[i].message);
    }
    lln_kernel closed = variant("closed", "0");
    closed.open = NULL;
    expect_status(lln_kernel_register(&closed), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "kernel 'closed': no function "
                                          "'open'");
    expect_status(lln_kernel_register(NULL), LLN_EINVAL);
    expect_status(lln_kernel_parse("cube", &choice), LLN_EINVAL);
}
END_TEST

START_TEST(register_many)
{
    static lln_kernel kernels[LLN_KERNELS_REGISTERED + 1];
    static char names[LLN_KERNELS_REGISTERED + 1][24];
    lln_kernel_choice choice;
    for (int i = 0; i <= LLN_KERNELS_REGISTERED; i++) {
        snprintf(names[i], sizeof names[i], "square%d", i);
        kernels[i] = variant(names[i], "0");
    }
    for (int i = 0; i < LLN_KERNELS_REGISTERED; i++)
        expect_ok(lln_kernel_register(&kernels[i]));
    expect_status(lln_kernel_register(&kernels[LLN_KERNELS_REGISTERED]),
                  LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "kernel 'square64': 64 are registered already");
    expect_ok(lln_kernel_parse("square63", &choice));
}
END_TEST

/* What the readers of files check, programs may get wrong. */
START_TEST(open_contradiction)
{
    static const float single[4];
    lln_kernel_choice choice;
    lln_attention attention;
    expect_ok(lln_kernel_parse("softmax", &choice));
    lln_head head = lln_head_of(QUERIES, (lln_matrix){LLN_FLOAT64, 4, 1, k},
                                (lln_matrix){0});
    expect_status(lln_kernel_open(&choice, &head, &attention), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "queries of 2 features, keys of 1");
    head = lln_head_of(QUERIES, (lln_matrix){LLN_FLOAT32, 2, 2, single},
                       (lln_matrix){0});
    expect_status(lln_kernel_open(&choice, &head, &attention), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "queries and keys: one is float32, one is float64");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_register");
    TCase *all = tcase_create("lln_kernel_register");
    tcase_add_test(all, register_new);
    tcase_add_test(all, register_refused);
    tcase_add_test(all, register_many);
    tcase_add_test(all, open_contradiction);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
