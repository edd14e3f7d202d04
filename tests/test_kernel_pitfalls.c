/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the constants of published kernels do to a head, as lln-kernels(7)
 * states; what the kernels refuse; random matrices. */
#include <stdio.h>
#include <string.h>

#include "core/threads.h"
#include "head_cases.h"
#include "kernel/features/features.h"
#include "kernel/features/projection.h"
#include "measure/entropy.h"

enum { D = 64 };

static double draw_entropy(const char *kernel, const lln_head *head,
                           uint32_t draw)
{
    lln_kernel_choice choice;
    lln_attention attention;
    lln_entropy entropy;
    expect_ok(lln_kernel_parse(kernel, &choice));
    choice.draw = draw;
    expect_ok(lln_kernel_open(&choice, head, &attention));
    expect_ok(lln_entropy_measure(&attention, NULL, 0, &entropy, NULL));
    lln_attention_close(&attention);
    return entropy.entropy;
}

/* With queries and keys of standard deviation 2, every feature of FAVOR+ is
 * below its eps and attention is uniform: ln 256 = 5.5452, where softmax has
 * 1.8. Without eps it is far from uniform. */
START_TEST(performer_uniform)
{
    lln_head head = drawn_head(256, 256, D, 2, false);
    expect_absolute(draw_entropy("performer", &head, 0), log(256), 1e-6);
    expect_absolute(draw_entropy("performer:eps=1e-4", &head, 0), log(256),
                    1e-9);
    ck_assert(draw_entropy("performer:eps=0", &head, 0) < 3);
    ck_assert(draw_entropy("softmax", &head, 0) < 2);
    lln_head_free(&head);
}
END_TEST

/* Standard deviation 1. Another program formed all of phi and P in float64 for
 * one head and one draw of 256 features: 4.19 without eps, 4.74 and 5.54 with
 * 1e-6 and 1e-4; softmax 5.06. Over 32 heads with one draw each (lln-entropy -n
 * 256 --trials 32 --each), mean and standard deviation are 4.01 and 0.16, 4.63
 * and 0.24, 5.536 and 0.007. The order is the same in each draw: the larger
 * eps, the closer a row is to uniform. */
START_TEST(performer_eps)
{
    static const char *const kernels[] = {"performer:eps=0", "performer",
                                          "performer:eps=1e-4"};
    lln_head head = drawn_head(256, 256, D, 1, false);
    double mean[3] = {0};
    for (uint32_t draw = 0; draw < 16; draw++) {
        double entropy[3];
        for (int e = 0; e < 3; e++) {
            entropy[e] = draw_entropy(kernels[e], &head, draw);
            mean[e] += entropy[e] / 16;
        }
        ck_assert(entropy[0] < entropy[1] && entropy[1] < entropy[2]);
    }
    expect_absolute(mean[0], 4.0, 0.25);
    expect_absolute(mean[1], 4.6, 0.3);
    expect_absolute(mean[2], 5.536, 0.01);
    expect_absolute(draw_entropy("softmax", &head, 0), 5.06, 0.05);
    lln_head_free(&head);
}
END_TEST

/* The published LLN attention with the published constants at standard
 * deviation 4, alpha = beta = 7.34: in dense float64 the mean row sums are 0.15
 * (eps 1e-8) and 0.036 (causal, 1e-5); here they depend on the largest of 32768
 * normal values. In the stable form all row sums are 1. */
START_TEST(lln_mass)
{
    static const struct {
        const char *eps;
        bool causal;
        double most;
    } runs[] = {{":eps=1e-8", false, 0.4}, {":eps=1e-5", true, 0.1}};
    lln_head head = drawn_head(512, 512, D, 4, runs[_i].causal);
    char published[64];
    snprintf(published, sizeof published, "lln:alpha=7.342:beta=7.342%s",
             runs[_i].eps);
    double mean[2] = {0}, least = 1;
    for (int stable = 0; stable < 2; stable++) {
        lln_attention attention;
        lln_entropy entropy;
        open_kernel(stable ? "lln:alpha=7.342:beta=7.342" : published, &head,
                    NULL, 0, &attention);
        double *p = dense_rows(&attention);
        for (size_t i = 0; i < 512 * 512; i++)
            mean[stable] += p[i] / 512;
        expect_ok(lln_entropy_measure(&attention, NULL, 0, &entropy, NULL));
        least = entropy.row_sum_min;
        free(p);
        lln_attention_close(&attention);
    }
    ck_assert_msg(mean[0] < runs[_i].most, "%g", mean[0]);
    expect_absolute(mean[1], 1, 1e-12);
    expect_absolute(least, 1, 1e-6);
    lln_head_free(&head);
}
END_TEST

