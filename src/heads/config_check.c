/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/config_check.h"

#include <stdio.h>

#include "heads/clip.h"
#include "heads/config_keys.h"
#include "heads/qk_norm.h"
#include "heads/query_scale.h"
#include "heads/rope_text.h"
#include "heads/rule_text.h"

lln_status lln_config_check_value(const char *text, lln_config_field field)
{
    static const lln_rule_option rules[LLN_CONFIG_FIELDS] = {
        [LLN_CONFIG_SCALE] = LLN_RULE_SCALE,
        [LLN_CONFIG_SOFTCAP] = LLN_RULE_SOFTCAP,
        [LLN_CONFIG_BIAS] = LLN_RULE_BIAS,
        [LLN_CONFIG_WINDOW] = LLN_RULE_WINDOW,
        [LLN_CONFIG_CHUNK] = LLN_RULE_CHUNK,
        [LLN_CONFIG_SINK] = LLN_RULE_SINK};
    lln_rule_values values = lln_rule_nothing;
    lln_query_scale scale;
    lln_qk_norm norm;
    double limit;
    switch (field) {
    case LLN_CONFIG_CLIP:
        return lln_clip_read(text, &limit);
    case LLN_CONFIG_NORM:
        return lln_qk_norm_read(text, &norm);
    case LLN_CONFIG_QUERY_SCALE:
        return lln_query_scale_read(text, &scale);
    default:
        return lln_rule_value_read(rules[field], text, &values);
    }
}

static lln_status check_rope(const lln_config *config, size_t l)
{
    char text[3 * LLN_CONFIG_TEXT + 96];
    lln_rope rope;
    size_t dims;
    lln_config_rope(config, l, text, sizeof text);
    LLN_TRY(lln_rope_read(text, &rope));
    return rope.pairing == LLN_ROPE_NONE
               ? LLN_OK
               : lln_rope_dims(&rope, config->head_dim, &dims);
}

lln_status lln_config_check_layer(const lln_config *config, size_t l)
{
    static const lln_config_field fields[] = {
        LLN_CONFIG_CLIP,   LLN_CONFIG_NORM,    LLN_CONFIG_QUERY_SCALE,
        LLN_CONFIG_SCALE,  LLN_CONFIG_SOFTCAP, LLN_CONFIG_BIAS,
        LLN_CONFIG_WINDOW, LLN_CONFIG_CHUNK};
    char place[32];
    lln_status status = check_rope(config, l);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *text = config->layer[l].value[fields[i]].text;
        if (status == LLN_OK && *text)
            status = lln_config_check_value(text, fields[i]);
    }
    if (status != LLN_EINVAL)
        return status;
    snprintf(place, sizeof place, "layer %zu", l);
    return lln_fail_in(LLN_EFORMAT, place);
}
