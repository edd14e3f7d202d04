/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which tokens of each batch entry are padding: from lengths, or from a mask of
 * 0 and 1 as tokenizers return it, in a text or a .npy file. */
#ifndef LLN_HEADS_LENGTHS_H
#define LLN_HEADS_LENGTHS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

typedef struct {
    size_t queries, keys;
    size_t line; /* of the file, from 1; for an array the entry, from 0 */
    size_t first_query, first_key; /* tokens of padding before them */
} lln_length;

typedef struct {
    char *name;       /* of the file */
    size_t count;     /* 0: no lengths were given */
    lln_length *list; /* [count], owned */
    size_t tokens;    /* of a mask, which states where the padding is; else 0 */
    bool left;        /* padding precedes the tokens */
    bool array;       /* from a .npy file */
    bool either; /* ambiguous: the two lengths are of two batch entries, or of
                    queries and keys; lln_lengths_check decides */
    bool pair;   /* a text of two numbers in one line */
    bool doubt;  /* a pair that could have been meant in both ways */
} lln_lengths;

/* Reads a file. A text has one line for each batch entry: the number of its
 * tokens; or the numbers of its queries and of its keys; or a 0 or 1 for each
 * token. A single line may instead contain one length for each batch entry.
 * Numbers are whole (12 or 1.2e+01) and separated by blanks or commas. Empty
 * lines, and text after a #, are ignored. One line of two numbers with a comma
 * is read as two lengths if the batch has two entries and as many queries as
 * keys.
 * A .npy file contains the same numbers as [batch], [batch, 2] or [batch,
 * tokens]. A mask may also have axes of size 1, and the mask of a single
 * sequence may lack the batch axis. Release with lln_lengths_free.
 * LLN_EFORMAT: a line or entry that is none of these, no numbers, or a mask
 * with a 0 between ones; also the failures of lln_mapping_open. */
LLN_NODISCARD lln_status lln_lengths_read(const char *path,
                                          lln_lengths *lengths);

/* The lengths of batch entry b of an array with n queries and m keys: its line,
 * or the only line; all tokens if no lengths were given. */
lln_length lln_lengths_at(const lln_lengths *lengths, size_t b, size_t n,
                          size_t m);

/* LLN_EINVAL unless there is one line, or one for each of the `batch` entries
 * of the arrays called `name`, and no line exceeds their n queries and m keys.
 * A mask must have exactly as many tokens. */
LLN_NODISCARD lln_status lln_lengths_check(lln_lengths *lengths,
                                           const char *name, size_t batch,
                                           size_t n, size_t m);

enum { LLN_LENGTHS_TEXT = 80 };

/* How checked lengths were read, if they could have been meant in another way:
 * "--lengths: 12 and 10 tokens in the two entries"; else "". */
void lln_lengths_explain(const lln_lengths *lengths,
                         char text[LLN_LENGTHS_TEXT]);

/* A copy, to be released with lln_lengths_free. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_lengths_copy(const lln_lengths *from,
                                          lln_lengths *to);

/* A zeroed struct is legal. */
void lln_lengths_free(lln_lengths *lengths);

#endif
