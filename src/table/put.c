/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/put.h"

#include <stdbool.h>
#include <string.h>

#include "core/text.h"

/* Copies the character at `text`; returns its number of bytes. */
static size_t put_character(FILE *out, const char *text)
{
    uint32_t code;
    size_t length = lln_text_character(text, &code);
    if (length == 1 && code >= 0x80)
        fputs("\xEF\xBF\xBD", out);
    else
        fwrite(text, 1, length, out);
    return length;
}

static bool has_control(const char *text)
{
    uint32_t code;
    while (*text) {
        text += lln_text_character(text, &code);
        if (lln_text_is_control(code))
            return true;
    }
    return false;
}

void lln_put_csv(FILE *out, const char *text)
{
    bool quoted = *text == '\0' || *text == '#' || strpbrk(text, ",\"") ||
                  has_control(text);
    if (quoted)
        putc('"', out);
    while (*text) {
        if (*text == '"')
            putc('"', out);
        text += put_character(out, text);
    }
    if (quoted)
        putc('"', out);
}

void lln_put_tsv(FILE *out, const char *text)
{
    static const char special[] = "\t\n\r\\", letters[] = "tnr\\";
    if (*text == '#')
        putc('\\', out);
    while (*text) {
        const char *found = strchr(special, *text);
        if (found)
            fprintf(out, "\\%c", letters[found - special]);
        text += found ? 1 : put_character(out, text);
    }
}

/* U+2028 and U+2029 are escaped for programs that split ndjson at them. */
void lln_put_json(FILE *out, const char *text)
{
    putc('"', out);
    while (*text) {
        uint32_t code;
        size_t length = lln_text_character(text, &code);
        if (code == '"' || code == '\\')
            fprintf(out, "\\%c", (int)code);
        else if (code == '\n')
            fputs("\\n", out);
        else if (code == '\t')
            fputs("\\t", out);
        else if (lln_text_is_control(code) || code == 0x2028 || code == 0x2029)
            fprintf(out, "\\u%04x", (unsigned)code);
        else
            put_character(out, text);
        text += length;
    }
    putc('"', out);
}

/* Controls, line ends and changes of the direction of writing. */
static bool is_harmful(uint32_t code)
{
    return lln_text_is_control(code) || code == 0x200e || code == 0x200f ||
           (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

/* Writes the character at `text`, escaped if it is harmful; returns its number
 * of bytes. */
static size_t put_harmless(FILE *out, const char *text)
{
    uint32_t code;
    size_t length = lln_text_character(text, &code);
    if (is_harmful(code))
        fprintf(out, code < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)code);
    else
        put_character(out, text);
    return length;
}

void lln_put_plain(FILE *out, const char *text)
{
    while (*text)
        text += put_harmless(out, text);
}

void lln_put_markdown(FILE *out, const char *text)
{
    while (*text) {
        if (strchr("|\\`*", *text))
            putc('\\', out);
        text += put_harmless(out, text);
    }
}
