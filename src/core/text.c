/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/text.h"

#include <stdio.h>
#include <string.h>

void lln_text_append(char *text, size_t size, const char *item)
{
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", used ? ", " : "", item);
}
