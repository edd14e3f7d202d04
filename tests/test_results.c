/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arrays of results: names, shapes, and the place of each head. */
#include "heads/results.h"

#include "heads/gaussian.h"
#include "named_file.h"

enum { TOKENS = 3, FEATURES = 2 };

static lln_result *list(lln_heads *heads, lln_files files, size_t count)
{
    lln_result *results;
    size_t found;
    files.rule.scale = NAN;
    expect_ok(lln_files_open(&files, heads));
    expect_ok(heads->results(heads, &results, &found));
    ck_assert_uint_eq(found, count);
    return results;
}

/* The sizes of the axes of an array, in the order of the file. */
static void expect_shape(const lln_result *result, const char *key,
                         const char *shape)
{
    char text[LLN_TENSOR_SHAPE_TEXT];
    lln_tensor_shape_text(&result->tensor, text, sizeof text);
    ck_assert_str_eq(result->key, key);
    ck_assert_str_eq(text, shape);
}

/* Queries [batch 2, tokens 3, heads 4, features 2], values of 5 features. */
START_TEST(one_array)
{
    const double data[120] = {2.385};
    lln_files files = {.q = "q.npy",
                       .k = "k.npy",
                       .v = "v.npy",
                       .layout = "bnhd",
                       .heads = "1,3"};
    lln_heads heads;
    write_doubles("q.npy", "(2,3,4,2)", data, 48);
    write_doubles("k.npy", "(2,6,2,2)", data, 48);
    write_doubles("v.npy", "(2,6,2,5)", data, 120);
    lln_result *result = list(&heads, files, 1);
    expect_shape(result, "o", "(2, 3, 2, 5)");
    ck_assert(result->layout.present[LLN_AXIS_BATCH]);
    ck_assert(!result->layout.present[LLN_AXIS_LAYER]);
    ck_assert_uint_eq(result->layout.size[LLN_AXIS_HEAD], 2);
    ck_assert_uint_eq(result->layout.stride[LLN_AXIS_HEAD], 5);
    ck_assert_uint_eq(result->layout.stride[LLN_AXIS_TOKEN], 10);
    for (size_t i = 0; i < 4; i++) {
        lln_head head;
        expect_ok(
            heads.load(&heads, result->heads[i], NAN, LLN_FLOAT64, &head));
        ck_assert_int_eq(head.head, i % 2 == 0 ? 1 : 3);
        ck_assert_str_eq(head.source, i < 2 ? "q.npy[0]" : "q.npy[1]");
        lln_head_free(&head);
    }
    lln_results_free(result, 1);
    lln_heads_close(&heads);
}
END_TEST

/* Layers in arrays of their own, one of which is not selected. The heads of a
 * batch entry come before those of the next one, in all layers. */
START_TEST(arrays_of_layers)
{
    static const char *const keys[] = {"l2.q", "l2.k", "l2.v", "l5.q", "l5.k",
                                       "l5.v", "l9.q", "l9.k", "l9.v", NULL};
    write_named("x", keys, "[2,2,3,2]", 2 * 2 * TOKENS * FEATURES);
    lln_files files = {
        .file = "x", .values = true, .layout = "bhnd", .layers = "2,9"};
    lln_heads heads;
    lln_result *results = list(&heads, files, 2);
    expect_shape(&results[0], "l2.o", "(2, 2, 3, 2)");
    expect_shape(&results[1], "l9.o", "(2, 2, 3, 2)");
    static const size_t first[] = {0, 1, 4, 5}, second[] = {2, 3, 6, 7};
    ck_assert_mem_eq(results[0].heads, first, sizeof first);
    ck_assert_mem_eq(results[1].heads, second, sizeof second);
    lln_results_free(results, 2);
    lln_heads_close(&heads);
}
END_TEST

/* Heads in arrays of their own that share keys and values. */
START_TEST(arrays_of_heads)
{
    static const char *const keys[] = {"h0.query", "h1.query", "h0.key",
                                       "h0.value", NULL};
    write_named("x", keys, "[3,2]", TOKENS * FEATURES);
    lln_files files = {
        .file = "x", .values = true, .key_q = "h{head}.query", .heads = "1"};
    lln_heads heads;
    lln_result *result = list(&heads, files, 1);
    expect_shape(result, "h1.output", "(3, 2)");
    ck_assert_uint_eq(result->heads[0], 0);
    lln_results_free(result, 1);
    lln_heads_close(&heads);
}
END_TEST

