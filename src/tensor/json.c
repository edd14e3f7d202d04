/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/json.h"

#include <stdbool.h>

#include "core/text.h"

enum {
    /* In a header of arrays each bracket or comma comes with more text than
     * this. */
    TEXT_PER_BRACKET = 15,
    TEXT_PER_COMMA = 4,
    SLACK = 64 /* for headers of one array or none */
};

/* A parsed value takes a hundred bytes or more. A header of only brackets would
 * take 50 times its length; a header that describes arrays takes at most 20
 * times. */
static lln_status check_density(const char *text, size_t length,
                                const char *what)
{
    size_t brackets = 0, commas = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            quoted = !quoted;
        else if (quoted)
            i += text[i] == '\\';
        else if (text[i] == '{' || text[i] == '[')
            brackets++;
        else if (text[i] == ',')
            commas++;
    }
    if (brackets * TEXT_PER_BRACKET <= length + SLACK &&
        commas * TEXT_PER_COMMA <= length + SLACK)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT,
                    "%s: %zu brackets and %zu commas in %zu bytes; "
                    "expected descriptions of arrays",
                    what, brackets, commas, length);
}

lln_status lln_json_parse(const char *text, size_t length, const char *what,
                          json_t **json)
{
    json_error_t error;
    char reason[sizeof error.text];
    LLN_TRY(check_density(text, length, what));
    *json = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
                       &error);
    if (*json)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT, "%s, byte %d: %s", what, error.position,
                    lln_text_printable(reason, sizeof reason, error.text));
}
