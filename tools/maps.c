/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "maps.h"

#include <stdlib.h>
#include <string.h>

#include "array_lists.h"
#include "heads/mapped.h"
#include "heads/query_scale.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "rules.h"

static lln_map_options options(void)
{
    return (lln_map_options){
        .clip = run_shared.clip_qkv,
        .norm = run_shared.qk_norm,
        .rope = run_shared.rope,
        .query_scale = run_shared.query_scale,
        .positions = run_shared.positions,
        .positions_used = rules_use_positions(),
        .documents = rules_documents(),
        .arrays = arrays_for(ARRAYS_OF_MAPS),
    };
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
    if (o.positions && strcmp(o.positions, "restart") == 0 &&
        !run_shared.documents)
        cli_usage("--positions restart needs --documents");
    lln_status status = lln_maps_check(&o);
    if (status == LLN_EINVAL)
        cli_usage("%s", lln_error_message());
    cli_check(status);
}

void maps_apply(lln_heads *heads, lln_heads *whole)
{
    lln_map_options o = options();
    lln_heads inner = *heads;
    *heads = (lln_heads){.count = 0};
    lln_status status = lln_mapped_open(&o, &inner, whole, heads);
    if (status == LLN_EINVAL)
        cli_usage("%s", lln_error_message());
    cli_check(status);
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
