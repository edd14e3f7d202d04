/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The layers of a config.json as values of options. */
#include "heads/config_option.h"

#include <stdlib.h>
#include <string.h>

#include "expect.h"

static const char gemma[] =
    "{\"model_type\": \"gemma2\", \"hidden_size\": 64, \"num_attention_heads\":"
    " 4, \"num_hidden_layers\": 5, \"head_dim\": 16, \"sliding_window\": 7}";
static const char next[] =
    "{\"model_type\": \"qwen3_next\", \"hidden_size\": 64, "
    "\"num_attention_heads\": 4, \"num_hidden_layers\": 8}";

static const char turned[] =
    "{\"model_type\": \"qwen3\", \"hidden_size\": 64, \"num_attention_heads\":"
    " 4, \"num_hidden_layers\": 2, \"head_dim\": 16, \"rms_norm_eps\": 1e-3, "
    "\"rope_theta\": 5e5, \"partial_rotary_factor\": 0.5, \"rope_scaling\": "
    "{\"type\": \"linear\", \"factor\": 4}}";
static const char latent[] =
    "{\"model_type\": \"deepseek_v3\", \"num_attention_heads\": 4, "
    "\"num_hidden_layers\": 1, \"qk_nope_head_dim\": 12, "
    "\"qk_rope_head_dim\": 4, \"rope_scaling\": {\"type\": \"yarn\", "
    "\"factor\": 40, \"mscale\": 1, \"mscale_all_dim\": 1, "
    "\"original_max_position_embeddings\": 4096}}";
static const char sections[] =
    "{\"model_type\": \"qwen2_vl\", \"hidden_size\": 64, "
    "\"num_attention_heads\": 4, \"num_key_value_heads\": 2, "
    "\"num_hidden_layers\": 1, \"rope_scaling\": {\"type\": \"mrope\", "
    "\"mrope_section\": [2, 3, 3]}}";
static const char t5[] =
    "{\"model_type\": \"t5\", \"num_heads\": 4, \"num_layers\": 1, "
    "\"relative_attention_max_distance\": 20}";
static const char falcon[] =
    "{\"model_type\": \"falcon\", \"hidden_size\": 64, "
    "\"num_attention_heads\": 4, \"num_hidden_layers\": 1, \"alibi\": true}";

/* The value of an option with a given one; NULL: none. */
static const struct {
    const char *file;
    lln_config_field field;
    const char *given, *expected;
    size_t layer;     /* of which the rest is expected: */
    const char *text; /* of the field */
    lln_from from;
} merges[] = {
    {gemma, LLN_CONFIG_WINDOW, NULL, "0,2,4@7", 0, "7", LLN_FROM_FILE},
    {gemma, LLN_CONFIG_WINDOW, "1@3", "0,2,4@7\n1@3", 1, "3", LLN_FROM_OPTION},
    {gemma, LLN_CONFIG_WINDOW, "3", "3", 4, "3", LLN_FROM_OPTION},
    {gemma, LLN_CONFIG_WINDOW, "2-4@none", "0@7\n2-4@none", 2, "",
     LLN_FROM_OPTION},
    {gemma, LLN_CONFIG_SOFTCAP, NULL, "50", 3, "50", LLN_FROM_CLASS},
    {gemma, LLN_CONFIG_NORM, NULL, NULL, 0, "", LLN_FROM_CLASS},
    {gemma, LLN_CONFIG_ROPE, NULL, "half:theta=10000:dims=16", 0, "half",
     LLN_FROM_CLASS},
    {gemma, LLN_CONFIG_ROPE, "0@pairs:scaling=linear:theta=2e4:factor=8",
     "0@pairs:scaling=linear:theta=2e4:factor=8:dims=16\n"
     "1-4@half:theta=10000:dims=16",
     0, "pairs", LLN_FROM_OPTION},
    {gemma, LLN_CONFIG_ROPE, "none", "none", 0, "", LLN_FROM_OPTION},
    /* What an option leaves out stays that of the configuration. */
    {turned, LLN_CONFIG_ROPE, "pairs",
     "pairs:theta=500000:dims=8:scaling=linear:factor=4", 1, "pairs",
     LLN_FROM_OPTION},
    {turned, LLN_CONFIG_ROPE, "pairs:theta=3:scaling=default",
     "pairs:theta=3:scaling=default:dims=8", 1, "pairs", LLN_FROM_OPTION},
    {latent, LLN_CONFIG_ROPE, "half",
     "half:theta=10000:dims=4:at=last:scaling=yarn:factor=40:original=4096:"
     "beta-fast=32:beta-slow=1:mscale=1:mscale-all-dim=1",
     0, "half", LLN_FROM_OPTION},
    {latent, LLN_CONFIG_ROPE, "half:at=first:scaling=linear:factor=2",
     "half:at=first:scaling=linear:factor=2:theta=10000:dims=4", 0, "half",
     LLN_FROM_OPTION},
    {sections, LLN_CONFIG_ROPE, "pairs",
     "pairs:theta=1000000:dims=16:sections=2,3,3", 0, "pairs", LLN_FROM_OPTION},
    {turned, LLN_CONFIG_NORM, "rms", "rms:eps=0.001", 0, "rms:eps=0.001",
     LLN_FROM_OPTION},
    {turned, LLN_CONFIG_NORM, "rms:eps=0", "rms:eps=0", 0, "rms:eps=0",
     LLN_FROM_OPTION},
    {turned, LLN_CONFIG_NORM, "layer", "layer", 0, "layer", LLN_FROM_OPTION},
    {t5, LLN_CONFIG_BIAS, "t5:buckets=16", "t5:buckets=16:distance=20", 0,
     "t5:buckets=16:distance=20", LLN_FROM_OPTION},
    {falcon, LLN_CONFIG_BIAS, "alibi", "alibi:factor=0.25", 0,
     "alibi:factor=0.25", LLN_FROM_OPTION},
    /* Layers without softmax have no values, and do not differ. */
    {next, LLN_CONFIG_ROPE, NULL, "half:theta=10000:dims=64", 0, "",
     LLN_FROM_CLASS},
    /* 1/sqrt(256), the scale without the option, is left out. */
    {next, LLN_CONFIG_SCALE, NULL, NULL, 3, "0.0625", LLN_FROM_CLASS},
    {next, LLN_CONFIG_SCALE, "7@2", "7@2", 7, "2", LLN_FROM_OPTION},
};

