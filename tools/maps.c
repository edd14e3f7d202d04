/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "maps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_lists.h"
#include "config.h"
#include "heads/by_layer.h"
#include "heads/mapped.h"
#include "heads/norm_limit.h"
#include "heads/query_scale.h"
#include "heads/rotation.h"
#include "measure/pairing.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "rules.h"

static lln_map_options options(void)
{
    lln_map_options all = {
        .clip = run_shared.clip_qkv,
        .norm = run_shared.qk_norm,
        .rope = run_shared.rope,
        .query_scale = run_shared.query_scale,
        .positions = run_shared.positions,
        .positions_used = rules_use_positions(),
        .of_model = config_get() != NULL,
        .norm_left_out = config_norm_left_out() != NULL,
        .documents_given = run_shared.documents != NULL,
        .documents = rules_documents(),
        .arrays = arrays_for(ARRAYS_OF_MAPS),
    };
    config_add_maps(&all);
    return all;
}

bool maps_given(void)
{
    lln_map_options o = options();
    return lln_maps_given(&o);
}

bool maps_are_across(void)
{
    lln_map_options o = options();
    return lln_maps_are_across(&o);
}

void maps_check(void)
{
    lln_map_options o = options();
    lln_status status = lln_maps_check(&o);
    if (status == LLN_EINVAL)
        cli_usage("%s", lln_error_message());
    cli_check(status);
}

/* Says so and is true if rotary embedding would be applied a second time. */
static bool warn_of_rotation(const char *rope, const lln_heads *heads)
{
    lln_rotation found;
    char layer[40] = "";
    cli_check(lln_rotation_look(rope, heads, &found));
    heads->rest(heads);
    if (2 * found.turned <= found.keys)
        return false;
    if (found.layer >= 0)
        snprintf(layer, sizeof layer, " of layer %ld", found.layer);
    cli_warn("%zu of %zu key heads%s look as if rotary embedding had already "
             "been applied to them; if so, %s",
             found.turned, found.keys, layer,
             config_get() ? "give --rope none" : "leave out --rope");
    return true;
}

/* The value of --rope that has the other pairing and is otherwise the same. A
 * configuration keeps the rest of what it has, in layers that have it. The
 * caller frees it. */
static char *other_rope(const char *pairing)
{
    const char *rope = run_shared.rope;
    const char *rest = strchr(rope, ':'), *at = strchr(rope, '@');
    char *layers = config_get() ? config_rope_layers() : NULL, *text;
    bool written = true;
    if (config_get())
        written = asprintf(&text, "%s%s%s", layers ? layers : "",
                           layers ? "@" : "", pairing) >= 0;
    else if (strchr(rope, LLN_BY_LAYER_SEPARATOR))
        text = cli_copy(pairing);
    else
        written = asprintf(&text, "%.*s%s%s", at ? (int)(at - rope) + 1 : 0,
                           rope, pairing, rest ? rest : "") >= 0;
    free(layers);
    if (!written)
        cli_fail("out of memory");
    return text;
}

/* Says that the other pairing of channels fits better. */
static void warn_of_pairing(const lln_heads *heads)
{
    lln_pairing found;
    cli_check(lln_pairing_look(heads, &found));
    heads->rest(heads);
    if (!found.seen)
        return;
    bool half = found.pairing == LLN_ROPE_HALF;
    char *other = other_rope(half ? "half" : "pairs");
    cli_warn("--rope %s may be the wrong pairing: a token gives %.2g of its "
             "attention to itself and the three tokens before it, but "
             "%.2g with --rope %s",
             half ? "pairs" : "half", found.asked, found.other, other);
    free(other);
}

void maps_apply(lln_heads *heads, lln_heads *whole)
{
    lln_map_options o = options();
    bool looks = o.rope && !run_shared.plan;
    if (looks && warn_of_rotation(o.rope, heads))
        looks = false;
    lln_heads inner = *heads;
    *heads = (lln_heads){.count = 0};
    lln_status status = lln_mapped_open(&o, &inner, whole, heads);
    if (status == LLN_EINVAL)
        cli_usage("%s", lln_error_message());
    cli_check(status);
    if (looks)
        warn_of_pairing(heads);
}

/* The items of a list of arrays that are weights of norms, joined; NULL: none.
 * The caller frees it. */
static char *norm_weights(const char *list)
{
    char *copy = list ? cli_copy(list) : NULL, *joined = NULL;
    for (char *rest = copy, *item; (item = strsep(&rest, ","));)
        if (strncmp(item, "q_norm", 6) == 0 || strncmp(item, "k_norm", 6) == 0)
            arrays_append(&joined, item);
    free(copy);
    return joined;
}

void maps_look_at_norm(const lln_heads *heads)
{
    lln_norm_limit found;
    char layer[40] = "";
    const char *norm = config_norm_left_out();
    if (!norm || !config_norm_is_known() || run_shared.plan)
        return;
    char *arrays = norm_weights(arrays_for(ARRAYS_OF_MAPS));
    const lln_map_options left_out = {.norm = norm, .arrays = arrays};
    cli_check(
        lln_norm_limit_look(&left_out, run_shared.qk_norm, heads, &found));
    heads->rest(heads);
    free(arrays);
    if (found.layer >= 0)
        snprintf(layer, sizeof layer, " of layer %ld", found.layer);
    if (found.seen)
        cli_warn("logits%s reach %.3g, but the norm that --qk-norm leaves out "
                 "limits them to %.3g: queries and keys seem to have been "
                 "saved before it",
                 layer, found.logit, found.limit);
}

static void refuse_scales(const char *text)
{
    lln_by_layer values;
    lln_query_scale scale;
    cli_check(lln_by_layer_read(text, &values));
    for (size_t i = 0; i < values.count; i++) {
        const char *value = values.items[i].value;
        if (lln_query_scale_read(value, &scale) == LLN_OK &&
            scale.kind == LLN_SCALE_FILE)
            arrays_refuse_place(value);
    }
    lln_by_layer_free(&values);
}

void maps_refuse_overwrite(void)
{
    lln_map_options o = options();
    arrays_refuse_overwrite(o.arrays);
    refuse_scales(o.query_scale);
    if (o.positions && *o.positions != '+' &&
        strcmp(o.positions, "restart") != 0)
        cli_refuse_overwrite(o.positions);
}
