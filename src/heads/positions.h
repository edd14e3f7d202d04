/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The positions of keys, which queries share: the last key is that of the last
 * query. */
#ifndef LLN_HEADS_POSITIONS_H
#define LLN_HEADS_POSITIONS_H

#include <stddef.h>

#include "core/status.h"

enum { LLN_POSITION_COLUMNS = 3 };

/* Key j of an entry of the batch is at position offset + j, or at what a table
 * says. All zero: key j is at j. */
typedef struct {
    double offset;
    char *name;      /* of the file, owned; NULL: there is none */
    size_t *numbers; /* [entries x tokens x columns], owned; NULL: no table */
    size_t entries;  /* 1: all entries of the batch have the same positions */
    size_t tokens, columns;
} lln_positions;

/* Reads the value of an option: "+N", or a file. A text file has a line for
 * each key with its position, or two or three for images and mRoPE; or one line
 * with all positions. A .npy file holds the same as [keys] or [keys, columns];
 * [batch, keys] with more than three keys gives each batch entry its own.
 * Numbers are whole and at least 0. Release with lln_positions_free, after
 * failures too. LLN_EINVAL: +N is no such number; LLN_EFORMAT: lines or rows
 * of different length, or other numbers; else the failures of
 * lln_mapping_open. */
LLN_NODISCARD lln_status lln_positions_read(const char *text,
                                            lln_positions *positions);

/* Reads a file that is in memory; messages begin with `name`. */
LLN_NODISCARD lln_status lln_positions_parse(const char *name,
                                             const unsigned char *bytes,
                                             size_t size,
                                             lln_positions *positions);

/* Positions that begin again at 0 where the number of the document, id [count],
 * is not that of the key before. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_positions_restart(const size_t *id, size_t count,
                                               lln_positions *positions);

/* LLN_EINVAL unless a table has a position for each of `keys` tokens, padding
 * too, of each of `batch` entries of the arrays called `name`. */
LLN_NODISCARD lln_status lln_positions_check(const lln_positions *positions,
                                             const char *name, size_t batch,
                                             size_t keys);

/* The position of a key in a column < columns (0 without a table). `token`
 * counts from the first key that is not padding, of which there are `padding`
 * before it. */
double lln_position_at(const lln_positions *positions, size_t entry,
                       size_t padding, size_t token, size_t column);

/* 1 + the largest position of keys 0 ... count - 1 in any column. */
double lln_positions_length(const lln_positions *positions, size_t entry,
                            size_t padding, size_t count);

void lln_positions_free(lln_positions *positions);

#endif