START_TEST(merge_values)
{
    lln_config config;
    char *text;
    const lln_config_value *value;
    const char *expected = merges[_i].expected;
    expect_ok(
        lln_config_parse(merges[_i].file, strlen(merges[_i].file), &config));
    expect_ok(
        lln_config_merge(&config, merges[_i].field, merges[_i].given, &text));
    if (expected)
        ck_assert_str_eq(text, expected);
    else
        ck_assert_ptr_null(text);
    value = &config.layer[merges[_i].layer].value[merges[_i].field];
    ck_assert_str_eq(value->text, merges[_i].text);
    ck_assert_int_eq((int)value->from, (int)merges[_i].from);
    free(text);
    lln_config_free(&config);
}
END_TEST

START_TEST(merge_rope_fields)
{
    lln_config config;
    char *text;
    expect_ok(lln_config_parse(gemma, sizeof gemma - 1, &config));
    expect_ok(lln_config_merge(
        &config, LLN_CONFIG_ROPE,
        "1@half:scaling=linear:theta=2e4:factor=8\n2@half:scaling=default",
        &text));
    const lln_config_value *value = config.layer[1].value;
    ck_assert_str_eq(value[LLN_CONFIG_SCALING].text, "linear:factor=8");
    expect_relative(value[LLN_CONFIG_THETA].number, 2e4, 0);
    expect_relative(value[LLN_CONFIG_DIMS].number, 16, 0);
    ck_assert_str_eq(config.layer[2].value[LLN_CONFIG_SCALING].text, "");
    free(text);
    lln_config_free(&config);
}
END_TEST

/* A bare pairing leaves where the rest is from. */
START_TEST(merge_pairing_alone)
{
    lln_config config;
    char *text;
    expect_ok(lln_config_parse(turned, sizeof turned - 1, &config));
    expect_ok(lln_config_merge(&config, LLN_CONFIG_ROPE, "pairs", &text));
    const lln_config_value *value = config.layer[1].value;
    ck_assert_int_eq((int)value[LLN_CONFIG_ROPE].from, (int)LLN_FROM_OPTION);
    expect_relative(value[LLN_CONFIG_THETA].number, 5e5, 0);
    ck_assert_int_eq((int)value[LLN_CONFIG_THETA].from, (int)LLN_FROM_FILE);
    expect_relative(value[LLN_CONFIG_DIMS].number, 8, 0);
    ck_assert_int_eq((int)value[LLN_CONFIG_DIMS].from, (int)LLN_FROM_FILE);
    ck_assert_str_eq(value[LLN_CONFIG_SCALING].text, "linear:factor=4");
    ck_assert_int_eq((int)value[LLN_CONFIG_SCALING].from, (int)LLN_FROM_FILE);
    free(text);
    lln_config_free(&config);
}
END_TEST

START_TEST(merge_refused)
{
    lln_config config;
    char *text;
    expect_ok(lln_config_parse(gemma, sizeof gemma - 1, &config));
    ck_assert_int_eq(
        (int)lln_config_merge(&config, LLN_CONFIG_WINDOW, "3-5@4", &text),
        LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "layer 5; expected layers 0 to 4, which the "
                     "configuration has");
    ck_assert_int_eq(
        (int)lln_config_merge(&config, LLN_CONFIG_ROPE, "whole", &text),
        LLN_EINVAL);
    lln_config_free(&config);
}
END_TEST

START_TEST(runs_of_layers)
{
    lln_config config;
    expect_ok(lln_config_parse(next, sizeof next - 1, &config));
    char *text = lln_config_runs(&config, lln_config_is_linear);
    ck_assert_str_eq(text, "0-2,4-6");
    free(text);
    lln_config_free(&config);
    expect_ok(lln_config_parse(gemma, sizeof gemma - 1, &config));
    text = lln_config_runs(&config, lln_config_is_linear);
    ck_assert_str_eq(text, "");
    free(text);
    lln_config_free(&config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_option");
    TCase *all = tcase_create("lln_config_option");
    tcase_add_loop_test(all, merge_values, 0, sizeof merges / sizeof *merges);
    tcase_add_test(all, merge_rope_fields);
    tcase_add_test(all, merge_pairing_alone);
    tcase_add_test(all, merge_refused);
    tcase_add_test(all, runs_of_layers);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
