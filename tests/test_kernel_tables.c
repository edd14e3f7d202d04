/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What kernels state in tables about parameters and arrays: every name that
 * they read is there, and given values are checked against the rows. */
#include <stdio.h>

#include "head_cases.h"
#include "kernel/arrays.h"

enum { N = 128, D = 4, ANY = 3, MOST = N * N };

static double zeros[MOST];

/* The size that the text of a shape means; ANY: any size. */
static size_t size_of(const char *text)
{
    return strcmp(text, "1") == 0   ? 1
           : strcmp(text, "d") == 0 ? D
           : strchr("nm", *text)    ? N
                                    : ANY;
}

/* Zeros for every array that the kernel takes, in their first shape; returns
 * their number. */
static size_t give_arrays(lln_kernel_choice *choice, const lln_head *head,
                          lln_kernel_array out[LLN_KERNEL_ARRAYS])
{
    size_t count = 0;
    const lln_kernel_array_row *row = choice->kernel->arrays;
    for (; row->name; row++, count++) {
        lln_matrix values = {LLN_FLOAT64, size_of(row->shapes[0].rows),
                             size_of(row->shapes[0].columns), zeros};
        if (row->columns)
            values.columns = row->columns(choice, head);
        ck_assert_uint_le(values.rows * values.columns, MOST);
        out[count] = (lln_kernel_array){row->name, values};
    }
    choice->arrays = out;
    return choice->array_count = count;
}

/* Without arrays and, if they can be combined with the parameters, with all. */
static void open_with_all(lln_kernel_choice *choice, bool with_arrays)
{
    lln_kernel_array arrays[LLN_KERNEL_ARRAYS];
    lln_attention attention;
    bool causal = !(choice->kernel->honours & LLN_HONOURS_FULL);
    lln_head head = drawn_head(N, N, D, 1, causal);
    for (int given = 0; given <= with_arrays; given++) {
        if (given)
            give_arrays(choice, &head, arrays);
        expect_ok(lln_kernel_open(choice, &head, &attention));
        lln_attention_close(&attention);
    }
    lln_head_free(&head);
}

/* Appends ":name=value" with a value that the row allows. */
static void add_value(char *text, const lln_kernel_parameter *row)
{
    size_t used = strlen(text), room = LLN_KERNEL_TEXT - used;
    double low = row->range.low;
    if (row->words || row->initial)
        snprintf(text + used, room, ":%s=%s", row->name,
                 row->initial ? row->initial : row->words[0]);
    else
        snprintf(text + used, room, ":%s=%.17g", row->name,
                 isfinite(low) ? low : 1);
}

/* With every parameter and with none, with every array and without. A name that
 * a kernel reads and its tables lack fails here. */
START_TEST(names_are_known)
{
    const lln_kernel *kernel = lln_kernels[_i];
    for (int given = 0; given < 2; given++) {
        char text[LLN_KERNEL_TEXT];
        lln_kernel_choice choice;
        snprintf(text, sizeof text, "%s", kernel->name);
        for (int i = 0; kernel->parameters[i].name; i++)
            if (given || (kernel->takes_alpha_beta && i < 2))
                add_value(text, &kernel->parameters[i]);
        expect_ok(lln_kernel_parse(text, &choice));
        open_with_all(&choice, !given);
    }
}
END_TEST

/* The kernel knows each word of each parameter. */
START_TEST(words_are_known)
{
    const lln_kernel *kernel = lln_kernels[_i];
    for (const lln_kernel_parameter *row = kernel->parameters; row->name; row++)
        for (size_t w = 0; row->words && row->words[w]; w++) {
            char text[LLN_KERNEL_TEXT];
            lln_kernel_choice choice;
            snprintf(text, sizeof text, "%s%s:%s=%s", kernel->name,
                     kernel->takes_alpha_beta ? ":alpha=1:beta=1" : "",
                     row->name, row->words[w]);
            expect_ok(lln_kernel_parse(text, &choice));
            open_with_all(&choice, false);
        }
}
END_TEST

