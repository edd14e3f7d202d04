/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/config_values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "heads/config_json.h"

lln_status lln_config_set_clip(const lln_config_reading *r,
                               lln_config_value *value)
{
    const json_t *from = r->top;
    double clip = NAN;
    bool found = false;
    if (r->family->bias == LLN_FAMILY_MPT)
        LLN_TRY(lln_config_dictionary(r->top, "attn_config", &from));
    LLN_TRY(lln_config_number(from, "clip_qkv", &clip, &found));
    if (clip <= 0)
        return lln_fail(LLN_EFORMAT,
                        "key 'clip_qkv': expected a number above 0");
    lln_config_set_number(value, clip, found ? LLN_FROM_FILE : LLN_FROM_CLASS);
    return LLN_OK;
}

/* "rms:after-rope" and eps give "rms:eps=1e-06:after-rope". */
lln_status lln_config_set_norm(const lln_config_reading *r, bool rope,
                               lln_config_value *value)
{
    static const char *const keys[] = {"rms_norm_eps", "layer_norm_eps",
                                       "norm_eps", NULL};
    const lln_config_family *family = r->family;
    const char *key = "rms_norm_eps";
    char text[LLN_CONFIG_TEXT];
    double eps = family->norm_eps;
    bool on = !family->norm_key || family->norm_on, found = false;
    if (!family->norm)
        return LLN_OK;
    if (family->norm_key)
        LLN_TRY(lln_config_flag(r->top, family->norm_key, &on, &found));
    value->from = found ? LLN_FROM_FILE : LLN_FROM_CLASS;
    if (!on || (family->layers == LLN_LAYERS_ROPE && !rope))
        return LLN_OK;
    if (lln_config_find(r->top, keys, &key))
        LLN_TRY(lln_config_replace(r->top, key, &eps, &found));
    lln_config_value number = {.number = NAN};
    lln_config_set_number(&number, eps, LLN_FROM_FILE);
    int kind = (int)strcspn(family->norm, ":");
    snprintf(text, sizeof text, "%.*s:eps=%.40s%s", kind, family->norm,
             number.text, family->norm + kind);
    lln_config_set_text(value, text, found ? LLN_FROM_FILE : LLN_FROM_CLASS);
    return LLN_OK;
}

lln_status lln_config_set_query_scale(const lln_config_reading *r,
                                      const lln_config_rope_keys *keys,
                                      bool rope, lln_config_value *value)
{
    double factor = 0.1, floor_scale = 8192, original = NAN, beta = NAN;
    bool on = true, found = false;
    char text[LLN_CONFIG_TEXT];
    if (r->family->layers == LLN_LAYERS_ROPE) {
        LLN_TRY(
            lln_config_flag(r->top, "attn_temperature_tuning", &on, &found));
        LLN_TRY(lln_config_replace(r->top, "attn_scale", &factor, &found));
        LLN_TRY(
            lln_config_replace(r->top, "floor_scale", &floor_scale, &found));
        value->from = found ? LLN_FROM_FILE : LLN_FROM_CLASS;
        if (rope || !on)
            return LLN_OK;
        snprintf(text, sizeof text, "llama4:scale=%.15g:floor=%.15g", factor,
                 floor_scale);
        lln_config_set_text(value, text, value->from);
        return LLN_OK;
    }
    LLN_TRY(lln_config_rope_number(keys, "llama_4_scaling_beta", &beta));
    if (!isnan(beta)) {
        LLN_TRY(lln_config_rope_original(keys, r->family, &original));
        snprintf(text, sizeof text, "ministral:scale=%.15g:original=%.15g",
                 beta, original);
        lln_config_set_text(value, text, LLN_FROM_FILE);
    } else if (!keys->inner && !keys->old && r->family->query_scale) {
        lln_config_set_text(value, r->family->query_scale, LLN_FROM_CLASS);
    }
    return LLN_OK;
}

/* The scale of GPT-2, and of latent attention with YaRN, times that of the
 * features. */
static lln_status find_factor(const lln_config_reading *r,
                              const lln_config_rope_keys *keys, size_t l,
                              double *scale, bool *found)
{
    bool on = true, inverse = false;
    double mscale = NAN, factor = NAN;
    if (r->family->scale == LLN_SCALE_GPT2) {
        LLN_TRY(lln_config_flag(r->top, "scale_attn_weights", &on, found));
        LLN_TRY(lln_config_flag(r->top, "scale_attn_by_inverse_layer_idx",
                                &inverse, found));
        *scale = (on ? *scale : 1) / (inverse ? (double)(l + 1) : 1);
    }
    if (r->family->scale == LLN_SCALE_LATENT) {
        LLN_TRY(lln_config_rope_number(keys, "mscale_all_dim", &mscale));
        LLN_TRY(lln_config_rope_number(keys, "factor", &factor));
        if (mscale != 0 && !isnan(mscale) && factor > 1) {
            double grown = 0.1 * mscale * log(factor) + 1;
            *scale *= grown * grown;
            *found = true;
        }
    }
    return LLN_OK;
}

