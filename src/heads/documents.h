/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Texts that are packed one after another into the tokens of a head. */
#ifndef LLN_HEADS_DOCUMENTS_H
#define LLN_HEADS_DOCUMENTS_H

#include "heads/logit_rule.h"
#include "heads/positions.h"

/* The number of the document of each key, padding too. */
typedef struct {
    char *name;     /* of the file, owned */
    size_t *id;     /* [entries x tokens], from 0 on, growing; owned */
    size_t entries; /* 1: all entries of the batch have the same documents */
    size_t tokens;
} lln_document_list;

/* Reads a text or a .npy file for heads with `keys` keys: for each key the
 * number of its document, in one line or in one line a key; or the places where
 * documents begin, cu_seqlens = 0, ..., keys. Several lines of several numbers,
 * or an array of two axes, are for the entries of the batch. Release with
 * lln_documents_free, after failures too. LLN_EINVAL: numbers of another
 * count; LLN_EFORMAT: a document that comes again after another; else the
 * failures of lln_mapping_open. */
LLN_NODISCARD lln_status lln_documents_read(const char *path, size_t keys,
                                            lln_document_list *documents);

/* The same for a file in memory; messages begin with `name`. */
LLN_NODISCARD lln_status lln_documents_parse(const char *name,
                                             const unsigned char *bytes,
                                             size_t size, size_t keys,
                                             lln_document_list *documents);

void lln_documents_free(lln_document_list *documents);

/* LLN_EINVAL unless there is a document for each of `keys` tokens of each of
 * `batch` entries of the arrays called `name`. */
LLN_NODISCARD lln_status lln_documents_check(const lln_document_list *documents,
                                             const char *name, size_t batch,
                                             size_t keys);

/* Fills first and end [count] for the keys from token `padding` of an entry on.
 */
void lln_documents_fill(const lln_document_list *documents, size_t entry,
                        size_t padding, size_t count, size_t *first,
                        size_t *end);

/* Positions that begin again at 0 with each document. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_documents_restart(
    const lln_document_list *documents, lln_positions *positions);

#endif
