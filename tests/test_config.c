/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * config.json: tests/data/configs has files of 24 models in old and new keys,
 * and expected.tsv what each of their layers does. That table was made by a
 * reader of such files in Python, and for most of these classes compared with
 * what their code in transformers 5 computes. */
#include "heads/config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "heads/config_keys.h"

enum { FIELDS = 16 };

/* Columns of expected.tsv from the 7th on. */
static const lln_config_field columns[] = {
    LLN_CONFIG_NORM,    LLN_CONFIG_QUERY_SCALE, LLN_CONFIG_SCALE,
    LLN_CONFIG_SOFTCAP, LLN_CONFIG_BIAS,        LLN_CONFIG_CAUSAL,
    LLN_CONFIG_WINDOW,  LLN_CONFIG_CHUNK,       LLN_CONFIG_SINK,
    LLN_CONFIG_CLIP};

static void check_line(char *line)
{
    char *field[FIELDS], *rest = line, path[128], rope[512];
    lln_config config;
    for (int i = 0; i < FIELDS; i++)
        ck_assert_ptr_nonnull(field[i] = strsep(&rest, "\t\n"));
    snprintf(path, sizeof path, "tests/data/configs/%s.json", field[0]);
    size_t l = (size_t)(field[1][0] - '0');
    expect_ok(lln_config_open(path, &config));
    ck_assert_uint_lt(l, config.layers);
    ck_assert_uint_eq(config.heads, (size_t)(field[2][0] - '0'));
    ck_assert_uint_eq(config.key_heads, (size_t)(field[3][0] - '0'));
    ck_assert_uint_eq(config.head_dim, strtoul(field[4], NULL, 10));
    lln_config_rope(&config, l, rope, sizeof rope);
    ck_assert_msg(strcmp(rope, field[5]) == 0, "%s %zu: rope %s, expected %s",
                  field[0], l, rope, field[5]);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        const char *text = config.layer[l].value[columns[i]].text;
        const char *expected = strcmp(field[6 + i], "-") ? field[6 + i] : "";
        ck_assert_msg(strcmp(text, expected) == 0, "%s %zu: %s %s, expected %s",
                      field[0], l, lln_config_names[columns[i]], text,
                      expected);
    }
    lln_config_free(&config);
}

START_TEST(open_configs)
{
    FILE *file = fopen("tests/data/configs/expected.tsv", "r");
    char line[1024];
    int lines = -1; /* the header */
    ck_assert_ptr_nonnull(file);
    for (; fgets(line, sizeof line, file); lines++)
        if (lines >= 0)
            check_line(line);
    fclose(file);
    ck_assert_int_eq(lines, 96);
}
END_TEST

static lln_status parse(const char *text, lln_config *config)
{
    return lln_config_parse(text, strlen(text), config);
}

#define SIZES                                                                  \
    "\"hidden_size\": 64, \"num_attention_heads\": 4, "                        \
    "\"num_hidden_layers\": 4"

#define GPT_OSS_ROPE                                                           \
    "half:theta=150000:dims=64:scaling=yarn:factor=32:original=4096:"          \
    "beta-fast=32:beta-slow=1:truncate=no"

/* What a text that is parsed says of one layer. */
typedef struct {
    const char *text;
    size_t layer;
    lln_config_field field;
    const char *expected; /* of the field */
    const char *rope;
    lln_from from; /* of the field */
} parsed;

