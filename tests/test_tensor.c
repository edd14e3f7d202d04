/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Copying matrices out of arrays. */
#include "tensor/tensor.h"

#include <float.h>
#include <string.h>

#include "expect.h"
#include "tensor/half.h"

/* All values, from the definition of binary16. */
START_TEST(half_to_float_all)
{
    for (unsigned bits = 0; bits < 65536; bits++) {
        int exponent = bits >> 10 & 31;
        double fraction = bits & 1023, expected;
        if (exponent == 31)
            expected = fraction > 0 ? NAN : INFINITY;
        else if (exponent == 0)
            expected = ldexp(fraction, -24);
        else
            expected = ldexp(1024 + fraction, exponent - 25);
        if (bits >> 15)
            expected = -expected;
        float value = lln_half_to_float((uint16_t)bits);
        if (isnan(expected))
            ck_assert(isnan(value));
        else
            ck_assert(value == expected && !signbit(value) == !(bits >> 15));
    }
}
END_TEST

/* All values of bfloat16, from its definition: 8 bits of exponent, 7 of
 * fraction. In each byte order and precision. */
START_TEST(tensor_bf16_all)
{
    static unsigned char data[2 * 65536];
    static float narrow[65536];
    static double wide[65536];
    lln_tensor t = {.dtype = LLN_DTYPE_BF16, .axes = 1, .shape = {65536}};
    lln_tensor_slice all = {.rows = 1, .columns = 65536, .column_stride = 1};
    size_t bad, native = __BYTE_ORDER__ != __ORDER_BIG_ENDIAN__;
    t.data = data;
    t.swapped = _i;
    for (unsigned bits = 0; bits < 65536; bits++) {
        data[2 * bits + !(_i ^ native)] = bits & 255;
        data[2 * bits + (_i ^ native)] = (unsigned char)(bits >> 8);
    }
    expect_ok(lln_tensor_copy(&t, &all, LLN_FLOAT32, narrow, &bad));
    ck_assert_uint_eq(bad, 0x7f80); /* infinity */
    expect_ok(lln_tensor_copy(&t, &all, LLN_FLOAT64, wide, &bad));
    ck_assert_uint_eq(bad, 0x7f80);
    for (unsigned bits = 0; bits < 65536; bits++) {
        int exponent = bits >> 7 & 255;
        double fraction = bits & 127, expected;
        if (exponent == 255)
            expected = fraction > 0 ? NAN : INFINITY;
        else if (exponent == 0)
            expected = ldexp(fraction, -133);
        else
            expected = ldexp(128 + fraction, exponent - 134);
        if (bits >> 15)
            expected = -expected;
        expect_relative(lln_tensor_get(&t, bits), expected, 0);
        expect_relative(wide[bits], expected, 0);
        expect_relative(narrow[bits], expected, 0);
        ck_assert(isnan(expected) || !signbit(wide[bits]) == !(bits >> 15));
    }
}
END_TEST

START_TEST(tensor_bytes_cases)
{
    size_t bytes = 7;
    lln_tensor t = {.dtype = LLN_DTYPE_BF16, .axes = 3, .shape = {4, 512, 64}};
    expect_ok(lln_tensor_bytes(&t, &bytes));
    ck_assert_uint_eq(bytes, 262144);
    t.axes = 0;
    expect_ok(lln_tensor_bytes(&t, &bytes));
    ck_assert_uint_eq(bytes, 2);
    t = (lln_tensor){.axes = 3, .shape = {SIZE_MAX, 0, SIZE_MAX}};
    expect_status(lln_tensor_bytes(&t, &bytes), LLN_EUNDEFINED);
    t.shape[1] = 3;
    expect_status(lln_tensor_bytes(&t, &bytes), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), "shape (18446744073709551615, 3, "
                                          "18446744073709551615): too large");
    ck_assert_uint_eq(bytes, 2);
}
END_TEST

START_TEST(tensor_copy_strides)
{
    double data[60], out[8];
    size_t bad;
    for (int i = 0; i < 60; i++)
        data[i] = i + 0.25;
    lln_tensor t = {.dtype = LLN_DTYPE_F64,
                    .axes = 3,
                    .shape = {3, 4, 5},
                    .data = (const unsigned char *)data};
    lln_tensor_set_strides(&t, false);
    /* Entry (i, j) is element (i, 2, j + 1) of the array. */
    lln_tensor_slice slice = {.offset = 11,
                              .rows = 2,
                              .columns = 4,
                              .row_stride = 20,
                              .column_stride = 1};
    expect_ok(lln_tensor_copy(&t, &slice, LLN_FLOAT64, out, &bad));
    ck_assert_uint_eq(bad, 8);
    ck_assert(out[0] == 11.25 && out[3] == 14.25 && out[6] == 33.25);
    slice = (lln_tensor_slice){.offset = 3,
                               .rows = 2,
                               .columns = 4,
                               .row_stride = 1,
                               .column_stride = 15};
    expect_ok(lln_tensor_copy(&t, &slice, LLN_FLOAT64, out, &bad));
    ck_assert(out[1] == 18.25 && out[7] == 49.25);
}
END_TEST

