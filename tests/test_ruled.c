/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rules of logits by options: their texts, documents, slopes and buckets, and
 * the set of heads that has them. */
#include "heads/ruled.h"

#include "expect.h"
#include "heads/bias_numbers.h"
#include "heads/gaussian.h"

/* Slopes of the paper: 1/2, 1/4, ... for 8 heads. For 6, those of 4 and then
 * every second one of 8. */
START_TEST(alibi_slope)
{
    expect_relative(lln_alibi_slope(0, 8, 8), 0.5, 1e-15);
    expect_relative(lln_alibi_slope(7, 8, 8), 1.0 / 256, 1e-15);
    expect_relative(lln_alibi_slope(1, 6, 8), 1.0 / 16, 1e-15);
    expect_relative(lln_alibi_slope(4, 6, 8), 0.5, 1e-15);
    expect_relative(lln_alibi_slope(5, 6, 8), 0.125, 1e-15);
    expect_relative(lln_alibi_slope(2, 4, 16), 1.0 / 4096, 1e-15);
}
END_TEST

/* transformers.models.t5 T5Attention._relative_position_bucket(torch.tensor(x),
 * bidirectional, 32, 128) */
START_TEST(t5_bucket)
{
    const lln_bias_text both = {.buckets = 32, .distance = 128};
    const lln_bias_text decoder = {
        .buckets = 32, .distance = 128, .decoder = true};
    static const struct {
        long distance;
        size_t both, decoder;
    } cases[] = {{0, 0, 0},     {1, 17, 0},     {-1, 1, 1},   {-7, 7, 7},
                 {-8, 8, 8},    {-16, 10, 16},  {16, 26, 0},  {-32, 12, 21},
                 {-64, 14, 26}, {-127, 15, 31}, {300, 31, 0}, {-300, 15, 31}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_uint_eq(lln_t5_bucket(&both, cases[i].distance),
                          cases[i].both);
        ck_assert_uint_eq(lln_t5_bucket(&decoder, cases[i].distance),
                          cases[i].decoder);
    }
}
END_TEST

START_TEST(rule_values)
{
    lln_rule_values v = lln_rule_nothing;
    expect_ok(lln_rule_value_read(LLN_RULE_WINDOW, "128", &v));
    ck_assert_uint_eq(v.window, 128);
    ck_assert_uint_eq(v.right, 0);
    expect_ok(lln_rule_value_read(LLN_RULE_WINDOW, "3,2", &v));
    ck_assert_uint_eq(v.window, 4);
    ck_assert_uint_eq(v.right, 3);
    expect_ok(lln_rule_value_read(LLN_RULE_WINDOW, "0,-1", &v));
    ck_assert_uint_eq(v.window, 1);
    ck_assert_uint_eq(v.right, SIZE_MAX);
    expect_ok(lln_rule_value_read(LLN_RULE_WINDOW, "-1,0", &v));
    ck_assert_uint_eq(v.window, 0);
    ck_assert_uint_eq(v.right, 1);
    expect_ok(lln_rule_value_read(LLN_RULE_SINK, "-0.5", &v));
    ck_assert(v.has_sink);
    expect_relative(v.sink, -0.5, 0);
    expect_ok(lln_rule_value_read(LLN_RULE_BIAS, "alibi:factor=0.25", &v));
    ck_assert_int_eq(v.bias.kind, LLN_BIAS_ALIBI);
    expect_relative(v.bias.max, 8, 0);
    expect_relative(v.bias.factor, 0.25, 0);
    expect_ok(lln_rule_value_read(LLN_RULE_SOFTCAP, "none", &v));
    expect_relative(v.softcap, 0, 0);
}
END_TEST