/* With normalised queries and keys, random feature attention is nearly
 * uniform. */
START_TEST(rfa_flat)
{
    lln_attention attention;
    lln_entropy entropy;
    lln_head head = drawn_head(256, 256, D, 1, false);
    open_kernel("rfa:features=4096", &head, NULL, 0, &attention);
    expect_ok(lln_entropy_measure(&attention, NULL, 0, &entropy, NULL));
    expect_absolute(entropy.entropy, 5.537, 2e-3);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* A query has the opposite sign in every random feature: a negative sum changes
 * the sign of the row, and P still sums to 1. */
START_TEST(rfa_negative_sum)
{
    const double q[] = {1}, k[] = {-1, -1}, w[] = {1.4};
    double p[2];
    lln_attention attention;
    lln_head head = {.q = {LLN_FLOAT64, 1, 1, q},
                     .k = {LLN_FLOAT64, 2, 1, k},
                     .rule.scale = 1};
    lln_kernel_array array = {"w", {LLN_FLOAT64, 1, 1, w}};
    open_kernel("rfa", &head, &array, 1, &attention);
    expect_ok(attention.rows.make(&attention, 0, 1, p)); /* cos(2.8) < 0 */
    expect_absolute(p[0], 0.5, 1e-15);
    lln_attention_close(&attention);
    open_kernel("rfa:form=cross", &head, &array, 1, &attention);
    expect_ok(attention.rows.make(&attention, 0, 1, p));
    expect_relative(p[0], 0.01 * cos(2.8 / 1.001), 1e-13); /* |z| below 1 */
    lln_attention_close(&attention);
}
END_TEST

START_TEST(refused)
{
    static const struct {
        const char *kernel, *message;
    } bad[] = {
        {"nystrom:landmarks=7",
         "kernel 'nystrom:landmarks=7': 12 queries and 12 keys; expected "
         "multiples of landmarks=7"},
        {"llnrepo-performer", "kernel 'llnrepo-performer' needs a causal mask"},
    };
    lln_kernel_choice choice;
    lln_attention attention;
    lln_head head = drawn_head(12, 12, 4, 1, false);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_ok(lln_kernel_parse(bad[i].kernel, &choice));
        expect_status(lln_kernel_open(&choice, &head, &attention), LLN_EINVAL);
        ck_assert_str_eq(lln_error_message(), bad[i].message);
    }
    lln_head_free(&head);
}
END_TEST

START_TEST(refused_arrays)
{
    static const double zeros[24], infinite[8] = {[6] = -INFINITY};
    static const struct {
        const char *kernel;
        lln_kernel_array array;
        const char *message;
    } bad[] = {
        {"performer",
         {"w", {LLN_FLOAT64, 2, 3, zeros}},
         "kernel 'performer': array 'w' is 2 x 3; expected 2 x 4"},
        {"performer",
         {"w", {LLN_FLOAT64, 2, 4, infinite}},
         "kernel 'performer': array 'w': row 1, column 2: -inf; expected "
         "finite numbers"},
        {"performer:features=3",
         {"w", {LLN_FLOAT64, 2, 4, zeros}},
         "kernel 'performer:features=3': array 'w' is 2 x 4; expected 3 x 4"},
        {"linformer",
         {"e", {LLN_FLOAT64, 2, 12, zeros}},
         "kernel 'linformer': array 'e' needs array 'f'"},
    };
    lln_kernel_choice choice;
    lln_attention attention;
    lln_head head = drawn_head(12, 12, 4, 1, false);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_ok(lln_kernel_parse(bad[i].kernel, &choice));
        choice.arrays = &bad[i].array;
        choice.array_count = 1;
        expect_status(lln_kernel_open(&choice, &head, &attention), LLN_EINVAL);
        ck_assert_str_eq(lln_error_message(), bad[i].message);
    }
    lln_head_free(&head);
}
END_TEST

