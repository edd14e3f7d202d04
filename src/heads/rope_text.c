/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/rope_text.h"

#include <math.h>
#include <string.h>

/* Parameters from FACTOR on are of a scaling. */
enum {
    THETA,
    DIMS,
    AT,
    SECTIONS,
    INTERLEAVED,
    SCALING,
    FACTOR,
    ORIGINAL,
    LOW,
    HIGH,
    BETA_FAST,
    BETA_SLOW,
    MSCALE,
    MSCALE_ALL_DIM,
    ATTENTION,
    TRUNCATE,
    SETTINGS
};

static const char *const pairings[] = {"none", "half", "pairs", NULL};
static const char *const ends[] = {"first", "last", NULL};
static const char *const answers[] = {"yes", "no", NULL};
static const char *const scalings[] = {"default",      "linear", "dynamic",
                                       "llama3",       "yarn",   "longrope",
                                       "proportional", NULL};

#define ABOVE(x)                                                               \
    {                                                                          \
        x, INFINITY, false, true                                               \
    }
#define AT_LEAST(x)                                                            \
    {                                                                          \
        x, INFINITY, false, false                                              \
    }

static const lln_setting_row table[SETTINGS + 1] = {
    [THETA] = {.name = "theta", .range = ABOVE(1)},
    [DIMS] = {.name = "dims", .range = {2, 65536, true, false}},
    [AT] = {.name = "at", .kind = LLN_SETTING_WORD, .words = ends},
    [SECTIONS] = {.name = "sections", .kind = LLN_SETTING_FREE},
    [INTERLEAVED] = {.name = "interleaved", .kind = LLN_SETTING_FLAG},
    [SCALING] = {.name = "scaling",
                 .kind = LLN_SETTING_WORD,
                 .words = scalings},
    [FACTOR] = {.name = "factor", .range = ABOVE(0)},
    [ORIGINAL] = {.name = "original", .range = ABOVE(1)},
    [LOW] = {.name = "low", .range = AT_LEAST(0)},
    [HIGH] = {.name = "high", .range = AT_LEAST(0)},
    [BETA_FAST] = {.name = "beta-fast", .range = ABOVE(0)},
    [BETA_SLOW] = {.name = "beta-slow", .range = ABOVE(0)},
    [MSCALE] = {.name = "mscale", .range = AT_LEAST(0)},
    [MSCALE_ALL_DIM] = {.name = "mscale-all-dim", .range = AT_LEAST(0)},
    [ATTENTION] = {.name = "attention", .range = ABOVE(0)},
    [TRUNCATE] = {.name = "truncate",
                  .kind = LLN_SETTING_WORD,
                  .words = answers},
};

static const unsigned takes[] = {[LLN_ROPE_NONE] = 0, ~0u, ~0u};

const lln_setting_form lln_rope_form = {pairings, table, takes};

#define BIT(setting) (1u << (setting))

/* Parameters that a scaling needs, and those that it takes besides. The
 * attention factor is also of frequencies that an array gives. */
static const struct {
    unsigned needs, takes;
} rules[] = {
    [LLN_ROPE_DEFAULT] = {0, BIT(ATTENTION)},
    [LLN_ROPE_LINEAR] = {BIT(FACTOR), 0},
    [LLN_ROPE_DYNAMIC] = {BIT(FACTOR) | BIT(ORIGINAL), 0},
    [LLN_ROPE_LLAMA3] = {BIT(FACTOR) | BIT(ORIGINAL) | BIT(LOW) | BIT(HIGH), 0},
    [LLN_ROPE_YARN] = {BIT(FACTOR) | BIT(ORIGINAL),
                       BIT(BETA_FAST) | BIT(BETA_SLOW) | BIT(MSCALE) |
                           BIT(MSCALE_ALL_DIM) | BIT(ATTENTION) |
                           BIT(TRUNCATE)},
    [LLN_ROPE_LONGROPE] = {BIT(ORIGINAL), BIT(FACTOR) | BIT(ATTENTION)},
    [LLN_ROPE_PROPORTIONAL] = {0, 0},
};

