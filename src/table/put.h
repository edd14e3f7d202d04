/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes text in the forms of the table formats. The output is always valid
 * UTF-8: bytes that are not are written as U+FFFD.
 * Example: the text a|b"c with a tab after it is written as "a|b""c<TAB>" in
 * csv (<TAB>: the character), a|b"c\t in tsv, "a|b\"c\t" in JSON, a|b"c\x09 as
 * plain text, and a\|b"c\x09 in markdown. */
#ifndef LLN_TABLE_PUT_H
#define LLN_TABLE_PUT_H

#include <stdio.h>

/* csv: in quotes where RFC 4180 requires it, and also if the text is empty,
 * starts with '#' or contains control characters. */
void lln_put_csv(FILE *out, const char *text);

/* tsv: \t \n \r \\ for tab, newline, carriage return and backslash, and \# for
 * a # at the start. */
void lln_put_tsv(FILE *out, const char *text);

/* A JSON string (RFC 8259, section 7). Characters that end a line or control a
 * terminal are escaped, including those that JSON allows unescaped. */
void lln_put_json(FILE *out, const char *text);

/* Plain text: characters that end a line, control a terminal or change the
 * direction of writing are written as \x1b or \u202e, so that the output has no
 * tabs and no line ends. */
void lln_put_plain(FILE *out, const char *text);

/* A cell of a pipe table of GitHub Flavored Markdown: as lln_put_plain, with a
 * backslash before each of | \ ` * in the text. */
void lln_put_markdown(FILE *out, const char *text);

#endif
