/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/config_layers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "heads/config_json.h"
#include "heads/config_keys.h"

static lln_status read_period(lln_config_reading *r)
{
    static const char *const keys[][2] = {
        [LLN_LAYERS_PERIOD] = {"sliding_window_pattern"},
        [LLN_LAYERS_FIRST] = {"global_attn_every_n_layers"},
        [LLN_LAYERS_ROPE] = {"no_rope_layer_interval"},
        [LLN_LAYERS_NOPE] = {"no_rope_layer_interval"},
        [LLN_LAYERS_LINEAR] = {"full_attention_interval"}};
    static const char limit[] = "max_window_layers";
    double layers = NAN;
    r->period = r->family->period;
    if (r->family->layers == LLN_LAYERS_FLAG ||
        r->family->layers == LLN_LAYERS_FLAG_EVEN) {
        LLN_TRY(lln_config_number(r->top, limit, &layers, NULL));
        if (layers >= 0)
            r->period = layers < (double)r->config->layers ? (size_t)layers
                                                           : r->config->layers;
        return LLN_OK;
    }
    if (r->family->layers > LLN_LAYERS_EVEN)
        LLN_TRY(
            lln_config_size(r->top, keys[r->family->layers], &r->period, NULL));
    return LLN_OK;
}

/* Whether windows of the class need use_sliding_window. */
static bool is_flagged(const lln_config_reading *r)
{
    switch (r->family->layers) {
    case LLN_LAYERS_FLAG:
    case LLN_LAYERS_FLAG_ALL:
    case LLN_LAYERS_FLAG_EVEN:
    case LLN_LAYERS_NOPE:
        return true;
    default:
        return false;
    }
}

/* LLN_EFORMAT unless the number, NaN for none, counts tokens. */
static lln_status check_length(const char *key, double tokens)
{
    if (isnan(tokens) || (tokens >= 1 && tokens == floor(tokens)))
        return LLN_OK;
    return lln_config_refuse(key, tokens, "a whole number from 1 on");
}

static lln_status read_window(lln_config_reading *r)
{
    bool modern = r->family->layers == LLN_LAYERS_FIRST;
    bool found = false;
    r->window = r->family->window > 0 ? r->family->window : NAN;
    LLN_TRY(lln_config_number(r->top,
                              modern ? "local_attention" : "sliding_window",
                              &r->window, &found));
    r->window_from = found ? LLN_FROM_FILE : LLN_FROM_CLASS;
    LLN_TRY(
        lln_config_flag(r->top, "use_sliding_window", &r->flag_sliding, NULL));
    if (is_flagged(r) && !r->flag_sliding)
        r->window = NAN; /* files then have 0, too */
    bool chunked = r->family->layers == LLN_LAYERS_ROPE, stated = false;
    r->chunk = chunked ? 8192 : NAN;
    if (chunked)
        LLN_TRY(lln_config_number(r->top, "attention_chunk_size", &r->chunk,
                                  &stated));
    r->chunk_from = stated ? LLN_FROM_FILE : LLN_FROM_CLASS;
    LLN_TRY(
        check_length(modern ? "local_attention" : "sliding_window", r->window));
    return check_length("attention_chunk_size", r->chunk);
}

static lln_status check_list(const json_t *list, const char *key, size_t layers)
{
    if (!list || json_array_size(list) >= layers)
        return LLN_OK;
    size_t size = json_array_size(list);
    return lln_fail(LLN_EFORMAT, "key '%s': %zu layer%s, expected %zu", key,
                    size, size == 1 ? "" : "s", layers);
}

static lln_status read_lists(lln_config_reading *r)
{
    LLN_TRY(lln_config_list(r->top, "layer_types", &r->types));
    LLN_TRY(lln_config_list(r->top, "no_rope_layers", &r->rotated));
    LLN_TRY(check_list(r->types, "layer_types", r->config->layers));
    return check_list(r->rotated, "no_rope_layers", r->config->layers);
}

