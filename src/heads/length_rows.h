/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows of whole numbers from a text or a .npy file, read before it is known
 * whether they are lengths or masks. */
#ifndef LLN_HEADS_LENGTH_ROWS_H
#define LLN_HEADS_LENGTH_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

typedef struct {
    size_t first, count; /* its first number, and how many it has */
    size_t line;         /* line, from 1; for an array the row, from 0 */
} lln_length_row;

typedef struct {
    size_t *numbers; /* of all rows; owned */
    size_t number_count;
    lln_length_row *rows; /* [count], owned */
    size_t count;
    bool array; /* from a .npy file */
    bool comma; /* the text has commas */
    bool truth; /* an array of booleans */
    bool flat;  /* an array of one axis */
    const struct lln_row_words *words;
} lln_length_rows;

/* The words of messages for what was expected. */
typedef struct lln_row_words {
    const char *what;  /* "lengths" */
    const char *line;  /* in a line */
    const char *shape; /* "[batch] or [batch, 2]" */
    const char *file;  /* "lengths or a mask" */
} lln_row_words;

/* Reads bytes [size] of a file. Lines without numbers are skipped. An array of
 * one axis is one row. Messages do not name the file. Release with
 * lln_length_rows_free, also after a failure. LLN_EFORMAT: a line that is not
 * whole numbers, an array with more than two axes of more than one entry, or no
 * numbers; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_length_rows_read(const unsigned char *bytes,
                                              size_t size,
                                              lln_length_rows *rows);

/* The same for rows of another meaning. */
LLN_NODISCARD lln_status lln_whole_rows_read(const unsigned char *bytes,
                                             size_t size,
                                             const lln_row_words *words,
                                             lln_length_rows *rows);

void lln_length_rows_free(lln_length_rows *rows);

#endif
