/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ids of the tokens of a text, as a tokenizer gives them. */
#ifndef LLN_HEADS_TOKEN_IDS_H
#define LLN_HEADS_TOKEN_IDS_H

#include "heads/heads.h"

typedef struct {
    char *name;     /* of the file, owned */
    size_t *id;     /* [entries x tokens], owned */
    size_t entries; /* 1: all entries of the batch have the same tokens */
    size_t tokens;  /* padding counts */
} lln_token_ids;

/* Reads a text or a .npy file with one whole number for each of `tokens` > 0
 * tokens of a sequence, padding too, in lines of any length; or of each entry
 * of the batch, one entry a line. Numbers of a text are separated by blanks or
 * commas; empty lines, and text after a #, are ignored. A .npy file contains
 * [tokens] or [batch, tokens]. Release with lln_token_ids_free, after failures
 * too. LLN_EINVAL: another count of numbers; LLN_EFORMAT: no numbers, or
 * something else; else the failures of lln_mapping_open. */
LLN_NODISCARD lln_status lln_token_ids_read(const char *path, size_t tokens,
                                            lln_token_ids *ids);

/* The same for a file in memory; messages begin with `name`. */
LLN_NODISCARD lln_status lln_token_ids_parse(const char *name,
                                             const unsigned char *bytes,
                                             size_t size, size_t tokens,
                                             lln_token_ids *ids);

void lln_token_ids_free(lln_token_ids *ids);

/* LLN_EINVAL unless a described head has queries and keys of the same
 * tokens. */
LLN_NODISCARD lln_status lln_token_ids_possible(const lln_head *head);

/* LLN_EINVAL unless, in addition, there is an id for each token of the
 * head. */
LLN_NODISCARD lln_status lln_token_ids_check(const lln_token_ids *ids,
                                             const lln_head *head);

/* The ids of the tokens of a head that was checked, without padding. */
const size_t *lln_token_ids_of(const lln_token_ids *ids, const lln_head *head);

#endif
