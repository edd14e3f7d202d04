/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arrays of queries, chosen by the words in their names. */
#ifndef LLN_HEADS_CANDIDATES_H
#define LLN_HEADS_CANDIDATES_H

#include "heads/split.h"
#include "tensor/container.h"

/* The pattern of the arrays of `queries` whose names have a word for queries
 * and a partner in `keys` (NULL: none is needed), and are not those of weights
 * or of all three. They may differ in one number, which is {layer}; if there is
 * one array with one number, that is. *pattern is owned by the caller.
 * LLN_EUNDEFINED: there are no such arrays, or weights alone; LLN_EFORMAT:
 * several, or names that differ in more than that: the message lists them;
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_candidates_queries(const lln_container *queries,
                                                const lln_container *keys,
                                                char **pattern);

/* The same for arrays that hold queries, keys and values, such as qkv and
 * c_attn; *fused is the usual order under that name. *pattern is NULL if there
 * are none. */
LLN_NODISCARD lln_status lln_candidates_fused(const lln_container *file,
                                              char **pattern, lln_fused *fused);

/* The same for arrays that hold attention weights: those with a word for it in
 * their names, or if there are none all that are not one of queries, keys and
 * values. LLN_EFORMAT if there are none. */
LLN_NODISCARD lln_status lln_candidates_attention(const lln_container *file,
                                                  char **pattern);

/* LLN_EUNDEFINED if the array that a user chose is a weight. */
LLN_NODISCARD lln_status lln_candidates_check(const lln_container *file,
                                              size_t index);

#endif
