/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer_values.h"

#include "config.h"
#include "heads/by_layer.h"
#include "message.h"
#include "options.h"

static void refuse_values(const char *option, const char *values,
                          const lln_head *head)
{
    if (head->layer < 0 && lln_by_layer_differs(values))
        cli_usage("--%s: LAYERS@ needs the number of the layer, which %s does "
                  "not give; give a value without LAYERS@, an axis of layers "
                  "(l in --layout), or the number in the names of arrays or "
                  "files",
                  option, head->file);
}

/* Whether a head has one of the layers of the value. */
static bool is_used(const lln_layer_value *value, const lln_heads *heads)
{
    for (size_t i = 0; i < heads->count; i++) {
        lln_head head;
        heads->describe(heads, i, &head);
        for (size_t r = 0; r < value->count; r++)
            if (head.layer >= (long)value->runs[r].first &&
                head.layer <= (long)value->runs[r].last)
                return true;
    }
    return value->count == 0;
}

static void warn_of_unused(const char *option, const char *values,
                           const lln_heads *heads)
{
    lln_by_layer read;
    cli_check(lln_by_layer_read(values, &read));
    for (size_t i = 0; i < read.count; i++) {
        const lln_layer_value *value = &read.items[i];
        if (!is_used(value, heads))
            cli_warn("--%s: the value '%s' is not used: no head is in layer "
                     "%zu%s",
                     option, value->value, value->runs[0].first,
                     value->count > 1 ||
                             value->runs[0].last > value->runs[0].first
                         ? " or in the other layers before its @"
                         : "");
    }
    lln_by_layer_free(&read);
}

void layer_values_check(const lln_heads *heads)
{
    const run_options *o = &run_shared;
    const struct {
        const char *name, *value;
    } options[] = {
        {"clip-qkv", o->clip_qkv}, {"qk-norm", o->qk_norm},
        {"rope", o->rope},         {"query-scale", o->query_scale},
        {"window", o->window},     {"chunk", o->chunk},
        {"prefix", o->prefix},     {"scale", o->scale},
        {"softcap", o->softcap},   {"bias", o->bias},
        {"sink", o->sink},
    };
    lln_head head;
    heads->describe(heads, 0, &head);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (!options[i].value)
            continue;
        refuse_values(options[i].name, options[i].value, &head);
        if (!o->layers && !config_get())
            warn_of_unused(options[i].name, options[i].value, heads);
    }
}
