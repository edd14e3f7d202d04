/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention weights in files: what is checked, what rounding is allowed, and
 * the attention that they make. */
#include "heads/stored.h"

#include "expect.h"
#include "heads/files.h"
#include "kernel/table/table.h"
#include "npy_file.h"

/* Weights of two heads, 2 queries and 3 keys, with layout nhm. */
static const double weights[] = {0.5, 0.5, 0,   0.25, 0.75, 0,
                                 0.2, 0.3, 0.5, 0.5,  0.25, 0.2};

static lln_heads open_weights(const char *layout, size_t count)
{
    const lln_files files = {.file = "p.npy", .stored = true, .layout = layout};
    lln_heads heads = {0};
    write_doubles("p.npy", "(2, 2, 3)", weights, 12);
    expect_ok(lln_files_open(&files, &heads));
    ck_assert_uint_eq(heads.count, count);
    return heads;
}

START_TEST(heads_of_weights)
{
    lln_heads heads = open_weights("nhm", 2);
    lln_head head = {0}, described = {0};
    expect_ok(heads.load(&heads, 0, NAN, LLN_FLOAT32, &head));
    heads.describe(&heads, 0, &described);
    ck_assert_uint_eq(head.q.rows, 2);
    ck_assert_uint_eq(head.k.rows, 3);
    ck_assert_uint_eq(head.q.columns, 0);
    ck_assert_ptr_null(head.q.data);
    ck_assert_int_eq(head.key_head, -1);
    /* queries are aligned with the last keys: query 0 sees keys 0 and 1 */
    ck_assert(head.rule.mask.causal && described.rule.mask.causal);
    ck_assert(head.stored->survey.causal);
    ck_assert_uint_eq(head.stored->survey.stray, 0);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

START_TEST(stray_rows_are_described)
{
    lln_heads heads = open_weights("nhm", 2);
    lln_head head = {0};
    expect_ok(heads.load(&heads, 1, NAN, LLN_FLOAT64, &head));
    ck_assert_uint_eq(head.stored->survey.stray, 1);
    ck_assert_uint_eq(head.stored->survey.first, 1);
    expect_relative(head.stored->survey.sum, 0.95, 1e-15);
    ck_assert_str_eq(heads.doubt,
                     "p.npy: head 1, row 1 sums to 0.95; expected 1 "
                     "(a sink, dropout, padding or excluded keys?)");
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

START_TEST(attention_of_weights)
{
    lln_heads heads = open_weights("hnm", 2);
    const lln_kernel_choice choice = lln_kernel_stored();
    lln_head head = {0};
    lln_attention attention;
    double rows[6];
    for (size_t h = 0; h < 2; h++) {
        expect_ok(heads.load(&heads, h, NAN, LLN_FLOAT64, &head));
        expect_ok(lln_kernel_open(&choice, &head, &attention));
        ck_assert(attention.unnormalised == (h == 1));
        expect_ok(lln_attention_rows(&attention, 0, 2, rows));
        for (size_t i = 0; i < 6; i++)
            expect_relative(rows[i], weights[6 * h + i], 1e-15);
        expect_relative(attention.rows.sums[1], h == 1 ? 0.95 : 1, 1e-15);
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
    lln_heads_close(&heads);
}
END_TEST

START_TEST(kernel_needs_weights)
{
    const lln_kernel_choice choice = lln_kernel_stored();
    const lln_head head = {.q = {LLN_FLOAT64, 1, 1, weights},
                           .k = {LLN_FLOAT64, 1, 1, weights}};
    lln_attention attention;
    expect_status(lln_kernel_open(&choice, &head, &attention), LLN_EINVAL);
}
END_TEST

/* Half of the tolerance or twice it from the sum 1; 1/3 is no number of half
 * precision, nor is what is left of it. */
static const struct {
    lln_dtype dtype;
    double tolerance;
} types[] = {{LLN_DTYPE_F64, 1e-6},
             {LLN_DTYPE_F32, 1e-5},
             {LLN_DTYPE_F16, 0x1p-9 + 3 * 0x1p-25},
             {LLN_DTYPE_BF16, 0x1p-6}};

START_TEST(tolerance_of_type)
{
    const lln_stored stored = {.m = 3, .view.tensor.dtype = types[_i].dtype};
    const double row[] = {1. / 3, 1. / 3, 1. / 3};
    for (double factor = 0.5; factor < 3; factor *= 4)
        for (int sign = -1; sign <= 1; sign += 2) {
            double sum = 1 + sign * factor * types[_i].tolerance;
            ck_assert(lln_stored_sums_to_one(&stored, row, sum) ==
                      (factor < 1));
        }
}
END_TEST

/* 341/1024 is a number of float16 and not of bfloat16, 85/256 of both. */
START_TEST(tolerance_of_numbers)
{
    const lln_stored stored = {.m = 3, .view.tensor.dtype = LLN_DTYPE_F64};
    const double f16[] = {341. / 1024, 341. / 1024, 341. / 1024};
    const double both[] = {85. / 256, 85. / 256, 85. / 256};
    ck_assert(lln_stored_sums_to_one(&stored, f16, 1023. / 1024));
    ck_assert(!lln_stored_sums_to_one(&stored, f16, 0.99));
    ck_assert(lln_stored_sums_to_one(&stored, both, 255. / 256));
    ck_assert(!lln_stored_sums_to_one(&stored, both, 0.98));
}
END_TEST

START_TEST(first_bad_entry)
{
    static double many[300 * 300];
    const lln_files files = {.file = "p.npy", .stored = true};
    lln_heads heads = {0};
    for (size_t i = 0; i < 300 * 300; i++)
        many[i] = 1. / 300;
    many[299 * 300 + 1] = NAN;
    many[250 * 300 + 7] = INFINITY;
    many[250 * 300 + 9] = -1;
    write_doubles("p.npy", "(300, 300)", many, 300 * 300);
    expect_status(lln_files_open(&files, &heads), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(),
                     "p.npy: row 250, column 7: inf; expected attention "
                     "weights, which are finite and not negative; save what "
                     "softmax returns");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stored");
    TCase *stored = tcase_create("stored");
    tcase_add_checked_fixture(stored, enter_folder, remove_folder);
    tcase_add_test(stored, heads_of_weights);
    tcase_add_test(stored, stray_rows_are_described);
    tcase_add_test(stored, attention_of_weights);
    tcase_add_test(stored, kernel_needs_weights);
    tcase_add_loop_test(stored, tolerance_of_type, 0, 4);
    tcase_add_test(stored, tolerance_of_numbers);
    tcase_add_test(stored, first_bad_entry);
    suite_add_tcase(suite, stored);
    return run_suite(suite);
}
