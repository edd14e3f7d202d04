/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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