START_TEST(refused_masks)
{
    lln_kernel_choice choice;
    lln_attention attention;
    lln_head head = drawn_head(12, 14, 4, 1, true);
    expect_ok(lln_kernel_parse("flowformer", &choice));
    expect_status(lln_kernel_open(&choice, &head, &attention), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "kernel 'flowformer': 12 queries and 14 keys; a causal "
                     "mask needs equal numbers");
    head.rule.mask.window = 3;
    expect_ok(lln_kernel_parse("elu", &choice));
    expect_status(lln_kernel_open(&choice, &head, &attention), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "kernel 'elu' does not support a window");
    lln_head_free(&head);
}
END_TEST

/* Blocks of d orthogonal rows, with the lengths of normal vectors of d
 * values. */
START_TEST(projection_orthogonal)
{
    enum { ROWS = 150, COLUMNS = 16 };
    static double w[ROWS * COLUMNS];
    double squares = 0;
    lln_kernel_choice choice = {.seed = 3};
    expect_ok(lln_projection_orthogonal(&choice, ROWS, COLUMNS, w));
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = 0;
            for (size_t l = 0; l < COLUMNS; l++)
                sum += w[i * COLUMNS + l] * w[j * COLUMNS + l];
            if (i == j)
                squares += sum / ROWS;
            else if (i / COLUMNS == j / COLUMNS)
                expect_absolute(sum, 0, 1e-13);
        }
    /* chi-squared: mean 16, standard deviation sqrt(32/150) = 0.46 */
    expect_absolute(squares, COLUMNS, 1.5);
}
END_TEST

START_TEST(projection_draws)
{
    double w[4][64], sum = 0;
    lln_kernel_choice choice = {.seed = 3};
    for (int i = 0; i < 4; i++) {
        choice.draw = i == 1;
        expect_ok(lln_projection_normal(&choice, i == 2, 64, 2, w[i]));
    }
    ck_assert(memcmp(w[0], w[3], sizeof w[0]) == 0);
    ck_assert(w[0][0] != w[1][0] && w[0][0] != w[2][0] && w[1][0] != w[2][0]);
    for (size_t l = 0; l < 64; l++)
        sum += w[0][l] * w[0][l] / 64;
    expect_absolute(sum, 4,
                    4 * 4 * sqrt(2.0 / 64)); /* within 4 standard deviations */
}
END_TEST

/* The mean of phi(q).phi(k) over draws is exp(scale q.k). A row of P only has
 * ratios of these: here to key 0, whose mean is exp(0) = 1. */
START_TEST(performer_unbiased)
{
    enum { DRAWS = 4000 };
    const double q[] = {0.5, -0.4, 0.3}, k[] = {0, 0, 0, 0.6, 0.2, -0.5};
    lln_kernel_choice choice;
    lln_head head = {.q = {LLN_FLOAT64, 1, 3, q},
                     .k = {LLN_FLOAT64, 2, 3, k},
                     .rule.scale = 1};
    double ratio = 0;
    expect_ok(lln_kernel_parse("performer:features=64:eps=0", &choice));
    for (choice.draw = 0; choice.draw < DRAWS; choice.draw++) {
        lln_attention attention;
        double p[2];
        expect_ok(lln_kernel_open(&choice, &head, &attention));
        expect_ok(attention.rows.make(&attention, 0, 1, p));
        ratio += p[1] / p[0] / DRAWS;
        lln_attention_close(&attention);
    }
    /* exp(q.k) = exp(0.07); a ratio of means of 64 has a bias of about 1e-3 */
    expect_relative(ratio, exp(0.3 - 0.08 - 0.15), 0.01);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_pitfalls");
    lln_threads_set(0);
    TCase *pitfalls = tcase_create("pitfalls");
    tcase_add_test(pitfalls, performer_uniform);
    tcase_add_test(pitfalls, performer_eps);
    tcase_add_loop_test(pitfalls, lln_mass, 0, 2);
    tcase_add_test(pitfalls, rfa_flat);
    tcase_add_test(pitfalls, rfa_negative_sum);
    suite_add_tcase(suite, pitfalls);
    TCase *refusals = tcase_create("refusals");
    tcase_add_test(refusals, refused);
    tcase_add_test(refusals, refused_arrays);
    tcase_add_test(refusals, refused_masks);
    suite_add_tcase(suite, refusals);
    TCase *random = tcase_create("random");
    tcase_add_test(random, projection_orthogonal);
    tcase_add_test(random, projection_draws);
    tcase_add_test(random, performer_unbiased);
    suite_add_tcase(suite, random);
    return run_suite(suite);
}
