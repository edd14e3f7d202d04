/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the fuzzers of texts of users share. */
#ifndef LLN_TESTS_FUZZ_TEXT_H
#define LLN_TESTS_FUZZ_TEXT_H

#include <stdbool.h>

#include "replay.h"

/* The input as a string, up to its first zero byte; the caller frees it. */
static inline char *text_of(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);
    require(text != NULL, "no memory");
    memcpy(text, bytes, size);
    text[size] = '\0';
    return text;
}

/* Whether the text was accepted. A refusal must have a message; the tools print
 * it on one line. */
static inline bool is_good(lln_status status)
{
    if (status == LLN_OK)
        return true;
    require(status == LLN_EINVAL || status == LLN_EFORMAT, "wrong status");
    require(*lln_error_message() != '\0', "no message");
    return false;
}

#endif
