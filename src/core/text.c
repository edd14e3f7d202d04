/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/text.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"

enum { REPLACEMENT = 0xfffd };

void lln_text_append(char *text, size_t size, const char *item)
{
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", used ? ", " : "", item);
}

/* Number of bytes of the character that begins with this byte; 0: none begins
 * with it. */
static size_t character_length(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc0)
        return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0;
}

/* The final zero is not a continuation byte. */
size_t lln_text_character(const char *text, uint32_t *code)
{
    static const unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    size_t length = character_length(bytes[0]);
    *code = REPLACEMENT;
    if (length == 0)
        return 1;
    uint32_t value = bytes[0] & lead_bits[length];
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 1;
        value = value << 6 | (bytes[i] & 0x3f);
    }
    bool surrogate = value >= 0xd800 && value < 0xe000;
    if (value < least[length] || value > 0x10ffff || surrogate)
        return 1;
    *code = value;
    return length;
}

bool lln_text_is_control(uint32_t code)
{
    return code < ' ' || (code >= 0x7f && code < 0xa0);
}

/* Writes a character of `length` bytes to piece [17], or escape sequences for
 * its bytes if it is not printable. Returns the number of bytes written. */
static size_t show_character(const char *text, size_t length, uint32_t code,
                             char *piece)
{
    bool stray = length == 1 && (unsigned char)*text >= 0x80;
    if (!stray && !lln_text_is_control(code)) {
        memcpy(piece, text, length);
        return length;
    }
    for (size_t i = 0; i < length; i++)
        sprintf(piece + 4 * i, "\\x%02x", (unsigned char)text[i]);
    return 4 * length;
}

const char *lln_text_printable(char *text, size_t size, const char *item)
{
    size_t used = 0;
    while (*item) {
        char piece[17];
        uint32_t code;
        size_t length = lln_text_character(item, &code);
        size_t shown = show_character(item, length, code, piece);
        if (used + shown >= size)
            break;
        memcpy(text + used, piece, shown);
        used += shown;
        item += length;
    }
    text[used] = '\0';
    if (*item)
        strcpy(text + (used < size - 4 ? used : size - 4), "...");
    return text;
}

const char *lln_text_plural(size_t count)
{
    return count == 1 ? "" : "s";
}

char *lln_text_clean(const char *text)
{
    char *copy = lln_array_alloc_raw(strlen(text) + 1, 3), *to = copy;
    while (copy && *text) {
        uint32_t code;
        size_t length = lln_text_character(text, &code);
        bool valid = length > 1 || code < 0x80;
        size_t written = valid ? length : 3;
        memcpy(to, valid ? text : "\xEF\xBF\xBD", written);
        to += written;
        text += length;
    }
    if (copy)
        *to = '\0';
    return copy;
}