START_TEST(parameters_are_whole)
{
    const lln_kernel *kernel = lln_kernels[_i];
    for (const lln_kernel_parameter *row = kernel->parameters; row->name; row++)
        ck_assert_msg(row->words ? row->words[0] && row->words[1]
                                 : row->range.low < row->range.high,
                      "%s: %s", kernel->name, row->name);
    if (!kernel->takes_alpha_beta)
        return;
    ck_assert_int_eq(lln_kernel_parameter_index(kernel, "alpha"), 0);
    ck_assert_int_eq(lln_kernel_parameter_index(kernel, "beta"), 1);
    ck_assert_int_gt(lln_kernel_parameter_index(kernel, "match"), 0);
    ck_assert_int_gt(lln_kernel_parameter_index(kernel, "scales"), 0);
}
END_TEST

START_TEST(arrays_are_whole)
{
    const lln_kernel *kernel = lln_kernels[_i];
    for (const lln_kernel_array_row *row = kernel->arrays; row->name; row++) {
        char text[128];
        ck_assert(row->shapes[0].rows && row->shapes[0].columns && row->unit);
        ck_assert_ptr_eq(lln_kernel_array_find(kernel, row->name), row);
        if (row->with)
            ck_assert(lln_kernel_array_find(kernel, row->with));
        lln_kernel_shapes_text(row, text, sizeof text);
        ck_assert_uint_lt(strlen(text), sizeof text - 1);
    }
    ck_assert_ptr_null(lln_kernel_array_find(kernel, "nothing"));
}
END_TEST

START_TEST(shapes_as_text)
{
    char text[128];
    lln_kernel_choice choice;
    expect_ok(lln_kernel_parse("gla", &choice));
    lln_kernel_shapes_text(choice.kernel->arrays, text, sizeof text);
    ck_assert_str_eq(text, "[n x d] or [n x 1] or [1 x n]");
}
END_TEST

/* Shapes of arrays without values, for 12 queries, 14 keys and 4 features.
 * message: what follows the kernel; NULL: the shapes are correct. */
