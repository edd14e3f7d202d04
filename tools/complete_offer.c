/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "complete_offer.h"

#include <string.h>

static const char *word, *part; /* part: the end of the word */
static FILE *out;
static bool stays; /* no space follows; not written yet */

void complete_begin(const char *completed, size_t before, FILE *stream)
{
    word = completed;
    part = completed + before;
    out = stream;
}

const char *complete_part(void)
{
    return part;
}

void complete_skip(size_t length)
{
    part += length;
}

void complete_narrow(const char *separators)
{
    for (const char *at; (at = strpbrk(part, separators));)
        part = at + 1;
}

static bool is_plain(const char *text)
{
    while (*text && (unsigned char)*text >= ' ' && *text != 0x7f)
        text++;
    return *text == '\0';
}

void complete_offer(const char *name, const char *suffix,
                    const char *description)
{
    if (strncmp(name, part, strlen(part)) != 0 || !is_plain(name) ||
        !is_plain(word) || (part == word && *name == ':'))
        return;
    if (stays)
        fputs(":nospace\n", out);
    stays = false;
    fprintf(out, "%.*s%s%s", (int)(part - word), word, name, suffix);
    if (description && is_plain(description))
        fprintf(out, "\t%s", description);
    putc('\n', out);
}

void complete_offer_words(const char *const *words)
{
    for (; *words; words++)
        complete_offer(*words, "", NULL);
}

void complete_offer_alternatives(const char *prefix, const char *alternatives)
{
    for (size_t length; *alternatives;
         alternatives += length + (alternatives[length] == '|')) {
        char name[64];
        length = strcspn(alternatives, "|");
        if (strspn(alternatives, "abcdefghijklmnopqrstuvwxyz-") != length)
            continue;
        snprintf(name, sizeof name, "%s%.*s", prefix, (int)length,
                 alternatives);
        complete_offer(name, "", NULL);
    }
}

void complete_offer_files(void)
{
    if (is_plain(word))
        fprintf(out, ":files %.*s\n", (int)(part - word), word);
}

void complete_stay(void)
{
    stays = true;
}

bool complete_is_listed(const char *name, const char *list, const char *end,
                        char separator)
{
    size_t length = strlen(name);
    while (list < end) {
        const char *next = memchr(list, separator, (size_t)(end - list));
        const char *stop = next ? next : end;
        if ((size_t)(stop - list) >= length &&
            memcmp(list, name, length) == 0 &&
            (list + length == stop || list[length] == '='))
            return true;
        list = stop + 1;
    }
    return false;
}
