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

/* For people: characters that end a line, control a terminal or turn the
 * direction of writing are written as \x1b or \u202e. No tabs, no line ends. */
void lln_put_plain(FILE *out, const char *text);

/* A cell of a pipe table of GitHub Flavored Markdown: as lln_put_plain, and a
 * backslash before those of | \ ` * that are part of the text. */
void lln_put_markdown(FILE *out, const char *text);

#endif
