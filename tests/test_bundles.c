/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which arrays are used, and which belong together. */
#include "heads/bundles.h"

#include "named_file.h"

enum { KEYS = 12, BUNDLES = 8 };

/* A bundle as text: "3.1:q k v" with the keys of its arrays. */
static void describe(const lln_arrays *arrays, const lln_bundle *bundle,
                     size_t roles, char *text)
{
    sprintf(text, "%ld.%ld:", bundle->layer, bundle->head);
    for (size_t role = 0; role < roles; role++) {
        const char *name = lln_arrays_name(arrays, bundle->number[role]);
        const char *key = strstr(name, "key '");
        sprintf(text + strlen(text), " %s", key ? key + 5 : name);
        if (key) /* the quote after it */
            text[strlen(text) - 1] = '\0';
    }
}

static const struct {
    const char *keys[KEYS]; /* of x */
    lln_files files;
    const char *note; /* NULL: none */
    const char *bundles[BUNDLES];
} choices[] = {
    {{"q", "k"}, {.file = "x"}, "x: queries 'q', keys 'k'", {"-1.-1: q k"}},
    {{"q", "k"}, {.q = "x:k", .k = "x:q"}, NULL, {"-1.-1: k q"}},
    {{"v", "k", "q"},
     {.file = "x", .values = true},
     "x: queries 'q', keys 'k', values 'v'",
     {"-1.-1: q k v"}},
    {{"a", "b"},
     {.file = "x", .key_q = "b", .key_k = "a"},
     NULL,
     {"-1.-1: b a"}},
    /* keys that follow from the pattern of the queries */
    {{"e.0.q", "e.0.k", "d.0.q", "d.0.k", "d.1.q", "d.1.k"},
     {.file = "x", .key_q = "d.{layer}.q"},
     "x: queries 'd.{layer}.q', keys 'd.{layer}.k'",
     {"0.-1: d.0.q d.0.k", "1.-1: d.1.q d.1.k"}},
    {{"l10.q", "l10.k", "l9.q", "l9.k"},
     {.file = "x"},
     "x: queries 'l{layer}.q', keys 'l{layer}.k'",
     {"9.-1: l9.q l9.k", "10.-1: l10.q l10.k"}},
    /* heads in keys: neighbours share a key head, whatever their numbers */
    {{"q0", "q1", "q4", "q5", "k0", "k1"},
     {.q = "x:q{head}", .k = "x:k{head}"},
     NULL,
     {"-1.0: q0 k0", "-1.1: q1 k0", "-1.4: q4 k1", "-1.5: q5 k1"}},
    {{"l0.q0", "l0.q1", "l1.q0", "l1.q1", "l0.k", "l1.k"},
     {.file = "x", .key_q = "l{layer}.q{head}", .key_k = "l{layer}.k"},
     NULL,
     {"0.0: l0.q0 l0.k", "0.1: l0.q1 l0.k", "1.0: l1.q0 l1.k",
      "1.1: l1.q1 l1.k"}},
    /* a single array is used whatever its name; the keys by theirs */
    {{"q", "k"},
     {.file = "x", .values = true, .values_optional = true},
     "x: queries 'q', keys 'k'",
     {"-1.-1: q k"}},
    {{"q", "k", "v"},
     {.file = "x", .values = true, .values_optional = true},
     "x: queries 'q', keys 'k', values 'v'",
     {"-1.-1: q k v"}},
    {{"a", "b"},
     {.file = "x",
      .key_q = "a",
      .key_k = "b",
      .values = true,
      .values_optional = true},
     NULL,
     {"-1.-1: a b"}},
    {{"arr_0"}, {.q = "x", .k = "x"}, NULL, {"-1.-1: arr_0 arr_0"}},
    {{"query", "key", "k"},
     {.q = "q.npy", .k = "x:k"},
     NULL,
     {"-1.-1: q.npy k"}},
    {{"blocks.3.q_proj", "bias"},
     {.q = "x", .k = "q.npy"},
     "x: queries 'blocks.{layer}.q_proj'",
     {"3.-1: blocks.3.q_proj q.npy"}},
};

START_TEST(bundles_chosen)
{
    const double number[] = {2.385};
    lln_arrays *arrays = lln_arrays_alloc();
    lln_bundle *bundles;
    size_t count, roles, expected = 0;
    char *note, text[200];
    lln_fused fused;
    write_named("x", choices[_i].keys, "[1,1]", 1);
    write_doubles("q.npy", "(1, 1)", number, 1);
    lln_status status = lln_bundles_open(&choices[_i].files, arrays, &bundles,
                                         &count, &roles, &fused, &note);
    expect_ok(status);
    ck_assert_pstr_eq(note, choices[_i].note);
    for (; choices[_i].bundles[expected]; expected++) {
        ck_assert_uint_lt(expected, count);
        describe(arrays, &bundles[expected], roles, text);
        ck_assert_str_eq(text, choices[_i].bundles[expected]);
    }
    ck_assert_uint_eq(count, expected);
    free(bundles);
    free(note);
    lln_arrays_free(arrays);
}
END_TEST