static const parsed readings[] = {
    /* Sinks and the period of full layers are known from the class alone. */
    {"{\"model_type\": \"gpt_oss\", " SIZES "}", 0, LLN_CONFIG_WINDOW, "128",
     GPT_OSS_ROPE, LLN_FROM_CLASS},
    {"{\"model_type\": \"gpt_oss\", " SIZES "}", 1, LLN_CONFIG_WINDOW, "",
     GPT_OSS_ROPE, LLN_FROM_CLASS},
    /* null is not missing: no window, and head_dim from the hidden size. */
    {"{\"model_type\": \"mistral\", " SIZES ", \"sliding_window\": null}", 0,
     LLN_CONFIG_WINDOW, "", "half:theta=10000:dims=16", LLN_FROM_CLASS},
    {"{\"model_type\": \"mistral\", " SIZES "}", 0, LLN_CONFIG_WINDOW, "4096",
     "half:theta=10000:dims=16", LLN_FROM_CLASS},
    {"{\"model_type\": \"qwen3\", " SIZES ", \"head_dim\": null}", 0,
     LLN_CONFIG_SCALE, "0.25", "half:theta=10000:dims=16", LLN_FROM_CLASS},
    {"{\"model_type\": \"qwen3\", " SIZES "}", 0, LLN_CONFIG_NORM,
     "rms:eps=1e-06", "half:theta=10000:dims=128", LLN_FROM_CLASS},
    /* The window of Qwen needs use_sliding_window, then max_window_layers. */
    {"{\"model_type\": \"qwen2\", " SIZES ", \"use_sliding_window\": true, "
     "\"sliding_window\": 7, \"max_window_layers\": 2}",
     1, LLN_CONFIG_WINDOW, "", "half:theta=10000:dims=16", LLN_FROM_CLASS},
    {"{\"model_type\": \"qwen2\", " SIZES ", \"use_sliding_window\": true, "
     "\"sliding_window\": 7, \"max_window_layers\": 2}",
     2, LLN_CONFIG_WINDOW, "7", "half:theta=10000:dims=16", LLN_FROM_FILE},
    /* OLMo 3 scales in full layers alone, whatever the spelling. */
    {"{\"model_type\": \"olmo3\", " SIZES ", \"rope_scaling\": "
     "{\"type\": \"linear\", \"factor\": 8}}",
     0, LLN_CONFIG_SCALING, "", "half:theta=500000:dims=16", LLN_FROM_CLASS},
    {"{\"model_type\": \"olmo3\", " SIZES ", \"rope_parameters\": "
     "{\"rope_type\": \"linear\", \"rope_theta\": 7, \"factor\": 8}}",
     0, LLN_CONFIG_SCALING, "", "half:theta=7:dims=16", LLN_FROM_CLASS},
    {"{\"model_type\": \"olmo3\", " SIZES ", \"rope_parameters\": "
     "{\"rope_type\": \"linear\", \"rope_theta\": 7, \"factor\": 8}}",
     3, LLN_CONFIG_SCALING, "linear:factor=8",
     "half:theta=7:dims=16:scaling=linear:factor=8", LLN_FROM_FILE},
    /* In no_rope_layers 1 means that there is rotary embedding. */
    {"{\"model_type\": \"smollm3\", " SIZES ", \"no_rope_layers\": [0, 1, 1, "
     "1]}",
     0, LLN_CONFIG_SOFTCAP, "", "none", LLN_FROM_CLASS},
    {"{\"model_type\": \"smollm3\", " SIZES ", \"no_rope_layers\": [0, 1, 1, "
     "1]}",
     3, LLN_CONFIG_SOFTCAP, "", "half:theta=2000000:dims=16", LLN_FROM_CLASS},
    /* int(80 * 0.3) channels, and the cap of the vocabulary is ignored. */
    {"{\"model_type\": \"llama\", \"hidden_size\": 320, "
     "\"num_attention_heads\": 4, \"num_hidden_layers\": 1, "
     "\"partial_rotary_factor\": 0.3, \"final_logit_softcapping\": 30}",
     0, LLN_CONFIG_SOFTCAP, "", "half:theta=10000:dims=24", LLN_FROM_CLASS},
    /* Files of Gemma 3 of several kinds leave out what the class has; whole
     * numbers beyond 64 bits are read. */
    {"{\"model_type\": \"gemma3\", \"text_config\": {\"model_type\": "
     "\"gemma3_text\", \"num_hidden_layers\": 7, \"hidden_size\": 2560, "
     "\"max_length\": 1000000000000000019884624838656}}",
     5, LLN_CONFIG_NORM, "rms:eps=1e-06:plus-one",
     "half:theta=1000000:dims=256", LLN_FROM_CLASS},
    /* A decoder that is used as an encoder. */
    {"{\"model_type\": \"llama\", " SIZES ", \"is_causal\": false}", 0,
     LLN_CONFIG_CAUSAL, "0", "half:theta=10000:dims=16", LLN_FROM_FILE},
    /* Hybrids: every fourth layer has softmax, and 64 of 256 are turned. */
    {"{\"model_type\": \"qwen3_next\", " SIZES "}", 0, LLN_CONFIG_ATTENTION,
     "linear_attention", "none", LLN_FROM_CLASS},
    {"{\"model_type\": \"qwen3_next\", " SIZES "}", 3, LLN_CONFIG_NORM,
     "rms:eps=1e-06:plus-one", "half:theta=10000:dims=64", LLN_FROM_CLASS},
    {"{\"model_type\": \"kimi_linear\", " SIZES ", \"qk_nope_head_dim\": 128, "
     "\"qk_rope_head_dim\": 64, \"linear_attn_config\": "
     "{\"full_attn_layers\": [2, 4], \"kda_layers\": [1, 3]}}",
     1, LLN_CONFIG_ATTENTION, "full_attention", "none", LLN_FROM_CLASS},
    /* Latent attention: 0.1 ln 40 + 1 = 1.3688879454113936, its square over
     * sqrt(192) is 0.13523377... (Python: (0.1*log(40)+1)**2 * 192**-0.5) */
    {"{\"model_type\": \"deepseek_v3\", " SIZES ", \"qk_nope_head_dim\": 128, "
     "\"qk_rope_head_dim\": 64, \"rope_scaling\": {\"type\": \"yarn\", "
     "\"factor\": 40, \"mscale\": 1.0, \"mscale_all_dim\": 1.0, "
     "\"beta_fast\": 32, \"beta_slow\": 1, "
     "\"original_max_position_embeddings\": 4096}}",
     0, LLN_CONFIG_SCALE, "0.1352337788608801",
     "pairs:theta=10000:dims=64:at=last:scaling=yarn:factor=40:original=4096:"
     "beta-fast=32:beta-slow=1:mscale=1:mscale-all-dim=1",
     LLN_FROM_FILE},
    /* dynamic takes max_position_embeddings for its length, yarn the key at
     * the top before that inside. */
    {"{\"model_type\": \"llama\", " SIZES ", \"max_position_embeddings\": "
     "4096, \"rope_parameters\": {\"rope_type\": \"dynamic\", \"factor\": 2, "
     "\"original_max_position_embeddings\": 99}}",
     0, LLN_CONFIG_BIAS, "",
     "half:theta=10000:dims=16:scaling=dynamic:factor=2:original=4096",
     LLN_FROM_CLASS},
    {"{\"model_type\": \"llama\", " SIZES ", \"max_position_embeddings\": 400, "
     "\"original_max_position_embeddings\": 100, \"rope_scaling\": "
     "{\"rope_type\": \"yarn\", \"original_max_position_embeddings\": 99}}",
     0, LLN_CONFIG_BIAS, "",
     "half:theta=10000:dims=16:scaling=yarn:factor=4:original=100:"
     "beta-fast=32:beta-slow=1",
     LLN_FROM_CLASS},
    /* Decoders of two kinds of model, and biases. */
    {"{\"model_type\": \"bert\", " SIZES ", \"is_decoder\": true}", 0,
     LLN_CONFIG_CAUSAL, "1", "none", LLN_FROM_FILE},
    {"{\"model_type\": \"t5\", " SIZES ", \"d_kv\": 8, \"is_decoder\": true}",
     0, LLN_CONFIG_BIAS, "t5:buckets=32:distance=128:decoder", "none",
     LLN_FROM_CLASS},
    {"{\"model_type\": \"falcon\", " SIZES ", \"alibi\": true}", 0,
     LLN_CONFIG_BIAS, "alibi:factor=0.25", "none", LLN_FROM_FILE},
    {"{\"model_type\": \"falcon\", " SIZES "}", 0, LLN_CONFIG_BIAS, "",
     "half:theta=10000:dims=16", LLN_FROM_FILE},
    {"{\"model_type\": \"gpt2\", " SIZES
     ", \"scale_attn_by_inverse_layer_idx\": true}",
     2, LLN_CONFIG_SCALE, "0.08333333333333333", "none", LLN_FROM_FILE},
    {"{\"model_type\": \"gemma3_text\", " SIZES ", \"head_dim\": 16, "
     "\"sliding_window\": 9, \"use_bidirectional_attention\": true}",
     0, LLN_CONFIG_WINDOW, "4,4", "half:theta=10000:dims=16", LLN_FROM_FILE},
    {"{\"model_type\": \"cohere2\", " SIZES "}", 3, LLN_CONFIG_WINDOW, "",
     "none", LLN_FROM_CLASS},
    {"{\"model_type\": \"ministral3\", " SIZES "}", 0, LLN_CONFIG_QUERY_SCALE,
     "ministral:scale=0.1:original=16384",
     "half:theta=1000000:dims=128:scaling=yarn:factor=16:original=16384:"
     "beta-fast=32:beta-slow=1:mscale=1:mscale-all-dim=1",
     LLN_FROM_CLASS},
    /* What a class has where the file says nothing, or null (the configuration
     * classes of transformers 5): key heads are in parse_key_heads. */
    {"{\"model_type\": \"phi3\", " SIZES ", \"max_position_embeddings\": "
     "131072, \"rope_scaling\": {\"type\": \"su\", \"short_factor\": [1, 1, 1, "
     "1, 1, 1, 1, 1], \"long_factor\": [2, 3, 4, 5, 6, 7, 8, 9]}}",
     0, LLN_CONFIG_SCALING, "longrope:original=4096:factor=32",
     "half:theta=10000:dims=16:scaling=longrope:original=4096:factor=32",
     LLN_FROM_FILE},
    {"{\"model_type\": \"mpt\", " SIZES
     ", \"attn_config\": {\"alibi_bias_max\": null, \"clip_qkv\": null}}",
     0, LLN_CONFIG_BIAS, "alibi", "none", LLN_FROM_CLASS},
    {"{\"model_type\": \"granite\", " SIZES ", \"rope_theta\": null}", 0,
     LLN_CONFIG_SCALE, "1", "half:theta=10000:dims=16", LLN_FROM_CLASS},
    {"{\"model_type\": \"stablelm\", " SIZES ", \"qk_layernorm\": true, "
     "\"layer_norm_eps\": 1e-5}",
     0, LLN_CONFIG_NORM, "layer:eps=1e-05", "half:theta=10000:dims=4",
     LLN_FROM_FILE},
    {"{\"model_type\": \"mt5\", " SIZES ", \"d_kv\": 8}", 0, LLN_CONFIG_BIAS,
     "t5:buckets=32:distance=128", "none", LLN_FROM_CLASS},
    /* The first files of Llama 4 have 4 for true. */
    {"{\"model_type\": \"llama4\", " SIZES
     ", \"head_dim\": 16, \"attn_temperature_tuning\": 4}",
     3, LLN_CONFIG_QUERY_SCALE, "llama4:scale=0.1:floor=8192", "none",
     LLN_FROM_FILE},
    /* Rotary embedding is in the layers that slide. */
    {"{\"model_type\": \"cohere2\", " SIZES
     ", \"sliding_window\": null, \"layer_types\": [\"sliding_attention\", "
     "\"full_attention\", \"full_attention\", \"full_attention\"]}",
     0, LLN_CONFIG_WINDOW, "", "none", LLN_FROM_FILE},
    /* A window that is not used is written as 0. Its layers are those below
     * max_window_layers in Qwen2-MoE, and all in Qwen3-MoE. */
    {"{\"model_type\": \"qwen2_moe\", " SIZES ", \"sliding_window\": 0}", 0,
     LLN_CONFIG_WINDOW, "", "half:theta=10000:dims=16", LLN_FROM_FILE},
    {"{\"model_type\": \"qwen2_moe\", " SIZES ", \"use_sliding_window\": "
     "true, \"max_window_layers\": 2, \"sliding_window\": 7}",
     0, LLN_CONFIG_WINDOW, "7", "half:theta=10000:dims=16", LLN_FROM_FILE},
    {"{\"model_type\": \"qwen2_moe\", " SIZES ", \"use_sliding_window\": "
     "true, \"max_window_layers\": 2, \"sliding_window\": 7}",
     2, LLN_CONFIG_WINDOW, "", "half:theta=10000:dims=16", LLN_FROM_FILE},
    {"{\"model_type\": \"qwen3_moe\", " SIZES ", \"use_sliding_window\": "
     "true, \"max_window_layers\": 2, \"sliding_window\": 7}",
     1, LLN_CONFIG_WINDOW, "7", "half:theta=10000:dims=16", LLN_FROM_FILE},
    /* Positions of images: sections one after another, or in turn. */
    {"{\"model_type\": \"qwen2_5_vl\", " SIZES ", \"rope_scaling\": "
     "{\"type\": \"mrope\", \"mrope_section\": [2, 3, 3]}}",
     0, LLN_CONFIG_SECTIONS, "2,3,3",
     "half:theta=1000000:dims=16:sections=2,3,3", LLN_FROM_FILE},
    {"{\"model_type\": \"qwen3_vl\", \"text_config\": {" SIZES "}}", 0,
     LLN_CONFIG_SECTIONS, "24,20,20:interleaved",
     "half:theta=500000:dims=128:sections=24,20,20:interleaved",
     LLN_FROM_CLASS},
    /* Pairs of latent attention; whole pairs of proportional scaling. */
    {"{\"model_type\": \"deepseek_v3\", " SIZES ", \"qk_nope_head_dim\": 8, "
     "\"qk_rope_head_dim\": 8, \"rope_interleave\": false}",
     0, LLN_CONFIG_ROPE, "half", "half:theta=10000:dims=8:at=last",
     LLN_FROM_FILE},
    {"{\"model_type\": \"llama\", " SIZES ", \"rope_parameters\": "
     "{\"rope_type\": \"proportional\", \"partial_rotary_factor\": 0.45}}",
     0, LLN_CONFIG_SCALING, "proportional",
     "half:theta=10000:dims=6:scaling=proportional", LLN_FROM_FILE},
};

