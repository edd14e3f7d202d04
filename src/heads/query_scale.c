/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/query_scale.h"

#include <math.h>
#include <string.h>

static const char *const kinds[] = {"none", "llama4", "ministral", "ssmax",
                                    NULL};

enum { SCALE, FLOOR, ORIGINAL, FACTOR, SETTINGS };

#define MOST 4503599627370496.0 /* 2^52 */

static const lln_setting_row table[SETTINGS + 1] = {
    [SCALE] = {.name = "scale", .range = {0, INFINITY, false, false}},
    [FLOOR] = {.name = "floor", .range = {1, MOST, true, false}},
    [ORIGINAL] = {.name = "original", .range = {1, MOST, true, false}},
    [FACTOR] = {.name = "factor", .range = {-INFINITY, INFINITY, false, false}},
};

#define BIT(setting) (1u << (setting))

static const unsigned takes[] = {
    [LLN_SCALE_NONE] = 0,
    [LLN_SCALE_LLAMA4] = BIT(SCALE) | BIT(FLOOR),
    [LLN_SCALE_MINISTRAL] = BIT(SCALE) | BIT(ORIGINAL),
    [LLN_SCALE_SSMAX] = BIT(FACTOR),
};

const lln_setting_form lln_query_scale_form = {kinds, table, takes};

static lln_query_scale_kind find_kind(const char *text)
{
    size_t length = strcspn(text, ":");
    for (size_t i = 0; kinds[i]; i++)
        if (strlen(kinds[i]) == length && strncmp(kinds[i], text, length) == 0)
            return (lln_query_scale_kind)i;
    return LLN_SCALE_FILE;
}

static double value_or(const lln_setting *setting, double initial)
{
    return setting->given ? setting->number : initial;
}

lln_status lln_query_scale_read(const char *text, lln_query_scale *scale)
{
    lln_setting values[SETTINGS];
    char word[LLN_SETTING_TEXT];
    lln_query_scale_kind kind = find_kind(text);
    *scale = (lln_query_scale){.kind = kind};
    if (kind == LLN_SCALE_FILE)
        return LLN_OK;
    LLN_TRY(lln_settings_read(text, table, word, values));
    for (int i = 0; i < SETTINGS; i++)
        if (values[i].given && !(takes[kind] & BIT(i)))
            return lln_fail(LLN_EINVAL, "'%s': %s takes no %s=", text, word,
                            table[i].name);
    if (kind == LLN_SCALE_MINISTRAL && !values[ORIGINAL].given)
        return lln_fail(LLN_EINVAL, "'%s': ministral needs original=", text);
    scale->scale = kind == LLN_SCALE_SSMAX ? values[FACTOR].number
                                           : value_or(&values[SCALE], 0.1);
    scale->floor = value_or(&values[FLOOR], 8192);
    scale->original = values[ORIGINAL].number;
    return LLN_OK;
}

double lln_query_scale_at(const lln_query_scale *scale, size_t index,
                          double position)
{
    double place = (double)index + 1;
    switch (scale->kind) {
    case LLN_SCALE_LLAMA4:
        return 1 + scale->scale * log1p(floor(place / scale->floor));
    case LLN_SCALE_MINISTRAL:
        return 1 + scale->scale * log1p(floor(position / scale->original));
    case LLN_SCALE_SSMAX:
        return scale->scale * log(place);
    case LLN_SCALE_NONE:
    case LLN_SCALE_FILE:
        break;
    }
    return 1;
}
