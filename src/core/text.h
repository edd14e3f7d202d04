/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lists of names in text, and the characters of UTF-8. */
#ifndef LLN_CORE_TEXT_H
#define LLN_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Appends an item to the list in text [size], a string: "a" becomes "a, b", and
 * "" becomes "b". What does not fit is cut off. */
void lln_text_append(char *text, size_t size, const char *item);

/* Copies any text, such as a file name, to text [size] on one line: control
 * characters and bytes that are not UTF-8 are written as \x0a, and a text that
 * does not fit ends in "...". Returns text. size >= 5. */
const char *lln_text_printable(char *text, size_t size, const char *item);

/* Decodes the character of UTF-8 at `text`, which must not be at its end.
 * Returns its number of bytes. A byte that is not part of valid UTF-8 (a stray
 * or missing continuation, an overlong form, a surrogate, a number above
 * U+10FFFF) counts as a character of 1 byte with *code = U+FFFD. Source: RFC
 * 3629, section 4. */
size_t lln_text_character(const char *text, uint32_t *code);

/* Whether a character is a control character of ASCII or Latin 1 (C0, DEL, C1),
 * including the tab. */
bool lln_text_is_control(uint32_t code);

/* "" for 1 and "s" for other numbers: of a word that is counted. */
const char *lln_text_plural(size_t count);

/* A copy of any text, such as a file name, as valid UTF-8: each byte that is
 * not part of valid UTF-8 becomes U+FFFD. Valid text is unchanged. The caller
 * frees the copy; NULL: LLN_ENOMEM. */
char *lln_text_clean(const char *text);

#endif