bool lln_config_has_rope(const lln_config_reading *r, size_t l,
                         const char *type)
{
    bool alibi = false;
    if (!r->family->rope)
        return false;
    if (r->family->bias == LLN_FAMILY_FALCON)
        alibi = json_is_true(json_object_get(r->top, "alibi"));
    if (r->family->rope_sliding)
        return strcmp(type, "sliding_attention") == 0 && !isnan(r->window);
    if (r->family->layers != LLN_LAYERS_ROPE &&
        r->family->layers != LLN_LAYERS_NOPE)
        return !alibi;
    if (r->rotated)
        return json_number_value(json_array_get(r->rotated, l)) != 0;
    return (l + 1) % r->period != 0;
}

/* Kimi Linear lists its layers from 1. */
static bool is_listed(const lln_config_reading *r, size_t l, bool *known)
{
    const json_t *lists = json_object_get(r->top, "linear_attn_config");
    const json_t *full = json_object_get(lists, "full_attn_layers");
    *known = json_is_array(full);
    for (size_t i = 0; i < json_array_size(full); i++)
        if (json_number_value(json_array_get(full, i)) == (double)(l + 1))
            return true;
    return false;
}

static bool slides(const lln_config_reading *r, size_t l)
{
    switch (r->family->layers) {
    case LLN_LAYERS_ALL:
    case LLN_LAYERS_FLAG_ALL:
        return true;
    case LLN_LAYERS_EVEN:
        return l % 2 == 0;
    case LLN_LAYERS_PERIOD:
        return (l + 1) % r->period != 0;
    case LLN_LAYERS_FIRST:
        return l % r->period != 0;
    case LLN_LAYERS_FLAG:
        return l >= r->period;
    case LLN_LAYERS_FLAG_EVEN:
        return l % 2 == 0 && l < r->period;
    case LLN_LAYERS_NOPE:
        return !lln_config_has_rope(r, l, "");
    default:
        return false;
    }
}

/* From the list of the file, or else by the rule of the class. */
lln_status lln_config_find_type(const lln_config_reading *r, size_t l,
                                const char **type)
{
    static const char *const known[] = {"full_attention", "sliding_attention",
                                        "chunked_attention", "linear_attention",
                                        NULL};
    bool listed;
    *type = "full_attention";
    if (r->types) {
        const char *text = json_string_value(json_array_get(r->types, l));
        char printable[64];
        if (!text)
            return lln_fail(LLN_EFORMAT,
                            "key 'layer_types': layer %zu: expected a text "
                            "such as full_attention",
                            l);
        for (size_t i = 0; known[i]; i++)
            if (strcmp(text, known[i]) == 0) {
                *type = known[i];
                return LLN_OK;
            }
        return lln_fail(LLN_EUNSUPPORTED,
                        "key 'layer_types': '%s' of layer %zu is unknown; "
                        "expected full_attention, sliding_attention, "
                        "chunked_attention or linear_attention",
                        lln_text_printable(printable, sizeof printable, text),
                        l);
    }
    if (r->family->layers == LLN_LAYERS_LINEAR) {
        bool full = is_listed(r, l, &listed);
        if (!listed)
            full = r->period > 0 && (l + 1) % r->period == 0;
        *type = full ? "full_attention" : "linear_attention";
    } else if (r->family->layers == LLN_LAYERS_ROPE) {
        *type = lln_config_has_rope(r, l, "") ? "chunked_attention"
                                              : "full_attention";
    } else if (!isnan(r->window) && slides(r, l)) {
        *type = "sliding_attention";
    }
    return LLN_OK;
}

/* Models that slide both ways see half of the window to either side. */
void lln_config_set_window(const lln_config_reading *r, const char *type,
                           lln_config_value *value)
{
    char text[64];
    if (strcmp(type, "sliding_attention") != 0 || isnan(r->window))
        return;
    if (r->two_sided)
        snprintf(text, sizeof text, "%.0f,%.0f", floor(r->window / 2),
                 floor(r->window / 2));
    else
        snprintf(text, sizeof text, "%.0f", r->window);
    lln_config_set_text(value, text, r->window_from);
}

void lln_config_set_chunk(const lln_config_reading *r, const char *type,
                          lln_config_value *value)
{
    if (strcmp(type, "chunked_attention") == 0)
        lln_config_set_number(value, r->chunk, r->chunk_from);
}

lln_status lln_config_read_layers(lln_config_reading *r)
{
    LLN_TRY(read_period(r));
    LLN_TRY(read_window(r));
    return read_lists(r);
}
