/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Patterns, and names from real files: hooks of PyTorch, modules of Hugging
 * Face, Meta and JAX. */
#include "heads/naming.h"

#include "heads/candidates.h"

#include "named_file.h"

START_TEST(pattern_check_refused)
{
    const char *const good[] = {"q", "", "layers.{layer}.q{head}", "{head}"};
    const char *const bad[] = {
        "{",         "q}", "{layers}", "{layer}.{layer}", "a.{head}{head}",
        "{layer}{x}"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        expect_ok(lln_pattern_check(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_status(lln_pattern_check(bad[i]), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "'{layer}{x}': expected a key with at most one {layer} "
                     "and one {head}, and no other braces");
}
END_TEST

static const struct {
    const char *pattern, *key;
    bool matches;
    long layer, head;
} matches[] = {
    {"q", "q", true, -1, -1},
    {"q", "qk", false, 0, 0},
    {"qk", "q", false, 0, 0},
    {"layers.{layer}.q", "layers.17.q", true, 17, -1},
    {"layers.{layer}.q", "layers..q", false, 0, 0},
    {"layers.{layer}.q", "layers.x.q", false, 0, 0},
    {"layers.{layer}.q", "layers.-1.q", false, 0, 0},
    {"layers.{layer}.q", "layers.17.k", false, 0, 0},
    {"h{head}_l{layer}", "h03_l999999", true, 999999, 3},
    {"h{head}_l{layer}", "h3_l1000000", false, 0, 0},
    {"{layer}{head}", "12", false, 0, 0},
    {"", "", true, -1, -1},
};

START_TEST(pattern_match_numbers)
{
    long layer, head;
    bool found =
        lln_pattern_match(matches[_i].pattern, matches[_i].key, &layer, &head);
    ck_assert_int_eq(found, matches[_i].matches);
    if (found) {
        ck_assert_int_eq(layer, matches[_i].layer);
        ck_assert_int_eq(head, matches[_i].head);
    }
}
END_TEST

START_TEST(partner_words)
{
    const struct {
        const char *name, *key, *value, *result; /* NULL: none */
    } partners[] = {
        {"q", "k", "v", "o"},
        {"Q", "K", "V", "O"},
        {"layer_0/query", "layer_0/key", "layer_0/value", "layer_0/output"},
        {"model.layers.{layer}.self_attn.q_proj",
         "model.layers.{layer}.self_attn.k_proj",
         "model.layers.{layer}.self_attn.v_proj",
         "model.layers.{layer}.self_attn.o_proj"},
        {"encoder.layer.3.attention.self.query",
         "encoder.layer.3.attention.self.key",
         "encoder.layer.3.attention.self.value",
         "encoder.layer.3.attention.self.output"},
        {"query_states", "key_states", "value_states", "output_states"},
        {"layers.0.attention.wq", "layers.0.attention.wk",
         "layers.0.attention.wv", "layers.0.attention.wo"},
        {"q0", "k0", "v0", "o0"},
        {"queries", "keys", "values", "outputs"},
        {"q.to_q.q_norm", "q.to_q.k_norm", "q.to_q.v_norm", "q.to_q.o_norm"},
        {"qk", NULL, NULL, NULL},
        {"arr_0", NULL, NULL, NULL},
        {"sequence", NULL, NULL, NULL},
        {"", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof partners / sizeof *partners; i++) {
        char *key, *value, *result;
        expect_ok(lln_name_partner(partners[i].name, LLN_KEYS, &key));
        expect_ok(lln_name_partner(partners[i].name, LLN_VALUES, &value));
        expect_ok(lln_name_partner(partners[i].name, LLN_RESULTS, &result));
        ck_assert_pstr_eq(key, partners[i].key);
        ck_assert_pstr_eq(value, partners[i].value);
        ck_assert_pstr_eq(result, partners[i].result);
        free(key);
        free(value);
        free(result);
    }
}
END_TEST

/* A file x of arrays with these keys. */
static lln_container *with_keys(const char *const *keys, unsigned char **bytes)
{
    size_t size;
    lln_container *file = NULL;
    *bytes = make_named(keys, "[1]", 1, &size);
    expect_ok(lln_container_parse("x", *bytes, size, &file));
    return file;
}

enum { KEYS = 8 };

static const struct {
    const char *keys[KEYS];
    const char *pattern; /* NULL: refused */
    const char *message;
} choices[] = {
    {{"q", "k", "v"}, "q", NULL},
    {{"query", "key", "key_padding_mask"}, "query", NULL},
    {{"layers.0.k", "layers.0.q"}, "layers.{layer}.q", NULL},
    {{"layers.0.q", "layers.0.k", "layers.11.q", "layers.11.k"},
     "layers.{layer}.q",
     NULL},
    /* the number that differs is the layer */
    {{"l1_h0.q", "l1_h0.k", "l2_h0.q", "l2_h0.k"}, "l{layer}_h0.q", NULL},
    /* two numbers, one array: neither */
    {{"l1_h0.q", "l1_h0.k"}, "l1_h0.q", NULL},
    {{"q1", "k1", "q2", "k2", "q10", "k10"}, "q{layer}", NULL},
    /* no partner: not a name for queries */
    {{"q_norm", "q", "k", "query_tokens"}, "q", NULL},
    {{"layer_03_q", "layer_03_k", "layer_12_q", "layer_12_k"},
     "layer_{layer}_q",
     NULL},
    {{"a", "b", "q"},
     NULL,
     "x: cannot find queries and keys by their names among 'a', 'b', 'q'; use "
     "--key-q and --key-k"},
    {{"q", "k", "query", "key"},
     NULL,
     "x: queries may be any of 'q', 'query'; choose one with --key-q"},
    {{"enc.0.q", "enc.0.k", "enc.1.q", "enc.1.k", "dec.0.q", "dec.0.k"},
     NULL,
     "x: queries may be any of 'enc.{layer}.q', 'dec.{layer}.q'; choose one "
     "with --key-q"},
    {{"l0.h0.q", "l0.h0.k", "l0.h1.q", "l0.h1.k", "l1.h0.q", "l1.h0.k"},
     NULL,
     "x: array names such as 'l0.h0.q' differ in more than one number; mark "
     "the layer "
     "with {layer} and the head with {head} in --key-q"},
};

START_TEST(queries_by_name)
{
    unsigned char *bytes;
    char *pattern;
    lln_container *file = with_keys(choices[_i].keys, &bytes);
    lln_status status = lln_candidates_queries(file, file, &pattern);
    if (choices[_i].pattern) {
        expect_ok(status);
        ck_assert_str_eq(pattern, choices[_i].pattern);
    } else {
        bool none = strstr(choices[_i].message, "cannot find");
        expect_status(status, none ? LLN_EUNDEFINED : LLN_EFORMAT);
        ck_assert_str_eq(lln_error_message(), choices[_i].message);
        ck_assert_ptr_null(pattern);
    }
    free(pattern);
    lln_container_close(file);
    free(bytes);
}
END_TEST

START_TEST(queries_without_keys)
{
    const char *const keys[] = {"a", "blocks.7.q_proj", NULL};
    unsigned char *bytes;
    char *pattern;
    lln_container *file = with_keys(keys, &bytes);
    expect_ok(lln_candidates_queries(file, NULL, &pattern));
    ck_assert_str_eq(pattern, "blocks.{layer}.q_proj");
    free(pattern);
    lln_container_close(file);
    free(bytes);
}
END_TEST

START_TEST(pattern_find_sorted)
{
    const char *const keys[] = {"l10.q3", "l2.q0",  "l2.k0",
                                "l2.q1",  "l10.q0", NULL};
    const lln_named expected[] = {{2, 0, 1}, {2, 1, 3}, {10, 0, 4}, {10, 3, 0}};
    unsigned char *bytes;
    lln_named *found;
    size_t count;
    lln_container *file = with_keys(keys, &bytes);
    expect_ok(lln_pattern_find(file, "l{layer}.q{head}", &found, &count));
    ck_assert_uint_eq(count, 4);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(found[i].layer, expected[i].layer);
        ck_assert_int_eq(found[i].head, expected[i].head);
        ck_assert_uint_eq(found[i].index, expected[i].index);
    }
    free(found);
    expect_ok(lln_pattern_find(file, "l2.k0", &found, &count));
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(found->layer, -1);
    ck_assert_uint_eq(found->index, 2);
    free(found);
    lln_container_close(file);
    free(bytes);
}
END_TEST

START_TEST(pattern_find_refused)
{
    const char *const keys[] = {"l1.q", "l01.q", "k", NULL};
    unsigned char *bytes;
    lln_named *found;
    size_t count;
    lln_container *file = with_keys(keys, &bytes);
    expect_status(lln_pattern_find(file, "l{layer}.q", &found, &count),
                  LLN_EFORMAT);
    ck_assert_str_eq(
        lln_error_message(),
        "x: 'l1.q', 'l01.q' have the same numbers in 'l{layer}.q'");
    ck_assert_ptr_null(found);
    expect_status(lln_pattern_find(file, "q{layer}", &found, &count),
                  LLN_EFORMAT);
    ck_assert_str_eq(
        lln_error_message(),
        "x: no array name matches 'q{layer}'; found 'l1.q', 'l01.q', 'k'");
    expect_status(lln_pattern_find(file, "q", &found, &count), LLN_EFORMAT);
    lln_container_close(file);
    free(bytes);
}
END_TEST

#define COUNT(a) (int)(sizeof(a) / sizeof *(a))

int main(void)
{
    Suite *suite = suite_create("naming");
    TCase *pattern = tcase_create("lln_pattern");
    tcase_add_test(pattern, pattern_check_refused);
    tcase_add_loop_test(pattern, pattern_match_numbers, 0, COUNT(matches));
    tcase_add_test(pattern, pattern_find_sorted);
    tcase_add_test(pattern, pattern_find_refused);
    suite_add_tcase(suite, pattern);
    TCase *name = tcase_create("lln_name");
    tcase_add_test(name, partner_words);
    tcase_add_loop_test(name, queries_by_name, 0, COUNT(choices));
    tcase_add_test(name, queries_without_keys);
    suite_add_tcase(suite, name);
    return run_suite(suite);
}
