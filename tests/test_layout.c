/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Layouts and selections in the text form of users. */
#include "heads/layout.h"

#include <stdio.h>
#include <string.h>

#include "expect.h"

/* Strides of a C array [2 x 3 x 4 x 5 x 6]. */
START_TEST(layout_read_axes)
{
    lln_tensor t = {.axes = 5, .shape = {2, 3, 4, 5, 6}};
    lln_layout layout;
    lln_tensor_set_strides(&t, false);
    expect_ok(lln_layout_read(&(lln_axes){.letters = "bnlhd"}, LLN_QUERIES,
                              "q.npy", &t, &layout));
    lln_tensor_slice slice = lln_layout_slice(&layout, 1, 2, 3);
    ck_assert_uint_eq(slice.offset, 360 + 2 * 30 + 3 * 6);
    ck_assert_uint_eq(slice.rows, 3);
    ck_assert_uint_eq(slice.columns, 6);
    ck_assert_uint_eq(slice.row_stride, 120);
    ck_assert_uint_eq(slice.column_stride, 1);
}
END_TEST

START_TEST(layout_read_missing_axes)
{
    lln_tensor t = {.axes = 2, .shape = {5, 6}};
    lln_layout layout;
    lln_tensor_set_strides(&t, true);
    expect_ok(lln_layout_read(&(lln_axes){.letters = NULL}, LLN_QUERIES,
                              "q.npy", &t, &layout));
    ck_assert(!layout.present[LLN_AXIS_HEAD]);
    ck_assert(layout.present[LLN_AXIS_TOKEN]);
    ck_assert_uint_eq(layout.size[LLN_AXIS_HEAD], 1);
    lln_tensor_slice slice = lln_layout_slice(&layout, 0, 0, 0);
    ck_assert_uint_eq(slice.offset, 0);
    ck_assert_uint_eq(slice.row_stride, 1);
    ck_assert_uint_eq(slice.column_stride, 5);
}
END_TEST

/* A C array [2 x 3 x 4] of 3 queries, 2 heads and 4 keys, seen by queries and
 * by keys. */
START_TEST(layout_read_stored)
{
    const lln_axes axes = {.letters = "hnm", .stored = true};
    lln_tensor t = {.axes = 3, .shape = {2, 3, 4}};
    lln_layout layout;
    lln_tensor_set_strides(&t, false);
    expect_ok(lln_layout_read(&axes, LLN_QUERIES, "p.npy", &t, &layout));
    lln_tensor_slice slice = lln_layout_slice(&layout, 0, 0, 1);
    ck_assert_uint_eq(slice.offset, 12);
    ck_assert_uint_eq(slice.rows, 3);
    ck_assert_uint_eq(slice.columns, 4);
    ck_assert_uint_eq(slice.row_stride, 4);
    expect_ok(lln_layout_read(&axes, LLN_KEYS, "p.npy", &t, &layout));
    slice = lln_layout_slice(&layout, 0, 0, 1);
    ck_assert_uint_eq(slice.rows, 4);
    ck_assert_uint_eq(slice.columns, 3);
    ck_assert_uint_eq(slice.column_stride, 4);
}
END_TEST

