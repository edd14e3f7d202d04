/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/by_layer.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"

enum { NUMBER = 16 }; /* bytes of the number of a layer */

/* Reads a whole number and moves *text past it. */
static bool read_layer(const char **text, size_t *layer)
{
    char digits[NUMBER];
    uint64_t number = 0;
    size_t length = strspn(*text, "0123456789");
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, *text, length);
    digits[length] = '\0';
    *text += length;
    if (lln_number_read_whole(digits, &number) != LLN_NUMBER)
        return false;
    *layer = (size_t)number;
    return true;
}

/* Reads "3" or "3-5". */
static bool read_run(const char **text, lln_layer_run *run)
{
    if (!read_layer(text, &run->first))
        return false;
    run->last = run->first;
    if (**text != '-')
        return true;
    ++*text;
    return read_layer(text, &run->last) && run->last >= run->first;
}

/* layers: "0-3,7", which ends at an @. */
static lln_status read_runs(const char *item, lln_layer_value *value)
{
    const char *rest = item;
    bool good = true, more = true;
    while (good && more) {
        lln_layer_run *grown =
            lln_array_grow(value->runs, value->count, sizeof *grown);
        if (!grown)
            return LLN_ENOMEM;
        value->runs = grown;
        good = read_run(&rest, &value->runs[value->count++]);
        more = *rest == ',';
        rest += more;
    }
    if (good && *rest == '@')
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "'%s': expected layers before the @, such as 0-3,7@VALUE",
                    item);
}

static lln_status read_item(const char *item, lln_layer_value *value)
{
    size_t layers = strspn(item, "0123456789,-");
    bool some = layers > 0 && item[layers] == '@';
    if (some)
        LLN_TRY(read_runs(item, value));
    const char *text = some ? item + layers + 1 : item;
    if (*text == '\0')
        return lln_fail(LLN_EINVAL, "'%s': empty value", item);
    value->value = strdup(text);
    return value->value ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
}

/* A layer that is in both; -1: none. */
static long common_layer(const lln_layer_run *a, const lln_layer_run *b)
{
    size_t first = a->first > b->first ? a->first : b->first;
    size_t last = a->last < b->last ? a->last : b->last;
    return first <= last ? (long)first : -1;
}

/* LLN_EINVAL: run `end` of the last value, or that value, is given already. */
static lln_status check_run(const lln_by_layer *values, size_t end)
{
    const lln_layer_value *own = &values->items[values->count - 1];
    for (size_t i = 0; i < values->count; i++) {
        const lln_layer_value *other = &values->items[i];
        size_t count = other == own ? end : other->count;
        for (size_t j = 0; j < count; j++) {
            long layer = common_layer(&own->runs[end], &other->runs[j]);
            if (layer >= 0)
                return lln_fail(LLN_EINVAL,
                                "layer %ld has two values, '%s' and '%s'",
                                layer, other->value, own->value);
        }
    }
    return LLN_OK;
}

/* LLN_EINVAL: the last value is for a layer that has one. */
static lln_status check_last(const lln_by_layer *values)
{
    const lln_layer_value *own = &values->items[values->count - 1];
    for (size_t end = 0; end < own->count; end++)
        LLN_TRY(check_run(values, end));
    for (size_t i = 0; i + 1 < values->count && own->count == 0; i++)
        if (values->items[i].count == 0)
            return lln_fail(LLN_EINVAL,
                            "two values for all layers, '%s' and '%s'; write "
                            "LAYERS@VALUE for a value of some layers",
                            values->items[i].value, own->value);
    return LLN_OK;
}

static lln_status add_item(const char *item, lln_by_layer *values)
{
    lln_layer_value *grown =
        lln_array_grow(values->items, values->count, sizeof *grown);
    if (!grown)
        return LLN_ENOMEM;
    values->items = grown;
    values->items[values->count] = (lln_layer_value){.count = 0};
    LLN_TRY(read_item(item, &values->items[values->count++]));
    return check_last(values);
}

lln_status lln_by_layer_read(const char *text, lln_by_layer *values)
{
    static const char separator[] = {LLN_BY_LAYER_SEPARATOR, '\0'};
    *values = (lln_by_layer){.count = 0};
    if (!text)
        return LLN_OK;
    char *copy = strdup(text), *rest = copy;
    lln_status status = copy ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
    while (rest && status == LLN_OK)
        status = add_item(strsep(&rest, separator), values);
    free(copy);
    return status;
}

const char *lln_by_layer_find(const lln_by_layer *values, long layer)
{
    const char *rest = NULL;
    for (size_t i = 0; i < values->count; i++) {
        const lln_layer_value *item = &values->items[i];
        if (item->count == 0)
            rest = item->value;
        for (size_t j = 0; j < item->count && layer >= 0; j++)
            if (item->runs[j].first <= (size_t)layer &&
                (size_t)layer <= item->runs[j].last)
                return item->value;
    }
    return rest;
}

bool lln_by_layer_differs(const char *text)
{
    lln_by_layer values;
    bool some = false;
    lln_status status = lln_by_layer_read(text, &values);
    for (size_t i = 0; i < values.count && status == LLN_OK; i++)
        some = some || values.items[i].count > 0;
    lln_by_layer_free(&values);
    return some;
}

void lln_by_layer_free(lln_by_layer *values)
{
    for (size_t i = 0; i < values->count; i++) {
        free(values->items[i].runs);
        free(values->items[i].value);
    }
    free(values->items);
    *values = (lln_by_layer){.count = 0};
}
