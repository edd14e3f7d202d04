/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/config_scaling.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "heads/config_json.h"
#include "table/table.h"

/* Adds ":name=number" to a text, nothing for NaN. */
static void add_number(char *text, const char *name, double number)
{
    char digits[32];
    size_t length = strlen(text);
    if (isnan(number))
        return;
    lln_table_format_real(number, 0, digits);
    snprintf(text + length, LLN_CONFIG_TEXT - length, ":%s=%s", name, digits);
}

static bool has_factors(const json_t *from)
{
    return json_object_get(from, "factor") ||
           json_object_get(from, "short_factor");
}

static lln_status read_kind(const lln_config_rope_keys *keys, const char **kind)
{
    *kind = NULL;
    LLN_TRY(lln_config_string(keys->inner, "rope_type", kind));
    if (!*kind)
        LLN_TRY(lln_config_string(keys->inner, "type", kind));
    if (!*kind)
        LLN_TRY(lln_config_string(keys->old, "rope_type", kind));
    if (!*kind)
        LLN_TRY(lln_config_string(keys->old, "type", kind));
    if (!*kind && (has_factors(keys->inner) || has_factors(keys->old)))
        return lln_fail(LLN_EFORMAT,
                        "key '%s': no 'rope_type'; expected it beside the "
                        "factor of the scaling",
                        keys->old ? "rope_scaling" : "rope_parameters");
    if (!*kind)
        *kind = "default";
    /* Files of Phi-3 name longrope so. */
    bool divisors = json_object_get(keys->inner, "short_factor") ||
                    json_object_get(keys->old, "short_factor");
    if (strcmp(*kind, "su") == 0 || (strcmp(*kind, "yarn") == 0 && divisors))
        *kind = "longrope";
    return LLN_OK;
}

/* Numbers of a scaling: all are above 0, but for some that may be 0. */
static lln_status check_numbers(const lln_config_rope_keys *keys)
{
    static const struct {
        const char *key;
        bool zero;
    } rows[] = {{"factor", false},         {"beta_fast", false},
                {"beta_slow", false},      {"attention_factor", false},
                {"mscale", true},          {"mscale_all_dim", true},
                {"low_freq_factor", true}, {"high_freq_factor", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double value = NAN;
        LLN_TRY(lln_config_rope_number(keys, rows[i].key, &value));
        if (value < 0 || (value == 0 && !rows[i].zero) || isinf(value))
            return lln_config_refuse(rows[i].key, value,
                                     rows[i].zero ? "a number from 0 on"
                                                  : "a number above 0");
    }
    return LLN_OK;
}

/* A number that the scaling must have. */
static lln_status require(const lln_config_rope_keys *keys, const char *kind,
                          const char *key, double *value)
{
    *value = NAN;
    LLN_TRY(lln_config_rope_number(keys, key, value));
    if (!isnan(*value))
        return LLN_OK;
    return lln_fail(LLN_EFORMAT, "rope_type '%s': no number '%s'", kind, key);
}

/* The factor; where the file has none, the ratio of the lengths. */
static lln_status read_factor(const lln_config_rope_keys *keys,
                              const lln_config_family *family, double original,
                              double *factor)
{
    double longest = family->positions > 0 ? family->positions : NAN;
    *factor = NAN;
    LLN_TRY(lln_config_rope_number(keys, "factor", factor));
    if (!isnan(*factor))
        return LLN_OK;
    LLN_TRY(lln_config_number(keys->top, "max_position_embeddings", &longest,
                              NULL));
    *factor = longest / original;
    return isnan(*factor) ? lln_fail(LLN_EFORMAT, "no number 'factor' of the "
                                                  "rotary embedding")
                          : LLN_OK;
}

static lln_status add_linear(const lln_config_rope_keys *keys, char *text)
{
    double factor;
    LLN_TRY(require(keys, "linear", "factor", &factor));
    add_number(text, "factor", factor);
    return LLN_OK;
}

/* Its length is max_position_embeddings, not the original one. */
static lln_status add_dynamic(const lln_config_rope_keys *keys,
                              const lln_config_family *family, char *text)
{
    double factor, length = family->positions > 0 ? family->positions : NAN;
    LLN_TRY(require(keys, "dynamic", "factor", &factor));
    LLN_TRY(
        lln_config_number(keys->top, "max_position_embeddings", &length, NULL));
    add_number(text, "factor", factor);
    add_number(text, "original", length);
    return LLN_OK;
}

static lln_status add_llama3(const lln_config_rope_keys *keys,
                             const lln_config_family *family, char *text)
{
    double factor, low, high, original;
    LLN_TRY(require(keys, "llama3", "factor", &factor));
    LLN_TRY(require(keys, "llama3", "low_freq_factor", &low));
    LLN_TRY(require(keys, "llama3", "high_freq_factor", &high));
    LLN_TRY(lln_config_rope_original(keys, family, &original));
    if (!(low <= high))
        return lln_config_refuse("low_freq_factor", low,
                                 "at most 'high_freq_factor'");
    add_number(text, "factor", factor);
    add_number(text, "original", original);
    add_number(text, "low", low);
    add_number(text, "high", high);
    return LLN_OK;
}

/* transformers reads `truncate` from the outer dictionary, also where the
 * parameters are those of a layer type in it. */
static lln_status read_truncate(const lln_config_rope_keys *keys,
                                bool *truncate)
{
    bool found = false;
    *truncate = true;
    LLN_TRY(lln_config_flag(keys->outer, "truncate", truncate, &found));
    return found ? LLN_OK
                 : lln_config_flag(keys->old, "truncate", truncate, NULL);
}

static lln_status add_yarn(const lln_config_rope_keys *keys,
                           const lln_config_family *family, char *text)
{
    static const struct {
        const char *key, *name;
        double missing;
    } rest[] = {{"beta_fast", "beta-fast", 32},
                {"beta_slow", "beta-slow", 1},
                {"mscale", "mscale", NAN},
                {"mscale_all_dim", "mscale-all-dim", NAN},
                {"attention_factor", "attention", NAN}};
    double original, factor;
    bool truncate;
    LLN_TRY(lln_config_rope_original(keys, family, &original));
    LLN_TRY(read_factor(keys, family, original, &factor));
    add_number(text, "factor", factor);
    add_number(text, "original", original);
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        double value = rest[i].missing;
        LLN_TRY(lln_config_rope_number(keys, rest[i].key, &value));
        add_number(text, rest[i].name, value);
    }
    LLN_TRY(read_truncate(keys, &truncate));
    if (!truncate)
        strncat(text, ":truncate=no", LLN_CONFIG_TEXT - strlen(text) - 1);
    return LLN_OK;
}

