/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads from files: layouts, selections, grouped queries, checks. */
#include "heads/files.h"

#include "described.h"
#include "heads/layout.h"
#include "heads/temperature.h"
#include "npy_file.h"

enum { B = 2, L = 3, H = 4, N = 5, D = 6 };

/* Writes an array with this layout whose entries encode their position: 10000 b
 * + 1000 l + 100 h + 10 n + d + 0.25. */
static void write_layout(const char *path, const char *letters, size_t heads,
                         size_t tokens)
{
    static const char order[] = "blhnd";
    const size_t all[] = {B, L, heads, tokens, D};
    const double weight[] = {10000, 1000, 100, 10, 1};
    size_t count = 1, axes = strlen(letters);
    char shape[100] = "(";
    for (size_t a = 0; a < axes; a++) {
        size_t size = all[strchr(order, letters[a]) - order];
        count *= size;
        sprintf(shape + strlen(shape), "%zu,", size);
    }
    strcat(shape, ")");
    double *data = malloc(count * sizeof *data);
    for (size_t i = 0; i < count; i++) {
        size_t rest = i;
        data[i] = 0.25;
        for (size_t a = axes; a-- > 0;) {
            size_t kind = (size_t)(strchr(order, letters[a]) - order);
            data[i] += weight[kind] * (double)(rest % all[kind]);
            rest /= all[kind];
        }
    }
    write_doubles(path, shape, data, count);
    free(data);
}

static const lln_files plain = {.q = "q.npy", .k = "k.npy", .rule.scale = NAN};

static void expect_refused(lln_files files, lln_status status,
                           const char *message)
{
    lln_heads heads = {0};
    expect_status(lln_files_open(&files, &heads), status);
    ck_assert_str_eq(lln_error_message(), message);
    ck_assert_ptr_null(heads.state);
}

/* Opens the files and expects that many heads. */
static lln_heads open_heads(lln_files files, size_t count)
{
    lln_heads heads = {0};
    expect_ok(lln_files_open(&files, &heads));
    ck_assert_uint_eq(heads.count, count);
    ck_assert(!heads.sampled);
    return heads;
}

static lln_head load(const lln_heads *heads, size_t index, double tau)
{
    lln_head head = {0};
    expect_ok(heads->load(heads, index, tau, LLN_FLOAT64, &head));
    expect_described(heads, index, &head);
    return head;
}

static const struct {
    const char *letters;
    size_t heads;       /* in the set */
    size_t index;       /* of the head that is compared */
    const char *source; /* and its expected description */
    long layer, head;
    double value; /* of its query 4, feature 3 */
} layouts[] = {
    {"nd", 1, 0, "q.npy", -1, -1, 43.25},
    {"dn", 1, 0, "q.npy", -1, -1, 43.25},
    {"hnd", H, 2, "q.npy", -1, 2, 243.25},
    {"nhd", H, 2, "q.npy", -1, 2, 243.25},
    {"lhnd", L *H, 7, "q.npy", 1, 3, 1343.25},
    {"bhnd", B *H, 6, "q.npy[1]", -1, 2, 10243.25},
    {"bnhd", B *H, 6, "q.npy[1]", -1, 2, 10243.25},
    {"lbhnd", B *L *H, 23, "q.npy[1]", 2, 3, 12343.25},
};