START_TEST(layout_read_stored_refused)
{
    static const struct {
        const char *letters;
        size_t axes;
        lln_status status;
        const char *message;
    } bad[] = {
        {NULL, 4, LLN_EFORMAT,
         "p.npy: shape (2, 3, 4, 5) needs a layout; expected bhnm or lhnm"},
        {"nm", 3, LLN_EFORMAT,
         "p.npy: shape (2, 3, 4) does not have layout 'nm'; expected hnm, lnm "
         "or bnm"},
        {"hnm", 1, LLN_EFORMAT,
         "p.npy: shape (2,); expected 2 to 5 axes, queries n and keys m among "
         "them"},
        {"nD", 2, LLN_EINVAL,
         "layout 'nD': expected n (queries) and m (keys), and optionally h "
         "(heads), l (layers) and b (batch), each once"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const lln_axes axes = {.letters = bad[i].letters, .stored = true};
        lln_tensor t = {.axes = bad[i].axes, .shape = {2, 3, 4, 5}};
        lln_layout layout;
        expect_status(lln_layout_read(&axes, LLN_QUERIES, "p.npy", &t, &layout),
                      bad[i].status);
        ck_assert_str_eq(lln_error_message(), bad[i].message);
    }
}
END_TEST

/* [2 x 3 x 16]: 4 query heads and 2 key heads of 2 features side by side; for
 * each key head queries, keys and values: q0 q1 k0 v0 q2 q3 k1 v1. */
START_TEST(layout_read_heads)
{
    lln_tensor t = {.axes = 3, .shape = {2, 3, 16}};
    const lln_axes axes = {.split = {{4, 2, 2}, LLN_FUSED_HEAD_QKV}};
    const size_t query[] = {0, 2, 8, 10}, key[] = {4, 12};
    lln_layout layout;
    lln_tensor_set_strides(&t, false);
    expect_ok(lln_layout_read(&axes, LLN_QUERIES, "q.npy", &t, &layout));
    ck_assert(layout.present[LLN_AXIS_BATCH] && layout.present[LLN_AXIS_HEAD]);
    for (size_t h = 0; h < 4; h++) {
        lln_tensor_slice slice = lln_layout_slice(&layout, 1, 0, h);
        ck_assert_uint_eq(slice.offset, 48 + query[h]);
        ck_assert_uint_eq(slice.columns, 2);
        ck_assert_uint_eq(slice.row_stride, 16);
    }
    expect_ok(lln_layout_read(&axes, LLN_KEYS, "q.npy", &t, &layout));
    ck_assert_uint_eq(layout.size[LLN_AXIS_HEAD], 2);
    for (size_t h = 0; h < 2; h++)
        ck_assert_uint_eq(lln_layout_slice(&layout, 0, 0, h).offset, key[h]);
}
END_TEST

/* [3 x 2 x 5 x 4]: queries, keys and values are the first axis, in Fortran
 * order too. */
START_TEST(layout_read_three)
{
    lln_tensor t = {.axes = 4, .shape = {3, 2, 5, 4}};
    const lln_axes axes = {.letters = "3hnd"};
    lln_layout layout;
    lln_tensor_set_strides(&t, false);
    expect_ok(lln_layout_read(&axes, LLN_VALUES, "q.npy", &t, &layout));
    ck_assert_uint_eq(lln_layout_slice(&layout, 0, 0, 1).offset, 2 * 40 + 20);
    lln_tensor_set_strides(&t, true);
    expect_ok(lln_layout_read(&axes, LLN_KEYS, "q.npy", &t, &layout));
    ck_assert_uint_eq(lln_layout_slice(&layout, 0, 0, 1).offset, 1 + 3);
    t.shape[0] = 2;
    expect_status(lln_layout_read(&axes, LLN_KEYS, "q.npy", &t, &layout),
                  LLN_EFORMAT);
}
END_TEST

/* An array of results has heads side by side, and one role. */
START_TEST(layout_tensor_of_one)
{
    const size_t size[LLN_AXIS_KINDS] = {2, 1, 4, 3, 5};
    lln_tensor t;
    char text[LLN_TENSOR_SHAPE_TEXT];
    lln_layout_tensor("b3nD", size, &t);
    ck_assert_str_eq(lln_tensor_shape_text(&t, text, sizeof text),
                     "(2, 3, 20)");
}
END_TEST

static const struct {
    size_t axes, shape[LLN_TENSOR_AXES];
    const char *letters, *message;
} misfits[] = {
    {3,
     {4, 3, 2},
     NULL,
     "q.npy: shape (4, 3, 2) needs a layout; expected hnd or nhd, or bnD with "
     "--split-heads"},
    {4,
     {4, 3, 2, 1},
     NULL,
     "q.npy: shape (4, 3, 2, 1) needs a layout; expected lhnd, bhnd or bnhd, "
     "or lbnD with --split-heads"},
    {2,
     {6, 4},
     "hnd",
     "q.npy: shape (6, 4) does not have layout 'hnd'; expected nd"},
    {3,
     {4, 3, 2},
     "lhnd",
     "q.npy: shape (4, 3, 2) does not have layout 'lhnd'; expected hnd or "
     "nhd"},
    {1,
     {24},
     NULL,
     "q.npy: shape (24,); expected 2 axes (layout nd), 3 (hnd or nhd), 4 "
     "(lhnd, bhnd or bnhd) or 5 (lbhnd or blhnd)"},
    {1,
     {24},
     "nd",
     "q.npy: shape (24,); expected 2 axes (layout nd), 3 (hnd or nhd), 4 "
     "(lhnd, bhnd or bnhd) or 5 (lbhnd or blhnd)"},
    {6,
     {1, 1, 1, 1, 4, 6},
     "lbhnd",
     "q.npy: shape (1, 1, 1, 1, 4, 6); expected 2 axes (layout nd), 3 (hnd "
     "or nhd), 4 (lhnd, bhnd or bnhd) or 5 (lbhnd or blhnd)"},
    {2,
     {6, 4},
     "hn",
     "layout 'hn': expected n (tokens), d (features) and optionally h (heads), "
     "l (layers), b (batch), 3 (queries, keys, values), each once; D (heads "
     "side by side) may replace h and d"},
    {2,
     {6, 4},
     "",
     "layout '': expected n (tokens), d (features) and optionally h (heads), l "
     "(layers), b (batch), 3 (queries, keys, values), each once; D (heads side "
     "by side) may replace h and d"},
    {2,
     {6, 4},
     "ndd",
     "layout 'ndd': expected n (tokens), d (features) and optionally h "
     "(heads), l (layers), b (batch), 3 (queries, keys, values), each once; D "
     "(heads side by side) may replace h and d"},
    {2,
     {6, 4},
     "ndx",
     "layout 'ndx': expected n (tokens), d (features) and optionally h "
     "(heads), l (layers), b (batch), 3 (queries, keys, values), each once; D "
     "(heads side by side) may replace h and d"},
};

START_TEST(layout_read_refused)
{
    lln_tensor t = {.axes = misfits[_i].axes};
    lln_layout layout;
    memcpy(t.shape, misfits[_i].shape, sizeof t.shape);
    expect_status(lln_layout_read(&(lln_axes){.letters = misfits[_i].letters},
                                  LLN_QUERIES, "q.npy", &t, &layout),
                  strncmp(misfits[_i].message, "layout", 6) == 0 ? LLN_EINVAL
                                                                 : LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), misfits[_i].message);
}
END_TEST