lln_status lln_config_set_scale(const lln_config_reading *r,
                                const lln_config_rope_keys *keys, size_t l,
                                lln_config_value *value)
{
    double scale = pow((double)r->config->head_dim, -0.5), stated = NAN;
    bool found = false;
    const json_t *mpt = NULL;
    switch (r->family->scale) {
    case LLN_SCALE_PRE_SCALAR:
        stated = r->family->pre_scalar;
        LLN_TRY(lln_config_replace(r->top, "query_pre_attn_scalar", &stated,
                                   &found));
        if (!(stated > 0))
            return lln_config_refuse("query_pre_attn_scalar", stated,
                                     "a number above 0");
        scale = pow(stated, -0.5);
        break;
    case LLN_SCALE_MULTIPLIER:
        scale = 1;
        LLN_TRY(
            lln_config_replace(r->top, "attention_multiplier", &scale, &found));
        if (!(scale > 0))
            return lln_config_refuse("attention_multiplier", scale,
                                     "a number above 0");
        break;
    case LLN_SCALE_ONE:
        scale = 1;
        break;
    case LLN_SCALE_MPT:
        LLN_TRY(lln_config_dictionary(r->top, "attn_config", &mpt));
        LLN_TRY(lln_config_number(mpt, "softmax_scale", &stated, NULL));
        found = !isnan(stated);
        scale = found ? stated : scale;
        if (!(scale > 0))
            return lln_config_refuse("softmax_scale", stated,
                                     "a number above 0");
        break;
    default:
        LLN_TRY(find_factor(r, keys, l, &scale, &found));
        break;
    }
    if (!isfinite(scale) || scale <= 0)
        return lln_fail(LLN_EFORMAT, "the scale of the logits is %g", scale);
    lln_config_set_number(value, scale, found ? LLN_FROM_FILE : LLN_FROM_CLASS);
    return LLN_OK;
}

lln_status lln_config_set_softcap(const lln_config_reading *r,
                                  lln_config_value *value)
{
    double cap = r->family->softcap ? 50 : NAN;
    bool found = false;
    if (r->family->softcap)
        LLN_TRY(
            lln_config_number(r->top, "attn_logit_softcapping", &cap, &found));
    if (cap <= 0)
        return lln_fail(LLN_EFORMAT, "key 'attn_logit_softcapping': expected a "
                                     "number above 0, or null");
    lln_config_set_number(value, cap, found ? LLN_FROM_FILE : LLN_FROM_CLASS);
    return LLN_OK;
}

static lln_status set_mpt_bias(const lln_config_reading *r,
                               lln_config_value *value)
{
    const json_t *mpt = NULL;
    bool alibi = true, norm = false, found = false;
    double most = 8;
    char text[64] = "alibi";
    LLN_TRY(lln_config_dictionary(r->top, "attn_config", &mpt));
    LLN_TRY(lln_config_flag(mpt, "alibi", &alibi, &found));
    LLN_TRY(lln_config_replace(mpt, "alibi_bias_max", &most, NULL));
    LLN_TRY(lln_config_flag(mpt, "qk_ln", &norm, NULL));
    if (norm)
        return lln_fail(LLN_EUNSUPPORTED,
                        "attn_config.qk_ln: this norm of queries and keys is "
                        "not known here; pass --qk-norm in place of --config");
    if (most != 8)
        snprintf(text, sizeof text, "alibi:max=%.15g", most);
    if (alibi)
        lln_config_set_text(value, text,
                            found ? LLN_FROM_FILE : LLN_FROM_CLASS);
    return LLN_OK;
}

static lln_status set_t5_bias(const lln_config_reading *r,
                              lln_config_value *value)
{
    static const char *const buckets_key[] = {"relative_attention_num_buckets",
                                              NULL};
    static const char *const distance_key[] = {
        "relative_attention_max_distance", NULL};
    size_t buckets = 32, distance = 128;
    bool found = false;
    char text[LLN_CONFIG_TEXT];
    LLN_TRY(lln_config_size(r->top, buckets_key, &buckets, &found));
    LLN_TRY(lln_config_size(r->top, distance_key, &distance, &found));
    snprintf(text, sizeof text, "t5:buckets=%zu:distance=%zu%s", buckets,
             distance, r->two_sided ? "" : ":decoder");
    lln_config_set_text(value, text, found ? LLN_FROM_FILE : LLN_FROM_CLASS);
    return LLN_OK;
}

lln_status lln_config_set_bias(const lln_config_reading *r,
                               lln_config_value *value)
{
    char text[64];
    bool alibi = false;
    const char *kind = NULL;
    switch (r->family->bias) {
    case LLN_FAMILY_ALIBI:
        lln_config_set_text(value, "alibi", LLN_FROM_CLASS);
        return LLN_OK;
    case LLN_FAMILY_MPT:
        return set_mpt_bias(r, value);
    case LLN_FAMILY_T5:
        return set_t5_bias(r, value);
    case LLN_FAMILY_FALCON:
        LLN_TRY(lln_config_flag(r->top, "alibi", &alibi, NULL));
        snprintf(text, sizeof text, "alibi:factor=%.17g",
                 pow((double)r->config->head_dim, -0.5));
        lln_config_set_text(value, alibi ? text : "", LLN_FROM_FILE);
        return LLN_OK;
    default:
        break;
    }
    LLN_TRY(lln_config_string(r->top, "position_embedding_type", &kind));
    if (kind && strncmp(kind, "relative", 8) == 0)
        return lln_fail(LLN_EUNSUPPORTED,
                        "position_embedding_type '%s': its bias depends on the "
                        "queries, which is not known here",
                        kind);
    return LLN_OK;
}
