/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What words in names of arrays mean. The names are those of PyTorch, JAX and
 * TransformerLens models. */
#include "heads/words.h"

#include <string.h>

#include "expect.h"

START_TEST(weights)
{
    static const char *const are[] = {"model.layers.0.self_attn.q_proj.weight",
                                      "query.bias",
                                      "a/q/kernel",
                                      "blocks.0.attn.W_Q",
                                      "b_K",
                                      "to_q.lora_A.weight",
                                      "to_q.lora_B.default",
                                      "in_proj_weight",
                                      "q_proj.qweight",
                                      "q_proj.weight.absmax"};
    static const char *const are_not[] = {"q",
                                          "q_proj",
                                          "attn_weights_q",
                                          "weighted.q",
                                          "layers.0.attention.wq",
                                          "biased",
                                          "kernels.q",
                                          "",
                                          "hook_q"};
    /* Two kinds of arrays have these names: a parameter, and the result of a
     * linear layer. */
    ck_assert(lln_words_weight("layers.0.w_q", false));
    ck_assert(!lln_words_weight("layers.0.w_q", true));
    ck_assert(lln_words_weight("blocks.0.attn.W_Q", true));
    for (size_t i = 0; i < sizeof are / sizeof *are; i++)
        ck_assert_msg(lln_words_weight(are[i], false), "%s", are[i]);
    for (size_t i = 0; i < sizeof are_not / sizeof *are_not; i++)
        ck_assert_msg(!lln_words_weight(are_not[i], false), "%s", are_not[i]);
}
END_TEST

START_TEST(attention)
{
    static const char *const are[] = {
        "attentions.3",       "cross_attentions.11",
        "layers.3.attn",      "attn_weights_2",
        "h.0.attn.probs",     "blocks.0.attn.hook_pattern",
        "layers.0.self_attn", "A",
        "layers.2.P"};
    static const char *const are_not[] = {
        "arr_0", "attn.q", "attn_output", "attention_mask", "attn_scores", "a",
        "3",     "",       "APP"};
    for (size_t i = 0; i < sizeof are / sizeof *are; i++)
        ck_assert_msg(lln_words_attention(are[i]), "%s", are[i]);
    for (size_t i = 0; i < sizeof are_not / sizeof *are_not; i++)
        ck_assert_msg(!lln_words_attention(are_not[i]), "%s", are_not[i]);
}
END_TEST

START_TEST(fused)
{
    static const struct {
        const char *name, *word; /* NULL: none */
        lln_fused order;
    } names[] = {
        {"h.0.attn.c_attn", "c_attn", LLN_FUSED_QKV},
        {"blocks.0.attn.qkv", "qkv", LLN_FUSED_QKV},
        {"qkv_proj", "qkv", LLN_FUSED_QKV},
        {"in_proj_qkv", "qkv", LLN_FUSED_QKV},
        {"qkv0", "qkv", LLN_FUSED_QKV},
        {"a.Wqkv", "Wqkv", LLN_FUSED_QKV},
        {"a.wqkv", "wqkv", LLN_FUSED_HEAD_QKV},
        {"a.linear_qkv", "linear_qkv", LLN_FUSED_HEAD_QKV},
        {"attention.query_key_value", "query_key_value", LLN_FUSED_HEAD_QKV},
        {"enc_attn", NULL, LLN_FUSED_NONE},
        {"qkvs", NULL, LLN_FUSED_NONE},
        {"qkv.q", NULL, LLN_FUSED_NONE},
        {"attn.qkv_proj.key", NULL, LLN_FUSED_NONE},
        {"query", NULL, LLN_FUSED_NONE},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = 0;
        lln_fused order = LLN_FUSED_NONE;
        const char *at = lln_words_fused(names[i].name, &length, &order);
        ck_assert_msg((at != NULL) == (names[i].word != NULL), "%s",
                      names[i].name);
        ck_assert_int_eq(order, names[i].order);
        if (at) {
            ck_assert_uint_eq(length, strlen(names[i].word));
            ck_assert_int_eq(strncmp(at, names[i].word, length), 0);
        }
    }
}
END_TEST

/* Whether digits may be layer numbers, and are if they are the only ones. */
START_TEST(numbers)
{
    static const struct {
        const char *name;
        bool number, layer;
    } names[] = {
        {"layer7.q", true, true},  {"block.12.q", true, true},
        {"q3", true, true},        {"h0.q", true, true},
        {"attn1.q", false, false}, {"CrossAttention2", false, false},
        {"mha10", false, false},   {"attn_1.q", true, true},
        {"gpt2.q", true, false},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *name = names[i].name, *at = strpbrk(name, "0123456789");
        ck_assert_msg(lln_words_numbers(name, at) == names[i].number, "%s",
                      name);
        if (names[i].number)
            ck_assert_msg(lln_words_layer(name, at) == names[i].layer, "%s",
                          name);
    }
    const char *kind = "attn12";
    ck_assert(!lln_words_numbers(kind, kind + 5));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words");
    TCase *words = tcase_create("lln_words");
    tcase_add_test(words, weights);
    tcase_add_test(words, attention);
    tcase_add_test(words, fused);
    tcase_add_test(words, numbers);
    suite_add_tcase(suite, words);
    return run_suite(suite);
}