START_TEST(selection_read_good)
{
    const struct {
        const char *text, *chosen;
    } selections[] = {
        {NULL, "11111"},   {"0", "10000"},     {"4", "00001"},
        {"0-4", "11111"},  {"3,0-1", "11010"}, {"2-2,2,1-3", "01110"},
        {"0003", "00010"},
    };
    const size_t numbers[] = {0, 1, 2, 3, 4};
    bool chosen[5];
    for (size_t i = 0; i < sizeof selections / sizeof *selections; i++) {
        expect_ok(lln_selection_read(selections[i].text, "heads", "q.npy",
                                     numbers, 5, chosen));
        for (int j = 0; j < 5; j++)
            ck_assert_int_eq(chosen[j], selections[i].chosen[j] == '1');
    }
}
END_TEST

#define SYNTAX ": expected numbers and ranges such as 0-3,7"

static const struct {
    const char *text, *message;
} bad_selections[] = {
    {"9", "--layers 9: q.npy has layers 0-3"},
    {"2-4", "--layers 2-4: q.npy has layers 0-3"},
    {"99999999999999999999999", "--layers 99999999999999999999999: "
                                "q.npy has layers 0-3"},
    {"", "--layers ''" SYNTAX},
    {",", "--layers ','" SYNTAX},
    {"1,", "--layers '1,'" SYNTAX},
    {"1,,2", "--layers '1,,2'" SYNTAX},
    {"2-1", "--layers '2-1': range '2-1' is empty; write 1-2"},
    {"0,3-2", "--layers '0,3-2': range '3-2' is empty; write 2-3"},
    {"-1", "--layers '-1'" SYNTAX},
    {"1-", "--layers '1-'" SYNTAX},
    {" 1", "--layers ' 1'" SYNTAX},
    {"1x", "--layers '1x'" SYNTAX},
    {"0x1", "--layers '0x1'" SYNTAX},
    {"0-1-2", "--layers '0-1-2'" SYNTAX},
    {"all", "--layers 'all'" SYNTAX},
};

START_TEST(selection_read_refused)
{
    const size_t numbers[] = {0, 1, 2, 3};
    bool chosen[4];
    expect_status(lln_selection_read(bad_selections[_i].text, "layers", "q.npy",
                                     numbers, 4, chosen),
                  strstr(bad_selections[_i].message, "'") ? LLN_EINVAL
                                                          : LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), bad_selections[_i].message);
}
END_TEST

/* Layer numbers in keys need not be consecutive. */
START_TEST(selection_read_gaps)
{
    const size_t numbers[] = {1, 3, 4, 5, 17};
    const struct {
        const char *text, *chosen;
    } good[] = {{"3-5", "01110"}, {"1,17", "10001"}, {NULL, "11111"}};
    const char *bad[] = {"0", "1-3", "2", "17-18", "6-9"};
    bool chosen[5];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        expect_ok(lln_selection_read(good[i].text, "layers", "x", numbers, 5,
                                     chosen));
        for (int j = 0; j < 5; j++)
            ck_assert_int_eq(chosen[j], good[i].chosen[j] == '1');
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char message[100];
        expect_status(
            lln_selection_read(bad[i], "layers", "x", numbers, 5, chosen),
            LLN_EFORMAT);
        sprintf(message, "--layers %s: x has layers 1, 3-5, 17", bad[i]);
        ck_assert_str_eq(lln_error_message(), message);
    }
}
END_TEST

#define COUNT(a) (int)(sizeof(a) / sizeof *(a))

int main(void)
{
    Suite *suite = suite_create("layout");
    TCase *layout = tcase_create("lln_layout_read");
    tcase_add_test(layout, layout_read_axes);
    tcase_add_test(layout, layout_read_heads);
    tcase_add_test(layout, layout_read_stored);
    tcase_add_test(layout, layout_read_stored_refused);
    tcase_add_test(layout, layout_read_three);
    tcase_add_test(layout, layout_tensor_of_one);
    tcase_add_test(layout, layout_read_missing_axes);
    tcase_add_loop_test(layout, layout_read_refused, 0, COUNT(misfits));
    suite_add_tcase(suite, layout);
    TCase *selection = tcase_create("lln_selection_read");
    tcase_add_test(selection, selection_read_good);
    tcase_add_test(selection, selection_read_gaps);
    tcase_add_loop_test(selection, selection_read_refused, 0,
                        COUNT(bad_selections));
    suite_add_tcase(suite, selection);
    return run_suite(suite);
}
