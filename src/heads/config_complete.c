/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/config_complete.h"

#include <stdio.h>
#include <string.h>

bool lln_config_states(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = text; (at = strchr(at, ':'));)
        if (strncmp(++at, name, length) == 0 && at[length] == '=')
            return true;
    return false;
}

/* Whether an item is NAME=VALUE and the given text has no such name. */
static bool is_left_out(const char *given, const char *item, size_t length)
{
    char name[64];
    const char *equals = memchr(item, '=', length);
    if (!equals || (size_t)(equals - item) >= sizeof name)
        return false;
    snprintf(name, sizeof name, "%.*s", (int)(equals - item), item);
    return !lln_config_states(given, name);
}

static bool starts(const char *item, const char *word)
{
    return strncmp(item, word, strlen(word)) == 0;
}

static bool are_alike(const char *given, const char *own, bool any)
{
    size_t length = strcspn(given, ":"), other = strcspn(own, ":");
    if (*own == '\0' || strcmp(own, "none") == 0 || starts(given, "none"))
        return false;
    return any || (length == other && strncmp(given, own, length) == 0);
}

void lln_config_complete(const char *given, const char *own, bool any,
                         char *out, size_t size)
{
    snprintf(out, size, "%s", given);
    if (!are_alike(given, own, any))
        return;
    bool scaled = lln_config_states(given, "scaling"), scaling = false;
    bool sections = lln_config_states(given, "sections");
    for (const char *at = own; (at = strchr(at, ':'));) {
        size_t length = strcspn(++at, ":"), used = strlen(out);
        /* What follows scaling= are its parameters. */
        scaling = scaling || starts(at, "scaling=");
        bool interleaved = starts(at, "interleaved") && !sections;
        if ((scaling && scaled) ||
            (!interleaved && !is_left_out(given, at, length)))
            continue;
        snprintf(out + used, size - used, ":%.*s", (int)length, at);
    }
}
