/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which tokens of each batch entry are not padding: lengths, or a mask of 0 and
 * 1 as tokenizers give it, from a text or a .npy file. */
#ifndef LLN_HEADS_LENGTHS_H
#define LLN_HEADS_LENGTHS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

typedef struct {
    size_t queries, keys;
    size_t line; /* of the file, from 1; of an array the entry, from 0 */
    size_t first_query, first_key; /* tokens of padding before them */
} lln_length;

typedef struct {
    char *name;       /* of the file */
    size_t count;     /* 0: none were asked for */
    lln_length *list; /* [count], owned */
    size_t tokens; /* of a mask, for which padding is where it says; else 0 */
    bool left;     /* padding comes before the tokens */
    bool array;    /* from a .npy file */
    bool either;   /* two lengths are those of two entries, or of queries and
                      keys: lln_lengths_check settles it */
} lln_lengths;

/* Reads a file. Text has a line for each batch entry: the number of its tokens,
 * or those of its queries and of its keys, or a 0 or 1 for each token; or one
 * line of lengths, one for each entry. Numbers are whole, 12 or 1.2e+01, with
 * blanks or commas between them; empty lines and what follows a # count for
 * nothing. One line of two with a comma is for two entries if there are two, of
 * as many queries as keys. A .npy file holds the same numbers as [batch],
 * [batch, 2] or [batch, tokens]; a mask may have axes of size 1 as well. Of one
 * sequence the mask may lack the batch axis. Release with lln_lengths_free.
 * LLN_EFORMAT: a line or entry that is not that, none, or a mask with a 0
 * between ones; else the failures of lln_mapping_open. */
LLN_NODISCARD lln_status lln_lengths_read(const char *path,
                                          lln_lengths *lengths);

/* Those of batch entry b of an array with n queries and m keys: its line, or
 * the only one; all tokens if none were asked for. */
lln_length lln_lengths_at(const lln_lengths *lengths, size_t b, size_t n,
                          size_t m);

/* LLN_EFORMAT unless there is one line, or one for each of `batch` entries of
 * the arrays called `name`, and none is beyond their n queries and m keys, or,
 * of a mask, of other tokens. */
LLN_NODISCARD lln_status lln_lengths_check(lln_lengths *lengths,
                                           const char *name, size_t batch,
                                           size_t n, size_t m);

/* A copy, released likewise. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_lengths_copy(const lln_lengths *from,
                                          lln_lengths *to);

void lln_lengths_free(lln_lengths *lengths);

#endif
