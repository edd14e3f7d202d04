/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/settings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

enum { EXPECTED = 512 }; /* bytes of what is expected, in a message */

void lln_settings_list(const char *const *words, char *text, size_t size)
{
    *text = '\0';
    for (; *words; words++)
        lln_text_append(text, size, *words);
}

/* Copies the part of a text before the next colon; returns what follows it,
 * NULL at the end, or `text` itself if the part is too long. */
static const char *take_part(const char *text, char *part, size_t size)
{
    size_t length = strcspn(text, ":");
    if (length >= size)
        return text;
    memcpy(part, text, length);
    part[length] = '\0';
    return text[length] ? text + length + 1 : NULL;
}

static lln_status unknown(const char *text, const lln_setting_row *rows,
                          const char *name)
{
    char known[EXPECTED] = "";
    for (; rows->name; rows++) {
        char item[LLN_SETTING_TEXT];
        snprintf(item, sizeof item, "%s%s", rows->name,
                 rows->kind == LLN_SETTING_FLAG ? "" : "=");
        lln_text_append(known, sizeof known, item);
    }
    return lln_fail(LLN_EINVAL, "'%s': unknown parameter '%s'; expected %s",
                    text, name, *known ? known : "none");
}

static lln_status bad_value(const char *text, const lln_setting_row *row,
                            const char *value)
{
    char expected[EXPECTED] = "no value";
    if (row->kind == LLN_SETTING_NUMBER)
        lln_range_text(&row->range, expected, sizeof expected);
    else if (row->kind == LLN_SETTING_WORD)
        lln_settings_list(row->words, expected, sizeof expected);
    else if (row->kind == LLN_SETTING_FREE)
        snprintf(expected, sizeof expected, "a value");
    return lln_fail(LLN_EINVAL, "'%s': %s%s%s: expected %s", text, row->name,
                    value ? "=" : "", value ? value : "", expected);
}

static bool find_word(const char *const *words, const char *word, size_t *index)
{
    for (*index = 0; words[*index]; ++*index)
        if (strcmp(words[*index], word) == 0)
            return true;
    *index = 0;
    return false;
}

/* value: NULL if there is no "=". */
static lln_status set_value(const char *text, const lln_setting_row *row,
                            const char *value, lln_setting *setting)
{
    bool good = (value == NULL) == (row->kind == LLN_SETTING_FLAG);
    if (good && row->kind == LLN_SETTING_NUMBER)
        good =
            lln_number_read(value, &row->range, &setting->number) == LLN_NUMBER;
    if (good && row->kind == LLN_SETTING_WORD)
        good = find_word(row->words, value, &setting->word);
    if (good && row->kind == LLN_SETTING_FREE)
        good = *value != '\0';
    if (!good)
        return bad_value(text, row, value);
    setting->given = true;
    if (value)
        snprintf(setting->text, sizeof setting->text, "%s", value);
    return LLN_OK;
}

/* part: "name=value" or a flag; it is written to. */
static lln_status assign(const char *text, char *part,
                         const lln_setting_row *rows, lln_setting *values)
{
    char *value = strchr(part, '=');
    if (value)
        *value++ = '\0';
    size_t i = 0;
    while (rows[i].name && strcmp(rows[i].name, part) != 0)
        i++;
    if (!rows[i].name)
        return unknown(text, rows, part);
    if (values[i].given)
        return lln_fail(LLN_EINVAL, "'%s': %s is given twice", text, part);
    return set_value(text, &rows[i], value, &values[i]);
}

lln_status lln_settings_read(const char *text, const lln_setting_row *rows,
                             char *word, lln_setting *values)
{
    for (size_t i = 0; rows[i].name; i++)
        values[i] = (lln_setting){.number = NAN};
    const char *rest = take_part(text, word, LLN_SETTING_TEXT);
    for (const char *from = text; rest != NULL;) {
        char part[LLN_SETTING_TEXT];
        if (rest == from)
            return lln_fail(LLN_EINVAL,
                            "'%s': a part is longer than %d characters", text,
                            LLN_SETTING_TEXT - 1);
        from = rest;
        rest = take_part(from, part, sizeof part);
        if (rest != from)
            LLN_TRY(assign(text, part, rows, values));
    }
    return LLN_OK;
}