START_TEST(parse_readings)
{
    const parsed *x = &readings[_i];
    lln_config config;
    char rope[512];
    expect_ok(parse(x->text, &config));
    lln_config_rope(&config, x->layer, rope, sizeof rope);
    ck_assert_str_eq(rope, x->rope);
    const lln_config_value *value = &config.layer[x->layer].value[x->field];
    ck_assert_str_eq(value->text, x->expected);
    if (*x->expected)
        ck_assert_int_eq(value->from, x->from);
    lln_config_free(&config);
}
END_TEST

/* The class has a number of key heads if the file has no key, but not if that
 * is null or does not divide the heads. */
static const struct {
    const char *text;
    size_t key_heads;
} key_heads[] = {
    {"{\"model_type\": \"mistral\", \"hidden_size\": 64, "
     "\"num_attention_heads\": 16, \"num_hidden_layers\": 1}",
     8},
    {"{\"model_type\": \"mistral\", \"hidden_size\": 64, "
     "\"num_attention_heads\": 16, \"num_hidden_layers\": 1, "
     "\"num_key_value_heads\": null}",
     16},
    {"{\"model_type\": \"mistral\", " SIZES "}", 4},
    {"{\"model_type\": \"llama\", " SIZES "}", 4},
};

START_TEST(parse_key_heads)
{
    lln_config config;
    expect_ok(parse(key_heads[_i].text, &config));
    ck_assert_uint_eq(config.key_heads, key_heads[_i].key_heads);
    lln_config_free(&config);
}
END_TEST