static const struct {
    const char *kernel;
    lln_kernel_array arrays[2];
    const char *message;
} shapes[] = {
    {"gla", {{"gate", {0, 12, 4, NULL}}}, NULL},
    {"gla", {{"gate", {0, 12, 1, NULL}}}, NULL},
    {"gla", {{"gate", {0, 1, 12, NULL}}}, NULL},
    {"gla", {{"w", {0, 1, 1, NULL}}}, NULL}, /* of another kernel */
    {"gla",
     {{"gate", {0, 4, 12, NULL}}},
     "array 'gate' is 4 x 12; expected 12 x 4, 12 x 1, 1 x 12"},
    {"topth",
     {{"theta", {0, 12, 4, NULL}}},
     "array 'theta' is 12 x 4; expected 12 x 1, 1 x 12"},
    {"rfa", {{"w", {0, 7, 4, NULL}}}, NULL},
    {"rfa", {{"w", {0, 7, 5, NULL}}}, "array 'w' is 7 x 5; expected 7 x 4"},
    {"rfa:features=6",
     {{"w", {0, 7, 4, NULL}}},
     "array 'w' is 7 x 4; expected 6 x 4"},
    {"linformer", {{"f", {0, 3, 14, NULL}}, {"e", {0, 3, 14, NULL}}}, NULL},
    {"linformer:k=3", {{"f", {0, 3, 14, NULL}}, {"e", {0, 3, 14, NULL}}}, NULL},
    {"linformer:k=2",
     {{"f", {0, 3, 14, NULL}}, {"e", {0, 3, 14, NULL}}},
     "array 'e' is 3 x 14; expected 2 x 14"},
    {"linformer",
     {{"f", {0, 2, 14, NULL}}, {"e", {0, 3, 14, NULL}}},
     "array 'f' is 2 x 14; expected 3 x 14"},
    {"linformer", {{"e", {0, 3, 14, NULL}}}, "array 'e' needs array 'f'"},
    {"reformer:b=3:hashes=5:buckets=4", /* 12 queries, 14 keys do not fit */
     {{"rotations", {0, 4, 9, NULL}}},
     NULL},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

START_TEST(shapes_checked)
{
    lln_kernel_choice choice;
    char message[256];
    lln_head head = {.q = {LLN_FLOAT64, 12, 4, NULL},
                     .k = {LLN_FLOAT64, 14, 4, NULL}};
    expect_ok(lln_kernel_parse(shapes[_i].kernel, &choice));
    choice.arrays = shapes[_i].arrays;
    choice.array_count = shapes[_i].arrays[1].name ? 2 : 1;
    expect_status(lln_kernel_check_arrays(&choice, &head),
                  shapes[_i].message ? LLN_EINVAL : LLN_OK);
    snprintf(message, sizeof message, "kernel '%s': %s", shapes[_i].kernel,
             shapes[_i].message);
    if (shapes[_i].message)
        ck_assert_str_eq(lln_error_message(), message);
}
END_TEST

/* Projections must be finite; a threshold may be -inf. */
START_TEST(numbers_checked)
{
    static const char *const messages[2][2] = {
        {"array 'w': row 1, column 2: nan; expected finite numbers",
         "array 'w': row 1, column 2: -inf; expected finite numbers"},
        {"array 'theta': row 6, column 0: nan; expected a number", NULL}};
    double numbers[12 * 4] = {0};
    const lln_head head = {.q = {LLN_FLOAT64, 12, 4, NULL},
                           .k = {LLN_FLOAT64, 12, 4, NULL}};
    const lln_kernel_array arrays[] = {
        {"w", {LLN_FLOAT64, 12, 4, numbers}},
        {"theta", {LLN_FLOAT64, 12, 1, numbers}}};
    lln_kernel_choice choice;
    char message[256];
    int i = _i / 2, infinite = _i % 2;
    expect_ok(
        lln_kernel_parse(i == 0 ? "performer:features=12" : "topth", &choice));
    choice.arrays = &arrays[i];
    choice.array_count = 1;
    numbers[0] = 0.3;
    numbers[6] = infinite ? -INFINITY : NAN;
    const char *wanted = messages[i][infinite];
    expect_status(lln_kernel_check_arrays(&choice, &head),
                  wanted ? LLN_EINVAL : LLN_OK);
    snprintf(message, sizeof message, "kernel '%s': %s", choice.text, wanted);
    if (wanted)
        ck_assert_str_eq(lln_error_message(), message);
}
END_TEST

START_TEST(unknown_array)
{
    lln_kernel_choice choice;
    lln_matrix values;
    expect_ok(lln_kernel_parse("gla", &choice));
    expect_status(lln_kernel_array_values(&choice, "gates", &values),
                  LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "internal error: kernel 'gla' takes no array 'gates'");
    expect_ok(lln_kernel_array_values(&choice, "gate", &values));
    ck_assert_ptr_null(values.data);
}
END_TEST

int main(void)
{
    int kernels = 0;
    while (lln_kernels[kernels])
        kernels++;
    Suite *suite = suite_create("kernel_tables");
    TCase *names = tcase_create("names");
    tcase_add_loop_test(names, names_are_known, 0, kernels);
    tcase_add_loop_test(names, words_are_known, 0, kernels);
    tcase_add_loop_test(names, parameters_are_whole, 0, kernels);
    suite_add_tcase(suite, names);
    TCase *arrays = tcase_create("arrays");
    tcase_add_loop_test(arrays, arrays_are_whole, 0, kernels);
    tcase_add_test(arrays, shapes_as_text);
    tcase_add_loop_test(arrays, shapes_checked, 0, SHAPES);
    tcase_add_loop_test(arrays, numbers_checked, 0, 4);
    tcase_add_test(arrays, unknown_array);
    suite_add_tcase(suite, arrays);
    return run_suite(suite);
}
