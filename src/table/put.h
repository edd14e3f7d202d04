/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Text as the formats of a table have it. Any bytes give valid UTF-8: what is
 * not part of it is written as U+FFFD. */
#ifndef LLN_TABLE_PUT_H
#define LLN_TABLE_PUT_H

#include <stdio.h>

/* csv: in quotes where RFC 4180 asks for it, and also where the text is empty,
 * starts with '#' or has control characters. */
void lln_put_csv(FILE *out, const char *text);

/* tsv: \t \n \r \\ (and \# at the start) for tab, newline, carriage return,
 * backslash. */
void lln_put_tsv(FILE *out, const char *text);

/* A JSON string, RFC 8259, section 7. Characters that end a line or control a
 * terminal are escaped, also those that JSON allows as they are. */
void lln_put_json(FILE *out, const char *text);

#endif
