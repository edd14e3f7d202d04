/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/config_rope.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "heads/config_json.h"
#include "heads/config_scaling.h"
#include "heads/rope.h"

/* The key of theta at the top of the file, of older files. */
static const char *theta_key(const lln_config_family *family, bool sliding)
{
    if (strcmp(family->model_type, "modernbert") == 0)
        return sliding ? "local_rope_theta" : "global_rope_theta";
    if (strcmp(family->model_type, "gpt_neox") == 0)
        return "rotary_emb_base";
    return sliding && family->sliding_theta > 0 ? "rope_local_base_freq"
                                                : "rope_theta";
}

static lln_status read_theta(const lln_config_rope_keys *keys,
                             const lln_config_family *family, bool sliding,
                             lln_config_value *value)
{
    double theta = sliding && family->sliding_theta > 0 ? family->sliding_theta
                                                        : family->theta;
    bool found = false;
    LLN_TRY(lln_config_replace(keys->inner, "rope_theta", &theta, &found));
    const char *key = "rope_theta", *own = theta_key(family, sliding);
    if (!found)
        LLN_TRY(lln_config_replace(keys->top, own, &theta, &found));
    if (found && !json_object_get(keys->inner, key))
        key = own;
    if (!found)
        LLN_TRY(lln_config_replace(keys->old, "rope_theta", &theta, &found));
    if (!(theta > 1))
        return lln_config_refuse(key, theta, "a number above 1");
    lln_config_set_number(value, theta, found ? LLN_FROM_FILE : LLN_FROM_CLASS);
    return LLN_OK;
}

/* The fraction of features that are turned. */
static lln_status read_partial(const lln_config_rope_keys *keys,
                               const lln_config_family *family, double *factor,
                               bool *found)
{
    static const char key[] = "partial_rotary_factor";
    *factor = family->partial > 0 ? family->partial : 1;
    LLN_TRY(lln_config_replace(keys->inner, key, factor, found));
    if (!*found)
        LLN_TRY(lln_config_replace(keys->top, key, factor, found));
    if (!*found && strcmp(family->model_type, "gpt_neox") == 0)
        return lln_config_replace(keys->top, "rotary_pct", factor, found);
    return LLN_OK;
}

/* int(head_dim factor), whole pairs of proportional scaling, or the number
 * itself of GPT-J and latent attention. */
static lln_status read_dims(const lln_config_rope_keys *keys,
                            const lln_config_family *family, size_t head_dim,
                            bool pairs, lln_config_value *value)
{
    const char *const direct[] = {family->dims_key, NULL};
    double factor = 1;
    bool found = false;
    size_t dims = family->dims_key ? family->dims : 0;
    /* Null is refused in transformers, too: its table is of another width. */
    if (dims > 0 && json_is_null(json_object_get(keys->top, family->dims_key)))
        return lln_fail(LLN_EFORMAT,
                        "key '%s': null; expected a whole number from 1 to %zu",
                        family->dims_key, head_dim);
    LLN_TRY(lln_config_size(keys->top, direct, &dims, &found));
    if (dims == 0) {
        LLN_TRY(read_partial(keys, family, &factor, &found));
        dims =
            factor > 0 && factor <= 1 ? (size_t)((double)head_dim * factor) : 0;
        dims -= pairs ? dims % 2 : 0;
    }
    if (dims < 2 || dims > head_dim || dims % 2 > 0)
        return lln_fail(LLN_EFORMAT,
                        "rotary embedding of %zu of %zu features (factor %g); "
                        "expected an even number from 2 on, and a factor up to "
                        "1",
                        dims, head_dim, factor);
    lln_config_set_number(value, (double)dims,
                          found ? LLN_FROM_FILE : LLN_FROM_CLASS);
    return LLN_OK;
}

/* Latent attention says whether pairs are neighbours. */
static lln_status read_pairing(const lln_config_rope_keys *keys,
                               const lln_config_family *family,
                               lln_config_value *value)
{
    bool pairs = true, found = false;
    if (family->scale == LLN_SCALE_LATENT)
        LLN_TRY(lln_config_flag(keys->top, "rope_interleave", &pairs, &found));
    lln_config_set_text(value, pairs ? family->rope : "half",
                        found ? LLN_FROM_FILE : LLN_FROM_CLASS);
    return LLN_OK;
}

/* "16,24,24" of a list; the default of the class if it fits the pairs. */
static lln_status read_sections(const lln_config_rope_keys *keys,
                                const lln_config_family *family, double pairs,
                                lln_config_value *value)
{
    static const char key[] = "mrope_section";
    const json_t *list = NULL;
    size_t size[LLN_ROPE_SECTIONS] = {24, 20, 20}, count = LLN_ROPE_SECTIONS;
    char text[LLN_CONFIG_TEXT] = "";
    if (!family->sections)
        return LLN_OK;
    LLN_TRY(lln_config_list(keys->inner, key, &list));
    if (!list)
        LLN_TRY(lln_config_list(keys->old, key, &list));
    if (!list && (!family->interleaved || pairs != 64))
        return LLN_OK;
    if (list)
        LLN_TRY(lln_config_sizes(list, key, size, LLN_ROPE_SECTIONS, &count));
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, i > 0 ? ",%zu" : "%zu",
                 size[i]);
    }
    if (family->interleaved)
        strncat(text, ":interleaved", sizeof text - strlen(text) - 1);
    lln_config_set_text(value, text, list ? LLN_FROM_FILE : LLN_FROM_CLASS);
    return LLN_OK;
}

lln_status lln_config_rope_read(const lln_config_rope_keys *keys,
                                const lln_config_family *family, bool sliding,
                                lln_config *config, lln_config_layer *layer)
{
    lln_config_value *value = layer->value;
    const lln_config_value *scaling = &value[LLN_CONFIG_SCALING];
    LLN_TRY(read_pairing(keys, family, &value[LLN_CONFIG_ROPE]));
    LLN_TRY(read_theta(keys, family, sliding, &value[LLN_CONFIG_THETA]));
    LLN_TRY(lln_config_read_scaling(keys, family, config,
                                    &value[LLN_CONFIG_SCALING]));
    LLN_TRY(read_dims(keys, family, config->head_dim,
                      strcmp(scaling->text, "proportional") == 0,
                      &value[LLN_CONFIG_DIMS]));
    double pairs = value[LLN_CONFIG_DIMS].number / 2;
    if (strncmp(scaling->text, "longrope", 8) == 0 &&
        (double)config->factors != pairs)
        return lln_fail(LLN_EFORMAT,
                        "key 'short_factor': %zu numbers; expected %.0f, half "
                        "of the rotated features",
                        config->factors, pairs);
    return read_sections(keys, family, pairs, &value[LLN_CONFIG_SECTIONS]);
}
