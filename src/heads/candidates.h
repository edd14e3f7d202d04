/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finds the arrays of queries by the words in their names.
 * Example: a file has the keys layers.0.q, layers.0.k, layers.3.q, layers.3.k,
 * layers.3.q_proj.weight and layers.3.k_proj.weight. The last two are weights
 * and are left out. Of the others, layers.0.q and layers.3.q have the word q
 * for queries and a partner with the word k. They differ in one number, so that
 * the pattern is layers.{layer}.q. */
#ifndef LLN_HEADS_CANDIDATES_H
#define LLN_HEADS_CANDIDATES_H

#include "heads/split.h"
#include "tensor/container.h"

/* The pattern of the arrays of queries in the file `queries`. Their names have
 * a word for queries and a partner in the file `keys` (NULL: no partner is
 * needed). Weights, and arrays of queries, keys and values together, are left
 * out. If the names differ in one number, {layer} replaces it; if there is only
 * one array and its name has one number of a layer, {layer} replaces that. The
 * caller owns *pattern.
 * LLN_EUNDEFINED: there are no such arrays, or only weights. LLN_EFORMAT: there
 * are several kinds of names, or they differ in more than one number; the
 * message lists them. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_candidates_queries(const lln_container *queries,
                                                const lln_container *keys,
                                                char **pattern);

/* The same for arrays that contain queries, keys and values, such as qkv and
 * c_attn. *fused is the usual order of features under that name. *pattern is
 * NULL if there are no such arrays. */
LLN_NODISCARD lln_status lln_candidates_fused(const lln_container *file,
                                              char **pattern, lln_fused *fused);

/* The same for arrays of attention weights: those whose names end in a word for
 * them or, if there are none, all whose names have no word for queries, keys or
 * values. LLN_EFORMAT: there are none. */
LLN_NODISCARD lln_status lln_candidates_attention(const lln_container *file,
                                                  char **pattern);

/* The layer in the name of the only array of a file: its number, if there is
 * one that may be that of a layer; -1: none. An array that numpy saves without
 * a name is called arr_0. */
long lln_candidates_layer(const char *name);

/* LLN_EUNDEFINED if array `index`, which the user chose, is a weight. */
LLN_NODISCARD lln_status lln_candidates_check(const lln_container *file,
                                              size_t index);

#endif
