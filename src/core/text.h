/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names, lists of them, and the characters of UTF-8 that they are made of. */
#ifndef LLN_CORE_TEXT_H
#define LLN_CORE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Makes "a, b" of "a" and b, and "b" of "": adds an item to the list in text
 * [size], a string. What there is no room for is cut off. */
void lln_text_append(char *text, size_t size, const char *item);

/* Makes text [size] a copy of what a stranger wrote, fit for one line: control
 * characters stand as \x0a, and what there is no room for as "...". Returns
 * text. size >= 5. */
const char *lln_text_printable(char *text, size_t size, const char *item);

/* Decodes the character of UTF-8 at `text`, which is not at its end. Returns
 * its number of bytes. A byte that is not part of valid UTF-8 (a stray or
 * missing continuation, an overlong form, a surrogate, a number above U+10FFFF)
 * is a character of 1 byte, *code = U+FFFD. Source: RFC 3629, section 4. */
size_t lln_text_character(const char *text, uint32_t *code);

/* A copy of any text, such as the name of a file, as valid UTF-8: each byte
 * that is not part of it becomes U+FFFD. Text that is valid comes back as it
 * was. The caller frees it; NULL: LLN_ENOMEM. */
char *lln_text_clean(const char *text);

#endif