/* LLN_EINVAL: a parameter that the scaling needs, or does not take. */
static lln_status check_scaling(const char *text, const lln_setting *values)
{
    size_t kind = values[SCALING].word;
    for (int i = FACTOR; i < SETTINGS; i++) {
        bool needed = rules[kind].needs & BIT(i);
        if (needed && !values[i].given)
            return lln_fail(LLN_EINVAL, "'%s': scaling=%s needs %s=", text,
                            scalings[kind], table[i].name);
        if (!needed && !(rules[kind].takes & BIT(i)) && values[i].given)
            return lln_fail(LLN_EINVAL, "'%s': scaling=%s takes no %s=", text,
                            scalings[kind], table[i].name);
    }
    bool factor = values[FACTOR].given || values[ATTENTION].given;
    if (kind == LLN_ROPE_LONGROPE && !factor)
        return lln_fail(
            LLN_EINVAL,
            "'%s': scaling=longrope needs attention= or factor=", text);
    if (kind == LLN_ROPE_LLAMA3 && values[HIGH].number < values[LOW].number)
        return lln_fail(LLN_EINVAL,
                        "'%s': expected high= not below low=", text);
    if (kind == LLN_ROPE_PROPORTIONAL && values[AT].word > 0)
        return lln_fail(LLN_EINVAL,
                        "'%s': at=last cannot be used with "
                        "scaling=proportional, which pairs features of the "
                        "whole head",
                        text);
    return LLN_OK;
}

static double value_or(const lln_setting *setting, double initial)
{
    return setting->given ? setting->number : initial;
}

static lln_rope_scaling scaling_of(const lln_setting *values)
{
    return (lln_rope_scaling){
        .kind = (lln_rope_scaling_kind)values[SCALING].word,
        .factor = values[FACTOR].number,
        .original = values[ORIGINAL].number,
        .low = values[LOW].number,
        .high = values[HIGH].number,
        .beta_fast = value_or(&values[BETA_FAST], 32),
        .beta_slow = value_or(&values[BETA_SLOW], 1),
        .mscale = values[MSCALE].number,
        .mscale_all_dim = values[MSCALE_ALL_DIM].number,
        .attention = values[ATTENTION].number,
        .truncate = values[TRUNCATE].word == 0,
    };
}

/* list: "16,24,24" */
static lln_status read_sections(const char *text, char *list, lln_rope *rope)
{
    static const lln_range range = {1, 32768, true, false};
    char *rest = list;
    bool good = true;
    while (rest && good) {
        double pairs = 0;
        const char *part = strsep(&rest, ",");
        good = rope->section_count < LLN_ROPE_SECTIONS &&
               lln_number_read(part, &range, &pairs) == LLN_NUMBER;
        if (good)
            rope->sections[rope->section_count++] = (size_t)pairs;
    }
    if (good && rope->section_count > 1)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "'%s': sections: expected two or three numbers of pairs, "
                    "separated by commas",
                    text);
}

static lln_status read_pairing(const char *text, const char *word,
                               lln_rope *rope)
{
    for (size_t i = 0; pairings[i]; i++)
        if (strcmp(pairings[i], word) == 0) {
            rope->pairing = (lln_rope_pairing)i;
            return LLN_OK;
        }
    return lln_fail(LLN_EINVAL, "'%s': expected half, pairs or none", text);
}

lln_status lln_rope_read(const char *text, lln_rope *rope)
{
    lln_setting values[SETTINGS];
    char word[LLN_SETTING_TEXT];
    *rope = (lln_rope){.theta = NAN};
    LLN_TRY(lln_settings_read(text, table, word, values));
    LLN_TRY(read_pairing(text, word, rope));
    for (size_t i = 0; i < SETTINGS && rope->pairing == LLN_ROPE_NONE; i++)
        if (values[i].given)
            return lln_fail(LLN_EINVAL, "'%s': none takes no parameters", text);
    LLN_TRY(check_scaling(text, values));
    rope->theta = value_or(&values[THETA], 10000);
    rope->theta_given = values[THETA].given;
    rope->dims = (size_t)value_or(&values[DIMS], 0);
    rope->last = values[AT].word > 0;
    rope->scaling = scaling_of(values);
    rope->interleaved = values[INTERLEAVED].given;
    if (values[SECTIONS].given)
        return read_sections(text, values[SECTIONS].text, rope);
    return rope->interleaved
               ? lln_fail(LLN_EINVAL, "'%s': interleaved needs sections=", text)
               : LLN_OK;
}
