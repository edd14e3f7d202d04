/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lists of names, for messages. */
#ifndef LLN_CORE_TEXT_H
#define LLN_CORE_TEXT_H

#include <stddef.h>

/* Makes "a, b" of "a" and b, and "b" of "": adds an item to the list in text
 * [size], a string. What there is no room for is cut off. */
void lln_text_append(char *text, size_t size, const char *item);

#endif