START_TEST(parse_longrope)
{
    lln_config config;
    expect_ok(
        lln_config_open("tests/data/configs/phi3_longrope.json", &config));
    ck_assert_uint_eq(config.factors, 8);
    ck_assert(config.short_factor[4] == 1.1 && config.long_factor[7] == 6);
    lln_config_free(&config);
}
END_TEST

static const struct {
    const char *text;
    lln_status status;
    const char *message;
} faults[] = {
    {"{\"model_type\": \"unheard_of\", " SIZES "}", LLN_EUNSUPPORTED,
     "model_type 'unheard_of' is unknown; pass what the model does by options "
     "(--rope, --qk-norm, --scale, --window, ...)"},
    {"{" SIZES "}", LLN_EFORMAT,
     "no key 'model_type'; expected a config.json of Hugging Face "
     "transformers"},
    {"[]", LLN_EFORMAT, "expected a dictionary of JSON"},
    {"{\"model_type\": \"llama\"}", LLN_EFORMAT,
     "key 'num_hidden_layers': expected a whole number from 1 to 10000"},
    {"{\"model_type\": \"llama\", \"num_hidden_layers\": 2}", LLN_EFORMAT,
     "no key 'num_attention_heads'"},
    {"{\"model_type\": \"llama\", \"num_hidden_layers\": 2, "
     "\"num_attention_heads\": \"8\"}",
     LLN_EFORMAT,
     "key 'num_attention_heads': expected a whole number from 1 to 2^31"},
    {"{\"model_type\": \"llama\", " SIZES
     ", \"rope_scaling\": {\"type\": \"spiral\"}}",
     LLN_EUNSUPPORTED,
     "rope_type 'spiral' is unknown; expected default, linear, dynamic, "
     "llama3, yarn, longrope or proportional"},
    {"{\"model_type\": \"llama\", " SIZES
     ", \"rope_scaling\": {\"type\": \"llama3\", \"factor\": 8}}",
     LLN_EFORMAT, "rope_type 'llama3': no number 'low_freq_factor'"},
    {"{\"model_type\": \"gemma2\", " SIZES
     ", \"layer_types\": [\"full_attention\", \"full_attention\", "
     "\"wide_attention\", \"full_attention\"]}",
     LLN_EUNSUPPORTED,
     "key 'layer_types': 'wide_attention' of layer 2 is unknown; expected "
     "full_attention, sliding_attention, chunked_attention or "
     "linear_attention"},
    {"{\"model_type\": \"gemma2\", " SIZES
     ", \"layer_types\": [\"full_attention\"]}",
     LLN_EFORMAT, "key 'layer_types': 1 layer, expected 4"},
    {"{\"model_type\": \"bert\", " SIZES
     ", \"position_embedding_type\": \"relative_key\"}",
     LLN_EUNSUPPORTED,
     "position_embedding_type 'relative_key': its bias depends on the queries, "
     "which is not known here"},
    {"{\"model_type\": \"kimi_linear\", " SIZES ", \"mla_use_nope\": false}",
     LLN_EUNSUPPORTED,
     "key 'mla_use_nope': false, so that there is rotary embedding whose "
     "pairing is not known here"},
    {"{\"model_type\": \"qwen2_vl\", " SIZES
     ", \"rope_scaling\": {\"mrope_section\": [8]}}",
     LLN_EFORMAT, "key 'mrope_section': expected two or three whole numbers"},
    {"{\"model_type\": \"llama\", " SIZES ", \"rope_theta\": \"1e4\"}",
     LLN_EFORMAT, "key 'rope_theta': expected a number or null"},
    /* Values that no head could be measured with. */
    {"{\"model_type\": \"llama\", " SIZES ", \"rope_theta\": 0.5}", LLN_EFORMAT,
     "key 'rope_theta': 0.5; expected a number above 1"},
    {"{\"model_type\": \"modernbert\", " SIZES ", \"global_rope_theta\": 1}",
     LLN_EFORMAT, "key 'global_rope_theta': 1; expected a number above 1"},
    {"{\"model_type\": \"llama\", " SIZES
     ", \"rope_scaling\": {\"type\": \"linear\", \"factor\": 0}}",
     LLN_EFORMAT, "key 'factor': 0; expected a number above 0"},
    {"{\"model_type\": \"llama\", " SIZES
     ", \"rope_scaling\": {\"factor\": 2}}",
     LLN_EFORMAT,
     "key 'rope_scaling': no 'rope_type'; expected it beside the factor of the "
     "scaling"},
    {"{\"model_type\": \"llama\", " SIZES
     ", \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8, "
     "\"low_freq_factor\": 4, \"high_freq_factor\": 1, "
     "\"original_max_position_embeddings\": 8192}}",
     LLN_EFORMAT,
     "key 'low_freq_factor': 4; expected at most 'high_freq_factor'"},
    {"{\"model_type\": \"phi3\", " SIZES
     ", \"rope_scaling\": {\"type\": \"longrope\", \"short_factor\": [1, 1], "
     "\"long_factor\": [1, 1]}}",
     LLN_EFORMAT,
     "key 'short_factor': 2 numbers; expected 8, half of the rotated features"},
    {"{\"model_type\": \"llama\", " SIZES ", \"head_dim\": 15}", LLN_EFORMAT,
     "rotary embedding of 15 of 15 features (factor 1); expected an even "
     "number from 2 on, and a factor up to 1"},
    {"{\"model_type\": \"granite\", " SIZES ", \"attention_multiplier\": -2}",
     LLN_EFORMAT, "key 'attention_multiplier': -2; expected a number above 0"},
    {"{\"model_type\": \"gemma2\", " SIZES ", \"query_pre_attn_scalar\": -4}",
     LLN_EFORMAT, "key 'query_pre_attn_scalar': -4; expected a number above 0"},
    {"{\"model_type\": \"llama\", " SIZES ", \"num_key_value_heads\": 3}",
     LLN_EFORMAT,
     "key 'num_key_value_heads': 3; expected a number that divides the 4 "
     "heads"},
    {"{\"model_type\": \"mistral\", " SIZES ", \"sliding_window\": 7.5}",
     LLN_EFORMAT,
     "key 'sliding_window': 7.5; expected a whole number from 1 on"},
    {"{\"model_type\": \"gemma2\", " SIZES ", \"layer_types\": [3, 3, 3, 3]}",
     LLN_EFORMAT,
     "key 'layer_types': layer 0: expected a text such as full_attention"},
    {"{\"model_type\": \"gptj\", " SIZES ", \"rotary_dim\": null}", LLN_EFORMAT,
     "key 'rotary_dim': null; expected a whole number from 1 to 16"},
    {"{\"model_type\": \"qwen3\", " SIZES
     ", \"head_dim\": 16, \"rms_norm_eps\": -1}",
     LLN_EFORMAT,
     "layer 0: 'rms:eps=-1': eps=-1: expected a number of at least 0"},
    {"{\"model_type\": \"t5\", " SIZES
     ", \"relative_attention_num_buckets\": 2}",
     LLN_EFORMAT,
     "layer 0: 't5:buckets=2:distance=128': expected at least 4 buckets, and "
     "distance= above 0"},
};

START_TEST(parse_faults)
{
    lln_config config;
    expect_status(parse(faults[_i].text, &config), faults[_i].status);
    ck_assert_str_eq(lln_error_message(), faults[_i].message);
    ck_assert_ptr_null(config.layer);
}
END_TEST

START_TEST(open_missing)
{
    lln_config config;
    expect_status(lln_config_open("no such file", &config), LLN_EIO);
    lln_config_free(&config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *t = tcase_create("config");
    tcase_add_test(t, open_configs);
    tcase_add_loop_test(t, parse_readings, 0,
                        sizeof readings / sizeof *readings);
    tcase_add_loop_test(t, parse_key_heads, 0,
                        sizeof key_heads / sizeof *key_heads);
    tcase_add_test(t, parse_longrope);
    tcase_add_loop_test(t, parse_faults, 0, sizeof faults / sizeof *faults);
    tcase_add_test(t, open_missing);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
