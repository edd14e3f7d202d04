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

/* Whether a head has one of the layers of the value; true without LAYERS@. */
static bool is_used(const lln_layer_value *value, const lln_heads *heads)
{
    if (value->count == 0)
        return true;
    for (size_t i = 0; i < heads->count; i++) {
        lln_head head;
        heads->describe(heads, i, &head);
        for (size_t r = 0; r < value->count; r++)
            if (head.layer >= (long)value->runs[r].first &&
                head.layer <= (long)value->runs[r].last)
                return true;
    }
    return false;
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
    lln_head head;
    heads->describe(heads, 0, &head);
    for (const cli_option *o = run_shared_options; o->name; o++) {
        const char *values =
            o->type == CLI_LAYER ? *(char *const *)o->target : NULL;
        if (!values)
            continue;
        refuse_values(o->name, values, &head);
        if (!run_shared.layers && !config_get())
            warn_of_unused(o->name, values, heads);
    }
}
