/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"

enum { REPLACEMENT = 0xfffd };

void lln_text_append(char *text, size_t size, const char *item)
{
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", used ? ", " : "", item);
}

const char *lln_text_printable(char *text, size_t size, const char *item)
{
    char piece[5];
    size_t used = 0;
    text[0] = '\0';
    for (; *item; item++) {
        unsigned char byte = (unsigned char)*item;
        bool control = byte < ' ' || byte == 0x7f;
        int length =
            snprintf(piece, sizeof piece, control ? "\\x%02x" : "%c", byte);
        if (used + (size_t)length >= size)
            break;
        memcpy(text + used, piece, (size_t)length + 1);
        used += (size_t)length;
    }
    if (*item)
        strcpy(text + (used < size - 4 ? used : size - 4), "...");
    return text;
}

/* Bytes of the character that begins with this one; 0: none does. */
static size_t character_length(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc0)
        return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0;
}

/* The end of the string is no continuation. */
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
