/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads from files of many arrays: layers and heads by name, values, lengths,
 * and loading by several threads. */
#include "heads/files.h"

#include <sys/resource.h>
#include <unistd.h>

#include "named_file.h"

enum { TOKENS = 3, FEATURES = 2, HEADS = 4, LAYERS = 3 };

static lln_heads open_heads(lln_files files, size_t count)
{
    lln_heads heads = {0};
    files.rule.scale = NAN;
    expect_ok(lln_files_open(&files, &heads));
    ck_assert_uint_eq(heads.count, count);
    return heads;
}

static void expect_failure(lln_files files, const char *message)
{
    lln_heads heads = {0};
    files.rule.scale = NAN;
    expect_status(lln_files_open(&files, &heads), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), message);
}

static lln_head load(const lln_heads *heads, size_t index)
{
    lln_head head = {0};
    expect_ok(heads->load(heads, index, NAN, LLN_FLOAT64, &head));
    return head;
}

/* Queries, keys and values of layers 2, 5 and 11 as arrays [heads x 3 x 2];
 * values as in make_named. */
static void write_layers(void)
{
    static const char *const keys[] = {"l11.q", "l11.k", "l11.v", "l2.q",
                                       "l2.k",  "l2.v",  "l5.q",  "l5.k",
                                       "l5.v",  NULL};
    write_named("x", keys, "[4,3,2]", HEADS * TOKENS * FEATURES);
}

START_TEST(files_layers_by_name)
{
    /* the place of the layer's queries in the file */
    static const size_t array[] = {3, 6, 0};
    static const long layer[] = {2, 5, 11};
    write_layers();
    lln_files files = {.file = "x", .layout = "hnd"};
    lln_heads heads = open_heads(files, LAYERS * HEADS);
    ck_assert_str_eq(heads.note, "x: queries 'l{layer}.q', keys 'l{layer}.k'");
    for (size_t i = LAYERS * HEADS; i-- > 0;) { /* in any order */
        lln_head head = load(&heads, i);
        size_t l = i / HEADS, h = i % HEADS;
        double first = (double)(100 * array[l] + h * TOKENS * FEATURES) + 0.25;
        ck_assert_str_eq(head.source, "x");
        ck_assert_int_eq(head.layer, layer[l]);
        ck_assert_int_eq(head.head, (long)h);
        ck_assert(lln_matrix_get(head.q, 2, 1) == first + 5);
        ck_assert(lln_matrix_get(head.k, 1, 0) == first + 100 + 2);
        ck_assert_ptr_null(head.v.data);
        lln_head_free(&head);
    }
    lln_heads_close(&heads);
}
END_TEST

START_TEST(files_layers_selected)
{
    write_layers();
    lln_files files = {
        .file = "x", .layout = "hnd", .layers = "11,2", .heads = "3"};
    lln_heads heads = open_heads(files, 2);
    lln_head head = load(&heads, 1);
    ck_assert_int_eq(head.layer, 11);
    ck_assert_int_eq(head.head, 3);
    lln_head_free(&head);
    lln_heads_close(&heads);
    files.layers = "3";
    expect_failure(files, "--layers 3: x has layers 2, 5, 11");
}
END_TEST