static const struct {
    const char *keys[KEYS];
    lln_files files;
    lln_status status;
    const char *message;
} refusals[] = {
    {{"q"},
     {.file = "x"},
     LLN_EFORMAT,
     "x: only one array; name the arrays of queries and keys with --q and --k, "
     "or use --fused if it contains both"},
    {{"a", "b"},
     {.file = "x"},
     LLN_EFORMAT,
     "x: cannot find queries and keys by their names among 'a', 'b'; use "
     "--key-q and --key-k"},
    {{"a", "b"},
     {.file = "x", .key_q = "a"},
     LLN_EFORMAT,
     "x: cannot find the keys: 'a' contains no word such as q to replace; use "
     "--key-k"},
    {{"q", "k"},
     {.file = "x", .values = true},
     LLN_EFORMAT,
     "x: key 'v': no such array; the file contains q, k; name the values with "
     "--key-v "
     "or --v"},
    {{"a", "b"},
     {.file = "x", .key_q = "a", .key_k = "b", .values = true},
     LLN_EFORMAT,
     "x: cannot find the values: 'a' contains no word such as q to replace; "
     "use --key-v or --v"},
    {{"q", "k"},
     {.file = "x", .values = true, .values_optional = true, .key_v = "w"},
     LLN_EFORMAT,
     "x: key 'w': no such array; the file contains q, k"},
    {{"q", "k"},
     {.q = "x:z", .k = "x:k"},
     LLN_EFORMAT,
     "x: key 'z': no such array; the file contains q, k"},
    {{"q", "k"},
     {.q = "x:q", .k = "x:k", .key_q = "q"},
     LLN_EINVAL,
     "--key-q cannot be used with --q x:q, which names a key"},
    {{"q", "k"},
     {.file = "x", .key_k = "k{"},
     LLN_EINVAL,
     "--key-k: 'k{': expected a key with at most one {layer} and one {head}, "
     "and no other braces"},
    {{"q0", "k0", "q1", "q2", "k2"},
     {.file = "x"},
     LLN_EFORMAT,
     "x: no keys like 'k{layer}' for the queries 'q1'"},
    {{"q0", "k0", "q1", "k1", "k3"},
     {.file = "x"},
     LLN_EFORMAT,
     "x: no queries like 'q{layer}' for the keys 'k3'"},
    {{"q0", "q1", "q2", "k0", "k1"},
     {.q = "x:q{head}", .k = "x:k{head}"},
     LLN_EFORMAT,
     "x: 2 arrays of keys match 'k{head}'; expected a number that divides the "
     "3 arrays of queries"},
    {{"q", "k"},
     {.q = "y:q", .k = "x:k"},
     LLN_EIO,
     "y:q: No such file or directory"},
};

START_TEST(bundles_refused)
{
    lln_arrays *arrays = lln_arrays_alloc();
    lln_bundle *bundles;
    size_t count, roles;
    char *note;
    lln_fused fused;
    write_named("x", refusals[_i].keys, "[1,1]", 1);
    expect_status(lln_bundles_open(&refusals[_i].files, arrays, &bundles,
                                   &count, &roles, &fused, &note),
                  refusals[_i].status);
    ck_assert_str_eq(lln_error_message(), refusals[_i].message);
    ck_assert_ptr_null(bundles);
    free(note);
    lln_arrays_free(arrays);
}
END_TEST

/* Integers are refused when they are chosen, not earlier. */
START_TEST(bundles_unreadable)
{
    static const char header[] =
        "{\"ids\":{\"dtype\":\"I32\",\"shape\":[1,1],\"data_offsets\":[0,4]},"
        "\"k\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[4,8]},"
        "\"q\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[8,12]}}";
    const float numbers[3] = {0, 1, 2};
    lln_files files = {.file = "x"};
    lln_bundle *bundles;
    size_t size, count, roles;
    char *note;
    lln_fused fused;
    unsigned char *bytes =
        make_safetensors(header, numbers, sizeof numbers, &size);
    write_bytes("x", bytes, size);
    free(bytes);
    lln_arrays *arrays = lln_arrays_alloc();
    expect_ok(lln_bundles_open(&files, arrays, &bundles, &count, &roles, &fused,
                               &note));
    free(bundles);
    free(note);
    files.key_q = "ids";
    files.key_k = "k";
    expect_status(lln_bundles_open(&files, arrays, &bundles, &count, &roles,
                                   &fused, &note),
                  LLN_EFORMAT);
    ck_assert_msg(strncmp(lln_error_message(), "x: key 'ids': dtype", 19) == 0,
                  "%s", lln_error_message());
    lln_arrays_free(arrays);
}
END_TEST

START_TEST(split_file_and_key)
{
    static const struct {
        const char *text, *path, *key;
    } splits[] = {
        {"x", "x", NULL},     {"x:q", "x", "q"},          {"x:a:b", "x", "a:b"},
        {"a:b", "a:b", NULL}, {"a:b:c", "a:b", "c"},      {"-:q", "-", "q"},
        {"-", "-", NULL},     {"none:q", "none:q", NULL}, {"x:", "x", ""},
    };
    write_bytes("x", "", 0);
    write_bytes("a:b", "", 0);
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        char *path, *key;
        expect_ok(lln_files_split(splits[i].text, &path, &key));
        ck_assert_str_eq(path, splits[i].path);
        ck_assert_pstr_eq(key, splits[i].key);
        free(path);
        free(key);
    }
}
END_TEST

#define COUNT(a) (int)(sizeof(a) / sizeof *(a))

int main(void)
{
    Suite *suite = suite_create("bundles");
    TCase *bundles = tcase_create("lln_bundles_open");
    tcase_add_checked_fixture(bundles, enter_folder, remove_folder);
    tcase_add_loop_test(bundles, bundles_chosen, 0, COUNT(choices));
    tcase_add_loop_test(bundles, bundles_refused, 0, COUNT(refusals));
    tcase_add_test(bundles, bundles_unreadable);
    tcase_add_test(bundles, split_file_and_key);
    suite_add_tcase(suite, bundles);
    return run_suite(suite);
}
