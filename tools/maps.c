/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "maps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "heads/files.h"
#include "heads/mapped.h"
#include "heads/query_scale.h"
#include "heads/rotation.h"
#include "measure/pairing.h"
#include "message.h"
#include "options.h"
#include "output.h"

/* The two parts of --arrays; NULL: empty. */
static struct {
    bool known;
    char *maps, *others;
} arrays;

static bool is_for_maps(const char *item)
{
    size_t length = strcspn(item, "=");
    for (size_t i = 0; i < LLN_MAP_ARRAYS; i++)
        if (strlen(lln_map_array_names[i]) == length &&
            strncmp(lln_map_array_names[i], item, length) == 0)
            return true;
    return false;
}

/* Adds an item after a comma. */
static void append(char **list, const char *item)
{
    char *joined;
    if (asprintf(&joined, "%s%s%s", *list ? *list : "", *list ? "," : "",
                 item) < 0)
        cli_fail("out of memory");
    free(*list);
    *list = joined;
}

static void split_arrays(void)
{
    if (arrays.known)
        return;
    arrays.known = true;
    char *copy = run_shared.arrays ? cli_copy(run_shared.arrays) : NULL;
    for (char *rest = copy, *item; (item = strsep(&rest, ","));)
        append(is_for_maps(item) ? &arrays.maps : &arrays.others, item);
    free(copy);
}

const char *maps_other_arrays(void)
{
    split_arrays();
    return arrays.others;
}

static lln_map_options options(void)
{
    split_arrays();
    lln_map_options all = {
        .clip = run_shared.clip_qkv,
        .norm = run_shared.qk_norm,
        .rope = run_shared.rope,
        .query_scale = run_shared.query_scale,
        .positions = run_shared.positions,
        .arrays = arrays.maps,
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
    if (o.positions && strcmp(o.positions, "restart") == 0)
        cli_usage("--positions restart needs --documents");
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
    cli_warn("%zu of %zu key heads%s look as if rotary embedding had turned "
             "them already; if so, %s",
             found.turned, found.keys, layer,
             config_get() ? "give --rope none" : "leave out --rope");
    return true;
}

/* Says that the other pairing of channels fits better. */
static void warn_of_pairing(const lln_heads *heads)
{
    lln_pairing found;
    cli_check(lln_pairing_look(heads, &found));
    heads->rest(heads);
    bool half = found.pairing == LLN_ROPE_HALF;
    if (found.seen)
        cli_warn("--rope %s would give %.2g of the attention of a token to "
                 "itself and the three tokens before it, --rope %s gives "
                 "%.2g: it may be the wrong pairing",
                 half ? "half" : "pairs", found.other, half ? "pairs" : "half",
                 found.asked);
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

/* place: FILE[:KEY] */
static void refuse_place(const char *place)
{
    char *path, *key;
    cli_check(lln_files_split(place, &path, &key));
    cli_refuse_overwrite(path);
    free(path);
    free(key);
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
            refuse_place(value);
    }
    lln_by_layer_free(&values);
}

void maps_refuse_overwrite(void)
{
    lln_map_options o = options();
    char *copy = o.arrays ? cli_copy(o.arrays) : NULL;
    for (char *rest = copy, *item; (item = strsep(&rest, ","));)
        refuse_place(item + strcspn(item, "=") + (strchr(item, '=') != NULL));
    free(copy);
    refuse_scales(o.query_scale);
    if (o.positions && *o.positions != '+')
        cli_refuse_overwrite(o.positions);
}
