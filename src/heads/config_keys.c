/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/config_keys.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "heads/config_json.h"
#include "table/table.h"

void lln_config_set_text(lln_config_value *value, const char *text,
                         lln_from from)
{
    snprintf(value->text, sizeof value->text, "%s", text);
    value->number = NAN;
    value->from = from;
}

void lln_config_set_number(lln_config_value *value, double number,
                           lln_from from)
{
    char text[32] = "";
    if (!isnan(number))
        lln_table_format_real(number, 0, text);
    lln_config_set_text(value, text, from);
    value->number = number;
}

static bool is_by_type(const json_t *parameters)
{
    return json_is_object(json_object_get(parameters, "full_attention")) ||
           json_is_object(json_object_get(parameters, "sliding_attention"));
}

lln_status lln_config_rope_find(const json_t *top,
                                const lln_config_family *family,
                                const char *type, lln_config_rope_keys *keys)
{
    bool sliding = strcmp(type, "sliding_attention") == 0;
    bool unscaled = sliding && family->scaled_full;
    *keys = (lln_config_rope_keys){.top = top};
    LLN_TRY(lln_config_dictionary(top, "rope_parameters", &keys->outer));
    keys->inner = keys->outer;
    if (is_by_type(keys->outer))
        LLN_TRY(lln_config_dictionary(
            keys->outer, sliding ? type : "full_attention", &keys->inner));
    keys->unscaled = unscaled && keys->inner == keys->outer;
    if (!unscaled)
        LLN_TRY(lln_config_dictionary(top, "rope_scaling", &keys->old));
    return LLN_OK;
}

lln_status lln_config_rope_number(const lln_config_rope_keys *keys,
                                  const char *key, double *value)
{
    bool found = false;
    LLN_TRY(lln_config_number(keys->inner, key, value, &found));
    return found ? LLN_OK : lln_config_number(keys->old, key, value, NULL);
}

lln_status lln_config_rope_original(const lln_config_rope_keys *keys,
                                    const lln_config_family *family,
                                    double *original)
{
    static const char key[] = "original_max_position_embeddings";
    *original = NAN;
    LLN_TRY(lln_config_number(keys->top, key, original, NULL));
    if (isnan(*original) && family->original > 0)
        *original = family->original;
    if (isnan(*original))
        LLN_TRY(lln_config_rope_number(keys, key, original));
    if (isnan(*original))
        LLN_TRY(lln_config_number(keys->top, "max_position_embeddings",
                                  original, NULL));
    if (isnan(*original) && family->positions > 0)
        *original = family->positions;
    return LLN_OK;
}

void lln_config_rope(const lln_config *config, size_t layer, char *out,
                     size_t size)
{
    const lln_config_value *value = config->layer[layer].value;
    const char *scaling = value[LLN_CONFIG_SCALING].text;
    if (*value[LLN_CONFIG_ROPE].text == '\0') {
        snprintf(out, size, "none");
        return;
    }
    const char *sections = value[LLN_CONFIG_SECTIONS].text;
    snprintf(out, size, "%s:theta=%s:dims=%s%s%s%s%s%s",
             value[LLN_CONFIG_ROPE].text, value[LLN_CONFIG_THETA].text,
             value[LLN_CONFIG_DIMS].text, config->rope_last ? ":at=last" : "",
             *sections ? ":sections=" : "", sections,
             *scaling ? ":scaling=" : "", scaling);
}
