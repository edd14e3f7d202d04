/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names and lists of them, for messages. */
#ifndef LLN_CORE_TEXT_H
#define LLN_CORE_TEXT_H

#include <stddef.h>

/* Makes "a, b" of "a" and b, and "b" of "": adds an item to the list in text
 * [size], a string. What there is no room for is cut off. */
void lln_text_append(char *text, size_t size, const char *item);

/* Makes text [size] a copy of what a stranger wrote, fit for one line: control
 * characters stand as \x0a, and what there is no room for as "...". Returns
 * text. size >= 5. */
const char *lln_text_printable(char *text, size_t size, const char *item);

#endif