START_TEST(rule_values_refused)
{
    static const struct {
        lln_rule_option option;
        const char *text;
    } cases[] = {
        {LLN_RULE_WINDOW, "0"},
        {LLN_RULE_WINDOW, "-1,-1"},
        {LLN_RULE_WINDOW, "1,2,3"},
        {LLN_RULE_WINDOW, "-2,1"},
        {LLN_RULE_CHUNK, "1.5"},
        {LLN_RULE_PREFIX, ""},
        {LLN_RULE_SOFTCAP, "0"},
        {LLN_RULE_SCALE, "inf"},
        {LLN_RULE_SINK, "nan"},
        {LLN_RULE_BIAS, "rope"},
        {LLN_RULE_BIAS, "t5"},
        {LLN_RULE_BIAS, "alibi:buckets=4"},
        {LLN_RULE_BIAS, "none:max"},
        {LLN_RULE_BIAS, "t5:buckets=32:distance=8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lln_rule_values v = lln_rule_nothing;
        ck_assert_int_eq(
            lln_rule_value_read(cases[i].option, cases[i].text, &v),
            LLN_EINVAL);
    }
}
END_TEST

/* Opens 3 sampled heads of 6 tokens under rules. */
static lln_status open_heads(lln_rule_options options, lln_heads *heads)
{
    const lln_gaussian model = {.n = 6,
                                .d = 4,
                                .sigma_q = 1,
                                .sigma_k = 1,
                                .seed = 3,
                                .trials = 3,
                                .rule.scale = NAN};
    lln_heads inner;
    options.sampled = true;
    expect_ok(lln_gaussian_open(&model, &inner));
    return lln_ruled_open(&options, &inner, heads);
}

START_TEST(ruled_heads)
{
    const lln_rule_options options = {
        .value = {[LLN_RULE_SOFTCAP] = "2",
                  [LLN_RULE_WINDOW] = "1,-1",
                  [LLN_RULE_BIAS] = "alibi"},
        .causal = true,
        .positions = "+7",
    };
    lln_heads heads;
    lln_head head, loaded;
    expect_ok(open_heads(options, &heads));
    heads.describe(&heads, 1, &head);
    expect_ok(heads.load(&heads, 1, 0.5, LLN_FLOAT64, &loaded));
    for (int i = 0; i < 2; i++) {
        const lln_logit_rule *rule = i ? &loaded.rule : &head.rule;
        expect_relative(rule->scale, 0.5, 0);
        expect_relative(rule->softcap, 2, 0);
        ck_assert(rule->mask.causal);
        ck_assert_uint_eq(rule->mask.window, 2);
        ck_assert_uint_eq(rule->mask.right, 0); /* causal is enough */
        /* Of 3 heads: 2^-4, 2^-8, 2^-2. */
        expect_relative(rule->bias->slope, 1.0 / 256, 1e-15);
        expect_relative(rule->bias->position[2], 9, 0);
        ck_assert(!rule->bias->hides);
    }
    expect_relative(loaded.sigma_q, 1 / sqrt(0.5), 1e-15);
    lln_head_free(&loaded);
    lln_heads_close(&heads);
}
END_TEST

START_TEST(ruled_refused)
{
    lln_heads heads = {.count = 0};
    const lln_rule_options prefix = {.value[LLN_RULE_PREFIX] = "3"};
    const lln_rule_options layers = {.value[LLN_RULE_WINDOW] = "1@3"};
    const lln_rule_options array = {.arrays = "slopes=none.npy"};
    const lln_rule_options bias = {.value[LLN_RULE_BIAS] = "full"};
    ck_assert_int_eq(open_heads(prefix, &heads), LLN_EINVAL);
    ck_assert_int_eq(open_heads(layers, &heads), LLN_EINVAL);
    ck_assert_int_eq(open_heads(array, &heads), LLN_EINVAL);
    ck_assert_int_eq(open_heads(bias, &heads), LLN_EINVAL);
}
END_TEST

/* Keys 2 ... 4 of documents of 3 and 3 keys. */
START_TEST(documents)
{
    size_t id[] = {0, 0, 0, 1, 1, 1}, first[3], end[3];
    const lln_document_list list = {.id = id, .entries = 1, .tokens = 6};
    lln_positions positions;
    lln_documents_fill(&list, 0, 2, 3, first, end);
    for (size_t j = 0; j < 3; j++) {
        ck_assert_uint_eq(first[j], j > 0);
        ck_assert_uint_eq(end[j], j == 0 ? 1 : 3);
    }
    expect_ok(lln_documents_restart(&list, &positions));
    for (size_t j = 0; j < 6; j++)
        expect_relative(lln_position_at(&positions, 0, 0, j, 0),
                        (double)(j % 3), 0);
    lln_positions_free(&positions);
}
END_TEST

/* Documents without keys do not run into those of the next entry. */
START_TEST(empty_documents)
{
    static const char text[] = "0 0 0 2 2 3\n0 1 1 1 3 3\n";
    lln_document_list list;
    lln_positions positions;
    expect_ok(lln_documents_parse("x", (const unsigned char *)text,
                                  sizeof text - 1, 3, &list));
    expect_ok(lln_documents_restart(&list, &positions));
    static const double expected[] = {0, 1, 0, 0, 0, 1};
    for (size_t i = 0; i < 6; i++)
        expect_relative(lln_position_at(&positions, i / 3, 0, i % 3, 0),
                        expected[i], 0);
    lln_positions_free(&positions);
    lln_documents_free(&list);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ruled");
    TCase *all = tcase_create("lln_ruled");
    tcase_add_test(all, alibi_slope);
    tcase_add_test(all, t5_bucket);
    tcase_add_test(all, rule_values);
    tcase_add_test(all, rule_values_refused);
    tcase_add_test(all, ruled_heads);
    tcase_add_test(all, ruled_refused);
    tcase_add_test(all, documents);
    tcase_add_test(all, empty_documents);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