START_TEST(files_open_layouts)
{
    lln_files files = plain;
    files.layout = layouts[_i].letters;
    if (strlen(files.layout) == 2 && files.layout[0] == 'n')
        files.layout = NULL; /* the default layout is nd */
    write_layout("q.npy", layouts[_i].letters, H, N);
    write_layout("k.npy", layouts[_i].letters, H, N);
    lln_heads heads = open_heads(files, layouts[_i].heads);
    lln_head head = load(&heads, layouts[_i].index, NAN);
    ck_assert_uint_eq(heads.rows, N);
    ck_assert_str_eq(head.source, layouts[_i].source);
    ck_assert_int_eq(head.layer, layouts[_i].layer);
    ck_assert_int_eq(head.head, layouts[_i].head);
    ck_assert_uint_eq(head.q.rows, N);
    ck_assert_uint_eq(head.q.columns, D);
    ck_assert(lln_matrix_get(head.q, 4, 3) == layouts[_i].value);
    ck_assert(lln_matrix_get(head.k, 2, 5) == layouts[_i].value - 18);
    ck_assert(!head.rule.mask.causal);
    expect_relative(head.rule.scale, 1 / sqrt(D), 1e-15);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

/* The largest head, not the first one, without its padding. */
START_TEST(files_open_largest)
{
    lln_files files = plain;
    files.layout = "bnd";
    lln_lengths lengths;
    write_layout("q.npy", "bnd", H, N);
    write_layout("k.npy", "bnd", H, N);
    write_bytes("lengths", "2\n4\n", 4);
    expect_ok(lln_lengths_read("lengths", &lengths));
    files.lengths = &lengths;
    lln_heads heads = open_heads(files, B);
    lln_lengths_free(&lengths);
    ck_assert_uint_eq(heads.rows, 4);
    lln_heads_close(&heads);
}
END_TEST

/* Float64 queries and keys stay so. */
START_TEST(files_load_float32)
{
    write_layout("q.npy", "hnd", H, N);
    write_layout("k.npy", "hnd", H, N + 2);
    lln_files files = plain;
    files.layout = "hnd";
    files.rule.mask.causal = true;
    files.rule.scale = 0.37;
    lln_heads heads = open_heads(files, H);
    lln_head head = {0};
    expect_ok(heads.load(&heads, 1, NAN, LLN_FLOAT32, &head));
    ck_assert_int_eq(head.q.precision, LLN_FLOAT64);
    ck_assert_int_eq(head.k.precision, LLN_FLOAT64);
    ck_assert(lln_matrix_get(head.q, 4, 3) == 143.25);
    ck_assert(lln_matrix_get(head.k, 6, 5) == 165.25);
    ck_assert(head.rule.mask.causal);
    ck_assert_uint_eq((size_t)head.k.data % 64, 0);
    expect_relative(head.rule.scale, 0.37, 0);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

/* Query heads 0, 1 use key head 0; 2, 3 use key head 1. */
START_TEST(files_load_grouped)
{
    write_layout("q.npy", "lhnd", 4, N);
    write_layout("k.npy", "lhnd", 2, N);
    lln_files files = plain;
    files.layout = "lhnd";
    lln_heads heads = open_heads(files, L * 4);
    for (size_t h = 0; h < 4; h++) {
        lln_head head = load(&heads, 4 + h, NAN);
        ck_assert_int_eq(head.head, (long)h);
        ck_assert(lln_matrix_get(head.q, 0, 0) == 1000.25 + 100 * (double)h);
        ck_assert(lln_matrix_get(head.k, 0, 0) == 1000.25 + (h < 2 ? 0 : 100));
        lln_head_free(&head);
    }
    lln_heads_close(&heads);
}
END_TEST

START_TEST(files_open_selections)
{
    const struct {
        const char *layers, *heads;
        size_t count;
        long layer, head; /* of the last */
    } selections[] = {
        {"1", NULL, H, 1, 3},
        {NULL, "0-2", L * 3, 2, 2},
        {"0-0", "2,0", 2, 0, 2},
        {"2,0-1", "1-2,2,1", L * 2, 2, 2},
    };
    write_layout("q.npy", "lhnd", H, N);
    write_layout("k.npy", "lhnd", H, N);
    lln_files files = plain;
    files.layout = "lhnd";
    files.layers = selections[_i].layers;
    files.heads = selections[_i].heads;
    lln_heads heads = open_heads(files, selections[_i].count);
    lln_head head = load(&heads, heads.count - 1, NAN);
    ck_assert_int_eq(head.layer, selections[_i].layer);
    ck_assert_int_eq(head.head, selections[_i].head);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

START_TEST(files_open_selection_refused)
{
    write_layout("q.npy", "lhnd", H, N);
    write_layout("k.npy", "lhnd", H, N);
    lln_files files = plain;
    files.layout = "lhnd";
    files.layers = "9";
    expect_refused(files, LLN_EFORMAT, "--layers 9: q.npy has layers 0-2");
    files.layers = NULL;
    files.heads = "2-4";
    expect_refused(files, LLN_EFORMAT, "--heads 2-4: q.npy has heads 0-3");
}
END_TEST

START_TEST(files_open_selection_without_axis)
{
    write_layout("q.npy", "hnd", H, N);
    write_layout("k.npy", "hnd", H, N);
    lln_files files = plain;
    files.layout = "hnd";
    files.layers = "0";
    expect_refused(files, LLN_EFORMAT,
                   "--layers 0: the layout of q.npy has no layers");
}
END_TEST

START_TEST(files_open_layout_refused)
{
    write_layout("q.npy", "hnd", H, N);
    write_layout("k.npy", "nd", H, N);
    expect_refused(plain, LLN_EFORMAT,
                   "q.npy: shape (4, 5, 6) needs a layout; expected hnd or "
                   "nhd, or bnD with --split-heads");
    lln_files files = plain;
    files.layout = "hnd";
    expect_refused(files, LLN_EFORMAT,
                   "k.npy: shape (5, 6) does not have layout 'hnd'; expected "
                   "nd");
}
END_TEST

static const struct {
    const char *layout, *q, *k, *message;
    bool causal;
} mismatches[] = {
    {NULL, "(6, 4)", "(4, 6)", "k.npy: 6 features; expected 4 as in q.npy",
     false},
    {"lhnd", "(2,1,3,4)", "(1,2,3,4)",
     "k.npy: 1 layers; expected 2 as in q.npy", false},
    {"bhnd", "(2,1,3,4)", "(1,2,3,4)",
     "k.npy: 1 batch entries; expected 2 as in q.npy", false},
    {"hnd", "(4,3,2)", "(3,4,2)",
     "k.npy: 3 heads; expected a divisor of the 4 heads of q.npy", false},
    {"hnd", "(2,6,2)", "(4,3,2)",
     "k.npy: 4 heads; expected a divisor of the 2 heads of q.npy; layout nhd "
     "would fit",
     false},
    {"hnd", "(2,6,2)", "(1,12,2)", NULL, true},
    {"hnd", "(1,12,2)", "(1,12,2)", NULL, true},
    {"hnd", "(2,6,2)", "(2,6,2)", NULL, true},
    {"hnd", "(1,24,1)", "(1,24,1)", NULL, true},
};

START_TEST(files_open_mismatch)
{
    const double data[24] = {2.385};
    lln_files files = plain;
    files.layout = mismatches[_i].layout;
    files.rule.mask.causal = mismatches[_i].causal;
    write_doubles("q.npy", mismatches[_i].q, data, 24);
    write_doubles("k.npy", mismatches[_i].k, data, 24);
    if (mismatches[_i].message) {
        expect_refused(files, LLN_EFORMAT, mismatches[_i].message);
    } else {
        lln_heads heads = {0};
        expect_ok(lln_files_open(&files, &heads));
        lln_heads_close(&heads);
    }
}
END_TEST

START_TEST(files_open_causal_needs_keys)
{
    const double data[24] = {2.385};
    lln_files files = plain;
    write_doubles("q.npy", "(12, 2)", data, 24);
    write_doubles("k.npy", "(11, 2)", data, 22);
    lln_heads heads = open_heads(files, 1);
    lln_heads_close(&heads);
    files.rule.mask.causal = true;
    expect_refused(files, LLN_EFORMAT,
                   "k.npy: 11 keys; a causal mask needs at least 12, one for "
                   "each query of q.npy");
}
END_TEST

/* Rewrites q.npy and k.npy, [2, 3, 4, 2] as lhnd, with one value changed. */
static void spoil(const char *path, size_t at, double value)
{
    double data[48];
    for (int i = 0; i < 48; i++)
        data[i] = i + 0.25;
    write_doubles("q.npy", "(2, 3, 4, 2)", data, 48);
    write_doubles("k.npy", "(2, 3, 4, 2)", data, 48);
    data[at] = value;
    write_doubles(path, "(2, 3, 4, 2)", data, 48);
}

START_TEST(files_open_not_finite)
{
    lln_files files = plain;
    files.layout = "lhnd";
    spoil("q.npy", 24 + 16 + 4 + 1, -NAN); /* layer 1, head 2, row 2, 1 */
    expect_refused(files, LLN_EFORMAT,
                   "q.npy: layer 1, head 2, row 2, column 1: nan; expected "
                   "finite numbers");
    files.heads = "0-1"; /* values that are not selected are not checked */
    lln_heads heads = open_heads(files, 4);
    lln_heads_close(&heads);
    files.heads = NULL;
    spoil("k.npy", 6, -INFINITY);
    expect_refused(files, LLN_EFORMAT,
                   "k.npy: layer 0, head 0, row 3, column 0: -inf; expected "
                   "finite numbers");
    files.layout = "bnhd";
    expect_refused(files, LLN_EFORMAT,
                   "k.npy: batch 0, head 3, row 0, column 0: -inf; expected "
                   "finite numbers");
}
END_TEST

START_TEST(files_open_not_finite_grouped)
{
    double data[8] = {1, 2, 3, 4, 5, INFINITY, 7, 8};
    lln_files files = plain;
    files.layout = "hnd";
    files.heads = "2-3";
    write_doubles("k.npy", "(2, 2, 2)", data, 8);
    data[5] = 6;
    write_doubles("q.npy", "(4, 1, 2)", data, 8);
    expect_refused(files, LLN_EFORMAT,
                   "k.npy: head 1, row 0, column 1: inf; expected finite "
                   "numbers");
    files.heads = "0-1";
    lln_heads heads = open_heads(files, 2);
    lln_heads_close(&heads);
}
END_TEST

START_TEST(files_load_beyond_float32)
{
    lln_files files = plain;
    files.layout = "lhnd";
    spoil("k.npy", 9, 1e300);
    lln_heads heads = open_heads(files, 6);
    lln_head head = {0};
    expect_ok(heads.load(&heads, 1, NAN, LLN_FLOAT32, &head));
    ck_assert(lln_matrix_get(head.k, 0, 1) == 1e300);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

/* After loading with tau the measured variance of the logits is tau^-2. */
START_TEST(files_load_tau)
{
    lln_files files = plain;
    files.layout = "hnd";
    files.rule.mask.causal = _i;
    write_layout("q.npy", "hnd", H, N);
    write_layout("k.npy", "hnd", H, N);
    lln_heads heads = open_heads(files, H);
    lln_head before = load(&heads, 1, NAN), after = load(&heads, 1, 0.7);
    double variance;
    expect_ok(lln_temperature_variance(&after, &variance));
    expect_relative(variance, 1 / (0.7 * 0.7), 1e-12);
    double factor =
        lln_matrix_get(after.q, 0, 0) / lln_matrix_get(before.q, 0, 0);
    for (size_t i = 0; i < N; i++) {
        expect_relative(lln_matrix_get(after.q, i, 2),
                        factor * lln_matrix_get(before.q, i, 2), 1e-14);
        expect_relative(lln_matrix_get(after.k, i, 2),
                        factor * lln_matrix_get(before.k, i, 2), 1e-14);
    }
    lln_head_free(&before);
    lln_head_free(&after);
    lln_heads_close(&heads);
}
END_TEST

START_TEST(files_load_tau_undefined)
{
    const double data[] = {2.385, -0.07, 2.385, -0.07};
    lln_head head = {0};
    write_doubles("q.npy", "(2, 2)", data, 4);
    write_doubles("k.npy", "(2, 2)", data, 4);
    lln_heads heads = open_heads(plain, 1);
    expect_status(heads.load(&heads, 0, 0.7, LLN_FLOAT64, &head),
                  LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(),
                     "logits with a within-row variance of 0 cannot be given "
                     "temperature 0.7");
    expect_ok(heads.load(&heads, 0, NAN, LLN_FLOAT64, &head));
    lln_head_free(&head);
    lln_heads_close(&heads);
    write_doubles("k.npy", "(1, 2)", data, 2);
    heads = open_heads(plain, 1);
    expect_status(heads.load(&heads, 0, 0.7, LLN_FLOAT64, &head),
                  LLN_EUNDEFINED);
    ck_assert_str_eq(
        lln_error_message(),
        "the temperature is undefined: no query has two allowed keys");
    lln_heads_close(&heads);
}
END_TEST

START_TEST(files_open_paths)
{
    const double data[] = {2.385, -0.07};
    lln_files files = plain;
    write_doubles("k.npy", "(1, 2)", data, 2);
    expect_refused(files, LLN_EIO, "q.npy: No such file or directory");
    files.q = "q.npz:layer0";
    expect_refused(files, LLN_EIO, "q.npz:layer0: No such file or directory");
    files.q = "k.npy:layer0";
    expect_refused(files, LLN_EFORMAT,
                   "k.npy: key 'layer0': a .npy file contains one array "
                   "without a name");
    files.q = "table.csv";
    write_bytes("table.csv", "q,k\n1,2\n", 8);
    expect_refused(files, LLN_EFORMAT,
                   "table.csv: not a .npy, .npz or .safetensors "
                   "file");
    files.q = "table.csv:q";
    expect_refused(files, LLN_EFORMAT,
                   "table.csv: not a .npy, .npz or .safetensors "
                   "file");
    files.q = "a:b.npy"; /* a colon in the name of a file that exists */
    write_doubles("a:b.npy", "(1, 2)", data, 2);
    lln_heads heads = open_heads(files, 1);
    lln_head head = load(&heads, 0, NAN);
    ck_assert_str_eq(head.source, "a:b.npy");
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

#define COUNT(a) (int)(sizeof(a) / sizeof *(a))

int main(void)
{
    Suite *suite = suite_create("files");
    TCase *open = tcase_create("lln_files_open");
    tcase_add_checked_fixture(open, enter_folder, remove_folder);
    tcase_add_loop_test(open, files_open_layouts, 0, COUNT(layouts));
    tcase_add_test(open, files_open_largest);
    tcase_add_loop_test(open, files_open_selections, 0, 4);
    tcase_add_test(open, files_open_selection_refused);
    tcase_add_test(open, files_open_selection_without_axis);
    tcase_add_test(open, files_open_layout_refused);
    tcase_add_loop_test(open, files_open_mismatch, 0, COUNT(mismatches));
    tcase_add_test(open, files_open_causal_needs_keys);
    tcase_add_test(open, files_open_not_finite);
    tcase_add_test(open, files_open_not_finite_grouped);
    tcase_add_test(open, files_open_paths);
    suite_add_tcase(suite, open);
    TCase *loading = tcase_create("load");
    tcase_add_checked_fixture(loading, enter_folder, remove_folder);
    tcase_add_test(loading, files_load_float32);
    tcase_add_test(loading, files_load_grouped);
    tcase_add_test(loading, files_load_beyond_float32);
    tcase_add_loop_test(loading, files_load_tau, 0, 2);
    tcase_add_test(loading, files_load_tau_undefined);
    suite_add_tcase(suite, loading);
    return run_suite(suite);
}