static lln_status read_divisors(const lln_config_rope_keys *keys,
                                const char *key, double **divisors,
                                size_t *count)
{
    const json_t *list = NULL;
    LLN_TRY(lln_config_list(keys->inner, key, &list));
    if (!list)
        LLN_TRY(lln_config_list(keys->old, key, &list));
    if (!list)
        return lln_fail(LLN_EFORMAT, "rope_type 'longrope': no list '%s'", key);
    if (*divisors)
        return LLN_OK; /* of a layer before, all have the same */
    return lln_config_numbers(list, key, divisors, count);
}

static lln_status add_longrope(const lln_config_rope_keys *keys,
                               const lln_config_family *family,
                               lln_config *config, char *text)
{
    double original, factor, attention = NAN;
    size_t shorts = config->factors;
    LLN_TRY(lln_config_rope_original(keys, family, &original));
    LLN_TRY(read_factor(keys, family, original, &factor));
    LLN_TRY(lln_config_rope_number(keys, "attention_factor", &attention));
    LLN_TRY(
        read_divisors(keys, "short_factor", &config->short_factor, &shorts));
    config->factors = shorts;
    LLN_TRY(read_divisors(keys, "long_factor", &config->long_factor,
                          &config->factors));
    if (config->factors != shorts)
        return lln_fail(LLN_EFORMAT,
                        "%zu numbers in 'short_factor', %zu in 'long_factor'",
                        shorts, config->factors);
    add_number(text, "original", original);
    add_number(text, "factor", factor);
    add_number(text, "attention", attention);
    return LLN_OK;
}

static lln_status add_scaling(const lln_config_rope_keys *keys,
                              const lln_config_family *family,
                              lln_config *config, char *text)
{
    if (strcmp(text, "linear") == 0)
        return add_linear(keys, text);
    if (strcmp(text, "dynamic") == 0)
        return add_dynamic(keys, family, text);
    if (strcmp(text, "llama3") == 0)
        return add_llama3(keys, family, text);
    if (strcmp(text, "yarn") == 0)
        return add_yarn(keys, family, text);
    if (strcmp(text, "longrope") == 0)
        return add_longrope(keys, family, config, text);
    if (strcmp(text, "proportional") == 0)
        return LLN_OK;
    return lln_fail(LLN_EUNSUPPORTED,
                    "rope_type '%s' is unknown; expected default, linear, "
                    "dynamic, llama3, yarn, longrope or proportional",
                    text);
}

lln_status lln_config_read_scaling(const lln_config_rope_keys *keys,
                                   const lln_config_family *family,
                                   lln_config *config, lln_config_value *value)
{
    const char *kind;
    char text[LLN_CONFIG_TEXT];
    LLN_TRY(read_kind(keys, &kind));
    if (keys->unscaled) {
        lln_config_set_text(value, "", LLN_FROM_CLASS);
        return LLN_OK;
    }
    if (!keys->inner && !keys->old && family->scaling) {
        lln_config_set_text(value, family->scaling, LLN_FROM_CLASS);
        return LLN_OK;
    }
    lln_from from = keys->inner || keys->old ? LLN_FROM_FILE : LLN_FROM_CLASS;
    /* The positions of text are the same in all sections of mrope. */
    if (strcmp(kind, "default") == 0 || strcmp(kind, "mrope") == 0) {
        lln_config_set_text(value, "", from);
        return LLN_OK;
    }
    snprintf(text, sizeof text, "%s", kind);
    LLN_TRY(check_numbers(keys));
    LLN_TRY(add_scaling(keys, family, config, text));
    lln_config_set_text(value, text, from);
    return LLN_OK;
}