START_TEST(sampled)
{
    lln_gaussian model = {.n = 7,
                          .d = 2,
                          .sigma_q = 1,
                          .sigma_k = 1,
                          .trials = 3,
                          .rule.scale = NAN,
                          .values = true};
    lln_heads heads;
    lln_result *result;
    size_t count;
    expect_ok(lln_gaussian_open(&model, &heads));
    expect_ok(heads.results(&heads, &result, &count));
    ck_assert_uint_eq(count, 1);
    expect_shape(result, "o", "(3, 7, 2)");
    ck_assert_uint_eq(result->heads[2], 2);
    lln_results_free(result, count);
    lln_heads_close(&heads);
}
END_TEST

/* Maps of arrays with these layouts: queries of 2 batch entries, 3 tokens, 4
 * heads and 2 features. */
static const struct {
    const char *letters, *name, *key, *shape;
} maps[] = {
    {"bnhd", "l0.q", "l0.map", "(2, 4, 5, 7)"},
    {"dhnb", "l0.query", "l0.map", "(4, 2, 5, 7)"},
    {"nDb", "x.qkv", "x.map", "(4, 2, 5, 7)"},
    {"bn3hd", "x", "map", "(2, 4, 5, 7)"},
    {"hnd", "queries", "maps", "(4, 5, 7)"},
    {"dn", "q", "map", "(5, 7)"},
    {NULL, "q", "map", "(5, 7)"},
};

START_TEST(turn_to_maps)
{
    const size_t size[LLN_AXIS_KINDS] = {2, 1, 4, 3, 2};
    lln_result result;
    expect_ok(lln_result_open(maps[_i].letters, maps[_i].name, size, &result));
    expect_ok(lln_result_turn_to_maps(&result, 5, 7));
    expect_shape(&result, maps[_i].key, maps[_i].shape);
    ck_assert_uint_eq(result.layout.stride[LLN_AXIS_FEATURE], 1);
    ck_assert_uint_eq(result.layout.stride[LLN_AXIS_TOKEN], 7);
    if (result.layout.present[LLN_AXIS_HEAD])
        ck_assert_uint_eq(result.layout.stride[LLN_AXIS_HEAD] %
                              result.layout.size[LLN_AXIS_TOKEN],
                          0);
    free(result.key);
    free(result.heads);
}
END_TEST

/* Names without a word for queries are kept. */
START_TEST(maps_of_layers)
{
    static const char *const keys[] = {"a2", "k2", "a5", "k5", NULL};
    lln_files files = {.file = "x", .key_q = "a{layer}", .key_k = "k{layer}"};
    lln_heads heads;
    write_named("x", keys, "[3,2]", TOKENS * FEATURES);
    lln_result *results = list(&heads, files, 2);
    expect_shape(&results[1], "a5.o", "(3, 1)");
    expect_ok(lln_result_turn_to_maps(&results[1], 2, 3));
    expect_shape(&results[1], "a5.map", "(2, 3)");
    lln_results_free(results, 2);
    lln_heads_close(&heads);
}
END_TEST

START_TEST(no_values)
{
    static const char *const keys[] = {"q", "k", NULL};
    lln_files files = {.file = "x", .rule.scale = NAN};
    lln_heads heads;
    lln_result *result;
    size_t count;
    write_named("x", keys, "[3,2]", TOKENS * FEATURES);
    expect_ok(lln_files_open(&files, &heads));
    expect_ok(heads.results(&heads, &result, &count));
    expect_shape(result, "o", "(3, 1)");
    lln_results_free(result, count);
    lln_heads_close(&heads);
    lln_results_free(NULL, 0); /* legal */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results");
    TCase *results = tcase_create("results");
    tcase_add_checked_fixture(results, enter_folder, remove_folder);
    tcase_add_test(results, one_array);
    tcase_add_test(results, arrays_of_layers);
    tcase_add_test(results, arrays_of_heads);
    tcase_add_test(results, sampled);
    tcase_add_loop_test(results, turn_to_maps, 0,
                        (int)(sizeof maps / sizeof *maps));
    tcase_add_test(results, maps_of_layers);
    tcase_add_test(results, no_values);
    suite_add_tcase(suite, results);
    return run_suite(suite);
}