START_TEST(tensor_copy_outside)
{
    const float data[6] = {0};
    float out[6];
    size_t bad;
    lln_tensor t = {.dtype = LLN_DTYPE_F32,
                    .axes = 1,
                    .shape = {6},
                    .data = (const unsigned char *)data};
    lln_tensor_slice slices[] = {
        {.offset = 1,
         .rows = 2,
         .columns = 3,
         .row_stride = 3,
         .column_stride = 1},
        {.offset = 7, .rows = 1, .columns = 1},
        {.rows = SIZE_MAX, .columns = 2, .row_stride = 1},
        {.rows = 3, .columns = 2, .row_stride = SIZE_MAX / 2 + 1},
        {.rows = 2, .columns = 3, .row_stride = SIZE_MAX, .column_stride = 1},
    };
    for (size_t i = 0; i < sizeof slices / sizeof *slices; i++) {
        expect_status(lln_tensor_copy(&t, &slices[i], LLN_FLOAT32, out, &bad),
                      LLN_EINVAL);
        expect_status(lln_tensor_find_nonfinite(&t, &slices[i], &bad),
                      LLN_EINVAL);
    }
    lln_tensor_slice none = {.rows = 0, .columns = 3};
    expect_ok(lln_tensor_copy(&t, &none, LLN_FLOAT32, out, &bad));
    ck_assert_uint_eq(bad, 0);
}
END_TEST

/* Contiguous, long enough for several threads and uneven parts. */
START_TEST(tensor_find_nonfinite_position)
{
    enum { ROWS = 5003, COLUMNS = 67 };
    const float values[] = {INFINITY, -INFINITY, NAN};
    const size_t places[] = {ROWS * COLUMNS - 1, 200001, 131072, 513, 511, 0};
    float *data = calloc(ROWS * COLUMNS, sizeof *data);
    float *out = calloc(ROWS * COLUMNS, sizeof *out);
    size_t bad;
    lln_tensor t = {.dtype = LLN_DTYPE_F32,
                    .axes = 2,
                    .shape = {ROWS, COLUMNS},
                    .data = (const unsigned char *)data};
    lln_tensor_slice all = {.rows = ROWS,
                            .columns = COLUMNS,
                            .row_stride = COLUMNS,
                            .column_stride = 1};
    expect_ok(lln_tensor_find_nonfinite(&t, &all, &bad));
    ck_assert_uint_eq(bad, ROWS * COLUMNS);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        data[places[i]] = values[i % 3]; /* later elements stay */
        expect_ok(lln_tensor_find_nonfinite(&t, &all, &bad));
        ck_assert_uint_eq(bad, places[i]);
        expect_ok(lln_tensor_copy(&t, &all, LLN_FLOAT32, out, &bad));
        ck_assert_uint_eq(bad, places[i]);
    }
    free(data);
    free(out);
}
END_TEST

START_TEST(tensor_copy_beyond_float32)
{
    const double data[] = {2.385, -1e300, NAN, FLT_MAX};
    float out[4];
    size_t bad;
    lln_tensor t = {.dtype = LLN_DTYPE_F64,
                    .axes = 1,
                    .shape = {4},
                    .data = (const unsigned char *)data};
    lln_tensor_slice all = {.rows = 1, .columns = 4, .column_stride = 1};
    expect_ok(lln_tensor_copy(&t, &all, LLN_FLOAT32, out, &bad));
    ck_assert_uint_eq(bad, 1);
    expect_ok(lln_tensor_find_nonfinite(&t, &all, &bad));
    ck_assert_uint_eq(bad, 2);
}
END_TEST

START_TEST(tensor_shape_text_cases)
{
    char text[200], small[6];
    lln_tensor t = {.axes = 3, .shape = {4, 512, 64}};
    ck_assert_str_eq(lln_tensor_shape_text(&t, text, sizeof text),
                     "(4, 512, 64)");
    ck_assert_str_eq(lln_tensor_shape_text(&t, small, sizeof small), "(4, 5");
    t.axes = 1;
    ck_assert_str_eq(lln_tensor_shape_text(&t, text, sizeof text), "(4,)");
    t.axes = 0;
    ck_assert_str_eq(lln_tensor_shape_text(&t, text, sizeof text), "()");
    t.axes = 8;
    for (int a = 0; a < 8; a++)
        t.shape[a] = SIZE_MAX;
    ck_assert_uint_eq(strlen(lln_tensor_shape_text(&t, text, sizeof text)),
                      8 * 20 + 7 * 2 + 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tensor");
    TCase *tensor = tcase_create("tensor");
    tcase_add_test(tensor, half_to_float_all);
    tcase_add_loop_test(tensor, tensor_bf16_all, 0, 2);
    tcase_add_test(tensor, tensor_bytes_cases);
    tcase_add_test(tensor, tensor_copy_strides);
    tcase_add_test(tensor, tensor_copy_outside);
    tcase_add_test(tensor, tensor_copy_beyond_float32);
    tcase_add_test(tensor, tensor_find_nonfinite_position);
    tcase_add_test(tensor, tensor_shape_text_cases);
    suite_add_tcase(suite, tensor);
    return run_suite(suite);
}