START_TEST(files_values)
{
    write_layers();
    lln_files files = {.file = "x", .values = true, .layout = "hnd"};
    lln_heads heads = open_heads(files, LAYERS * HEADS);
    lln_head head = load(&heads, 5); /* layer 5, head 1 */
    ck_assert_uint_eq(head.v.rows, TOKENS);
    ck_assert_uint_eq(head.v.columns, FEATURES);
    ck_assert(lln_matrix_get(head.v, 2, 1) == 800 + 6 + 5.25);
    ck_assert_uint_eq((size_t)head.v.data % 64, 0);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

/* Values have their own width; otherwise they have the shape of the keys. */
START_TEST(files_values_shapes)
{
    const double data[24] = {2.385};
    lln_files files = {
        .q = "q.npy", .k = "k.npy", .v = "v.npy", .layout = "hnd"};
    write_doubles("q.npy", "(4,3,2)", data, 24);
    write_doubles("k.npy", "(2,4,2)", data, 16);
    write_doubles("v.npy", "(2,4,3)", data, 24);
    lln_heads heads = open_heads(files, 4);
    lln_head head = load(&heads, 3);
    ck_assert_uint_eq(head.v.rows, 4);
    ck_assert_uint_eq(head.v.columns, 3);
    lln_head_free(&head);
    lln_heads_close(&heads);
    write_doubles("v.npy", "(2,3,4)", data, 24);
    expect_failure(files, "v.npy: 3 tokens; expected 4 as in k.npy");
    write_doubles("v.npy", "(4,4,1)", data, 16);
    expect_failure(files, "v.npy: 4 heads; expected 2 as in k.npy");
}
END_TEST

/* Three layers, each with four query heads and two key heads in arrays of their
 * own. */
START_TEST(files_heads_by_name)
{
    char text[LAYERS * 6][16];
    const char *keys[LAYERS * 6 + 1] = {NULL};
    for (size_t i = 0; i < LAYERS * 6; i++) {
        size_t l = i / 6, h = i % 6;
        if (h < 4)
            sprintf(text[i], "l%zu.h%zu.q", l, h);
        else
            sprintf(text[i], "l%zu.h%zu.k", l, h - 4);
        keys[i] = text[i];
    }
    write_named("x", keys, "[3,2]", TOKENS * FEATURES);
    lln_files files = {.file = "x", .key_q = "l{layer}.h{head}.q"};
    lln_heads heads = open_heads(files, LAYERS * 4);
    for (size_t i = 0; i < heads.count; i++) {
        lln_head head = load(&heads, i);
        size_t l = i / 4, h = i % 4;
        ck_assert_int_eq(head.layer, (long)l);
        ck_assert_int_eq(head.head, (long)h);
        ck_assert(lln_matrix_get(head.q, 0, 0) ==
                  100 * (double)(6 * l + h) + 0.25);
        ck_assert(lln_matrix_get(head.k, 0, 0) ==
                  100 * (double)(6 * l + 4 + h / 2) + 0.25);
        lln_head_free(&head);
    }
    lln_heads_close(&heads);
    files.layout = "hnd";
    expect_failure(files, "x: key 'l0.h0.q': shape (3, 2) does not have layout "
                          "'hnd'; expected nd");
}
END_TEST

START_TEST(files_numbered_twice)
{
    static const char *const keys[] = {"q0", "q1", "k0", "k1", NULL};
    write_named("x", keys, "[2,3,2]", 12);
    lln_files files = {.file = "x", .layout = "lnd"};
    expect_failure(files, "x: key 'q0': the key gives the layer; expected a "
                          "layout without l, found 'lnd'");
    files.key_q = "q{head}";
    files.key_k = "k{head}";
    files.layout = "hnd";
    expect_failure(files, "x: key 'q0': the key gives the head; expected a "
                          "layout without h, found 'hnd'");
    files.layout = "lnd";
    lln_heads heads = open_heads(files, 4);
    lln_head head = load(&heads, 1); /* layer 0, head 1 */
    ck_assert_int_eq(head.layer, 0);
    ck_assert_int_eq(head.head, 1);
    ck_assert(lln_matrix_get(head.q, 0, 0) == 100.25);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

START_TEST(files_suggest_layouts)
{
    const double data[48] = {2.385};
    lln_files files = {.q = "q.npy", .k = "k.npy"};
    write_doubles("q.npy", "(8, 3, 2)", data, 48);
    write_doubles("k.npy", "(4, 3, 2)", data, 24);
    files.layout = "nhd";
    files.rule.mask.causal = true;
    expect_failure(files, "k.npy: 4 keys; a causal mask needs at least 8, one "
                          "for each query of q.npy; layout hnd would fit");
    write_doubles("q.npy", "(2, 4, 3, 2)", data, 48);
    write_doubles("k.npy", "(2, 2, 3, 2)", data, 24);
    files.layout = "bnhd";
    expect_failure(files, "k.npy: 2 keys; a causal mask needs at least 4, one "
                          "for each query of q.npy; layout lhnd or bhnd would "
                          "fit");
}
END_TEST

/* Replaces the lengths by those in a file with that text. */
static void read_lengths(const char *text, lln_lengths *lengths)
{
    lln_lengths_free(lengths);
    write_bytes("lengths", text, strlen(text));
    expect_ok(lln_lengths_read("lengths", lengths));
}

/* A batch of two, padded with NaN. The second entry has two queries and one key
 * of the three for which there is room. */
START_TEST(files_lengths)
{
    double q[2 * 3 * 2], k[2 * 4 * 2];
    lln_files files = {.q = "q.npy",
                       .k = "k.npy",
                       .layout = "bnd",
                       .rule.mask = {.causal = true}};
    for (size_t i = 0; i < 12; i++)
        q[i] = (double)i + (i >= 10 ? NAN : 0.25);
    for (size_t i = 0; i < 16; i++)
        k[i] = (double)i + (i >= 14 ? NAN : 0.5);
    write_doubles("q.npy", "(2,3,2)", q, 12);
    write_doubles("k.npy", "(2,4,2)", k, 16);
    lln_lengths lengths = {0};
    files.lengths = &lengths;
    read_lengths("3 4\n2 3\n", &lengths);
    lln_heads heads = open_heads(files, 2);
    lln_head first = load(&heads, 0), second = load(&heads, 1);
    ck_assert_uint_eq(first.q.rows, 3);
    ck_assert_uint_eq(first.k.rows, 4);
    ck_assert_uint_eq(second.q.rows, 2);
    ck_assert_uint_eq(second.k.rows, 3);
    ck_assert_str_eq(second.source, "q.npy[1]");
    ck_assert(lln_matrix_get(second.q, 1, 1) == 9.25);
    ck_assert(lln_matrix_get(second.k, 2, 1) == 13.5);
    lln_head_free(&first);
    lln_head_free(&second);
    lln_heads_close(&heads);
    read_lengths("3 4\n3 3\n", &lengths);
    expect_failure(files, "q.npy: batch 1, row 2, column 0: nan; expected "
                          "finite numbers");
    read_lengths("3\n3 2\n", &lengths);
    expect_failure(files, "k.npy: 2 keys; a causal mask needs at least 3, one "
                          "for each query of q.npy");
    read_lengths("3\n", &lengths);
    expect_failure(files, "q.npy: batch 1, row 2, column 0: nan; expected "
                          "finite numbers");
    read_lengths("4\n", &lengths);
    files.rule.scale = NAN;
    expect_status(lln_files_open(&files, &heads), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "lengths: line 1: 4 queries and 4 keys; expected at most "
                     "3 and 4, as in q.npy");
    lln_lengths_free(&lengths);
}
END_TEST

/* 256 MB of zeros that take no space on disk. Measured heads are given back, so
 * that only a layer of 32 MB and one head are in memory. */
START_TEST(files_memory)
{
    enum { MANY = 8 };
    const size_t bytes = (size_t)16 << 20;
    char header[4000] = "{";
    struct rusage usage;
    size_t size;
    for (size_t a = 0; a < 2 * MANY; a++)
        sprintf(header + strlen(header),
                "%s\"l%zu.%c\":{\"dtype\":\"F32\",\"shape\":[8,4096,128],"
                "\"data_offsets\":[%zu,%zu]}",
                a ? "," : "", a / 2, "qk"[a % 2], a * bytes, (a + 1) * bytes);
    strcat(header, "}");
    unsigned char *file = make_safetensors(header, NULL, 0, &size);
    write_bytes("x", file, size);
    free(file);
    ck_assert_int_eq(truncate("x", (off_t)(size + 2 * MANY * bytes)), 0);
    lln_files files = {.file = "x", .layout = "hnd"};
    lln_heads heads = open_heads(files, MANY * 8);
    for (size_t i = 0; i < heads.count; i++) {
        lln_head head = {0};
        expect_ok(heads.load(&heads, i, NAN, LLN_FLOAT32, &head));
        lln_head_free(&head);
    }
    lln_heads_close(&heads);
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
#ifndef __SANITIZE_ADDRESS__ /* which does not free memory at once */
    ck_assert_int_lt(usage.ru_maxrss, 100 * 1024);
#endif
}
END_TEST

START_TEST(files_load_in_threads)
{
    write_layers();
    lln_files files = {.file = "x", .layout = "hnd"};
    lln_heads heads = open_heads(files, LAYERS * HEADS);
    double expected[LAYERS * HEADS];
    int wrong = 0;
    for (size_t i = 0; i < heads.count; i++) {
        lln_head head = load(&heads, i);
        expected[i] = lln_matrix_get(head.k, 1, 1);
        lln_head_free(&head);
    }
#pragma omp parallel for num_threads(4) schedule(dynamic) reduction(+ : wrong)
    for (size_t i = 0; i < 3000; i++) {
        lln_head head = {0};
        size_t index = i * 5 % heads.count;
        wrong += heads.load(&heads, index, i % 2 ? 0.5 : NAN, LLN_FLOAT32,
                            &head) != LLN_OK;
        wrong += i % 2 == 0 && lln_matrix_get(head.k, 1, 1) != expected[index];
        lln_head_free(&head);
    }
    ck_assert_int_eq(wrong, 0);
    lln_heads_close(&heads);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("files_named");
    TCase *named = tcase_create("lln_files_open");
    tcase_add_checked_fixture(named, enter_folder, remove_folder);
    tcase_add_test(named, files_layers_by_name);
    tcase_add_test(named, files_layers_selected);
    tcase_add_test(named, files_values);
    tcase_add_test(named, files_values_shapes);
    tcase_add_test(named, files_heads_by_name);
    tcase_add_test(named, files_numbered_twice);
    tcase_add_test(named, files_suggest_layouts);
    tcase_add_test(named, files_lengths);
    tcase_add_test(named, files_memory);
    tcase_add_test(named, files_load_in_threads);
    suite_add_tcase(suite, named);
    return run_suite(suite);
}
