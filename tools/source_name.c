/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "source_name.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/number.h"
#include "core/text.h"
#include "message.h"

/* Cuts "[3]" off the end and returns 3; -1: there is no such end. */
static long cut_entry(char *text)
{
    size_t length = strlen(text);
    char *open = strrchr(text, '[');
    uint64_t entry = 0;
    if (!open || open == text || open[-1] == '/' || text[length - 1] != ']')
        return -1;
    text[length - 1] = '\0';
    if (lln_number_read_whole(open + 1, &entry) != LLN_NUMBER ||
        entry > LONG_MAX) {
        text[length - 1] = ']';
        return -1;
    }
    *open = '\0';
    return (long)entry;
}

/* Removes the parts "." and empty parts, except for the root. */
static void simplify(char *path)
{
    char *from = path, *to = path + (*path == '/');
    while (*from) {
        size_t length = strcspn(from, "/");
        bool last = from[length] == '\0';
        if (length > 0 && !(length == 1 && *from == '.' && !last)) {
            memmove(to, from, length);
            to += length;
            if (!last)
                *to++ = '/';
        }
        from += length + !last;
    }
    *to = '\0';
}

source_name source_name_read(const char *source)
{
    source_name name = {.path = lln_text_clean(source)};
    if (!name.path)
        cli_fail("out of memory");
    name.entry = cut_entry(name.path);
    simplify(name.path);
    const char *slash = strrchr(name.path, '/');
    name.base = slash ? slash + 1 : name.path;
    name.piped =
        strcmp(name.path, "-") == 0 || strcmp(name.path, "standard input") == 0;
    return name;
}

void source_name_free(source_name *name)
{
    free(name->path);
    *name = (source_name){0};
}

int source_name_compare(const source_name *a, const source_name *b)
{
    const char *x = a->path + strlen(a->path), *y = b->path + strlen(b->path);
    int parts = 0;
    if (strcmp(a->path, b->path) == 0)
        return INT_MAX;
    if (a->piped || b->piped)
        return 0;
    while (x > a->path && y > b->path && x[-1] == y[-1]) {
        x--;
        y--;
        parts += *x == '/';
    }
    bool whole = (x == a->path || x[-1] == '/') &&
                 (y == b->path || y[-1] == '/') && *x != '/';
    return parts + whole > 0 ? parts + whole : -1;
}
