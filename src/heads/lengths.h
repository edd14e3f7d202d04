/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How many tokens of each batch entry are not padding, from a text file. */
#ifndef LLN_HEADS_LENGTHS_H
#define LLN_HEADS_LENGTHS_H

#include <stddef.h>

#include "core/status.h"

typedef struct {
    size_t queries, keys;
    size_t line; /* of the file, counted from 1 */
} lln_length;

typedef struct {
    char *name;       /* of the file */
    size_t count;     /* 0: none were asked for */
    lln_length *list; /* [count], owned */
} lln_lengths;

/* Reads a file with a line for each batch entry: the number of its tokens, or
 * those of its queries and of its keys. Empty lines count for nothing. Release
 * with lln_lengths_free.
 * LLN_EFORMAT: a line that is not that, or no line; else the failures of
 * lln_mapping_open. */
LLN_NODISCARD lln_status lln_lengths_read(const char *path,
                                          lln_lengths *lengths);

/* Those of batch entry b of an array with n queries and m keys: its line, or
 * the only one; all tokens if none were asked for. */
lln_length lln_lengths_at(const lln_lengths *lengths, size_t b, size_t n,
                          size_t m);

/* LLN_EFORMAT unless there is one line, or one for each of `batch` entries of
 * the arrays called `name`, and none is beyond their n queries and m keys. */
LLN_NODISCARD lln_status lln_lengths_check(const lln_lengths *lengths,
                                           const char *name, size_t batch,
                                           size_t n, size_t m);

/* A copy, released likewise. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_lengths_copy(const lln_lengths *from,
                                          lln_lengths *to);

void lln_lengths_free(lln_lengths *lengths);

#endif
