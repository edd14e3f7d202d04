/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The memory of a head whose queries, keys and values are loaded together. */
#ifndef LLN_HEADS_HEAD_STORAGE_H
#define LLN_HEADS_HEAD_STORAGE_H

#include "heads/heads.h"

/* Makes room for the matrices of a described head, queries and keys in one
 * precision, values in another; they are to be written through out
 * [LLN_ROLES]. The head owns the memory. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_head_allocate(lln_precision logits,
                                           lln_precision values, lln_head *head,
                                           lln_matrix_output *out);

/* A view for writing of a matrix of a head that owns its memory. */
lln_matrix_output lln_head_writable(const lln_head *head, lln_matrix a);

#endif
