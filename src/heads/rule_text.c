/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/rule_text.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Sizes whose squares still fit. */
#define MOST_TOKENS 1073741824.0

const char *const lln_rule_option_names[LLN_RULE_OPTIONS] = {
    [LLN_RULE_WINDOW] = "window", [LLN_RULE_CHUNK] = "chunk",
    [LLN_RULE_PREFIX] = "prefix", [LLN_RULE_SOFTCAP] = "softcap",
    [LLN_RULE_BIAS] = "bias",     [LLN_RULE_SINK] = "sink",
    [LLN_RULE_SCALE] = "scale",
};

const lln_rule_values lln_rule_nothing = {.scale = NAN};

static const lln_range tokens = {1, MOST_TOKENS, .whole = true};
static const lln_range positive = {0, INFINITY, .excluded = true};

/* The message is that of options that are numbers on the command line. */
static lln_status read_number(const char *text, const lln_range *range,
                              double *value)
{
    char expected[96];
    lln_number read = lln_number_read(text, range, value);
    if (read == LLN_NUMBER)
        return LLN_OK;
    lln_range_text(range, expected, sizeof expected);
    if (read == LLN_NUMBER_OUTSIDE)
        return lln_fail(LLN_EINVAL, "'%s' is out of range; expected %s", text,
                        expected);
    return lln_fail(LLN_EINVAL, "'%s' is not %s; expected %s", text,
                    range->whole ? "a whole number" : "a number", expected);
}

static lln_status read_count(const char *text, size_t *value)
{
    double number = 0;
    LLN_TRY(read_number(text, &tokens, &number));
    *value = (size_t)number;
    return LLN_OK;
}

/* A side of L,R, as a number of keys with that of the query; -1: 0. */
static bool read_side(const char *text, size_t *keys)
{
    static const lln_range range = {0, MOST_TOKENS, .whole = true};
    double number = -1;
    if (strcmp(text, "-1") != 0 &&
        lln_number_read(text, &range, &number) != LLN_NUMBER)
        return false;
    *keys = (size_t)(number + 1);
    return true;
}

static lln_status read_window(const char *text, lln_rule_values *values)
{
    char left[LLN_SETTING_TEXT];
    const char *comma = strchr(text, ',');
    if (!comma)
        return read_count(text, &values->window);
    size_t length = (size_t)(comma - text);
    bool good = length < sizeof left;
    if (good) {
        memcpy(left, text, length);
        left[length] = '\0';
        good = read_side(left, &values->window) &&
               read_side(comma + 1, &values->right);
    }
    if (!good)
        return lln_fail(LLN_EINVAL,
                        "'%s': expected W, or L,R; L and R are whole numbers "
                        "of at least 0, or -1 for no limit",
                        text);
    if (values->window == 0 && values->right == 0)
        return lln_fail(LLN_EINVAL, "'%s' hides no key; use none", text);
    if (values->right == 0)
        values->right = SIZE_MAX; /* not as far as to the left */
    return LLN_OK;
}

static const char *const bias_kinds[] = {"none",  "full", "toeplitz",
                                         "alibi", "t5",   NULL};

enum { MAX, FACTOR, SYMMETRIC, BUCKETS, DISTANCE, DECODER, SETTINGS };

static const lln_setting_row bias_rows[SETTINGS + 1] = {
    [MAX] = {.name = "max", .range = {0, 1000, .excluded = true}},
    [FACTOR] = {.name = "factor", .range = {0, INFINITY, .excluded = true}},
    [SYMMETRIC] = {.name = "symmetric", .kind = LLN_SETTING_FLAG},
    [BUCKETS] = {.name = "buckets", .range = {2, 1048576, .whole = true}},
    [DISTANCE] = {.name = "distance", .range = {1, MOST_TOKENS, .whole = true}},
    [DECODER] = {.name = "decoder", .kind = LLN_SETTING_FLAG},
};

#define BIT(setting) (1u << (setting))

static const unsigned bias_takes[] = {
    [LLN_BIAS_ALIBI] = BIT(MAX) | BIT(FACTOR) | BIT(SYMMETRIC),
    [LLN_BIAS_T5] = BIT(BUCKETS) | BIT(DISTANCE) | BIT(DECODER),
};

const lln_setting_form lln_bias_form = {bias_kinds, bias_rows, bias_takes};

/* LLN_EINVAL: a parameter that the kind does not take. */
static lln_status check_bias(const char *text, size_t kind,
                             const lln_setting *values)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (values[i].given && !(bias_takes[kind] & BIT(i)))
            return lln_fail(LLN_EINVAL, "'%s': %s takes no %s", text,
                            bias_kinds[kind], bias_rows[i].name);
    bool both = values[BUCKETS].given && values[DISTANCE].given;
    if (kind == LLN_BIAS_T5 && !both)
        return lln_fail(LLN_EINVAL,
                        "'%s': t5 needs buckets= and distance=", text);
    return LLN_OK;
}

/* Near keys have buckets of their own: half of those of a direction. */
static lln_status check_buckets(const char *text, const lln_bias_text *bias)
{
    size_t side = bias->decoder ? bias->buckets : bias->buckets / 2;
    if (side >= 2 && bias->distance > side / 2)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "'%s': expected at least %d buckets, and distance= above "
                    "%zu",
                    text, bias->decoder ? 2 : 4, side / 2);
}

static lln_status read_bias(const char *text, lln_bias_text *bias)
{
    lln_setting values[SETTINGS];
    char word[LLN_SETTING_TEXT];
    size_t kind = 0;
    LLN_TRY(lln_settings_read(text, bias_rows, word, values));
    while (bias_kinds[kind] && strcmp(bias_kinds[kind], word) != 0)
        kind++;
    if (!bias_kinds[kind])
        return lln_fail(LLN_EINVAL,
                        "'%s': expected full, toeplitz, alibi, t5 or none",
                        text);
    LLN_TRY(check_bias(text, kind, values));
    *bias = (lln_bias_text){
        .kind = (lln_bias_kind)kind,
        .max = values[MAX].given ? values[MAX].number : 8,
        .factor = values[FACTOR].given ? values[FACTOR].number : 1,
        .symmetric = values[SYMMETRIC].given,
        .decoder = values[DECODER].given,
    };
    if (kind != LLN_BIAS_T5)
        return LLN_OK;
    bias->buckets = (size_t)values[BUCKETS].number;
    bias->distance = (size_t)values[DISTANCE].number;
    return check_buckets(text, bias);
}

lln_status lln_rule_value_read(lln_rule_option option, const char *text,
                               lln_rule_values *values)
{
    if (strcmp(text, "none") == 0)
        return LLN_OK;
    switch (option) {
    case LLN_RULE_WINDOW:
        return read_window(text, values);
    case LLN_RULE_CHUNK:
        return read_count(text, &values->chunk);
    case LLN_RULE_PREFIX:
        return read_count(text, &values->prefix);
    case LLN_RULE_SOFTCAP:
        return read_number(text, &positive, &values->softcap);
    case LLN_RULE_BIAS:
        return read_bias(text, &values->bias);
    case LLN_RULE_SINK:
        values->has_sink = true;
        return read_number(text, &lln_any_number, &values->sink);
    case LLN_RULE_SCALE:
        return read_number(text, &positive, &values->scale);
    default:
        return lln_fail(LLN_EINVAL, "internal error: no such option");
    }
}
