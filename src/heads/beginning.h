/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The beginning of a text: its first tokens as queries and keys. Example: of 3
 * queries and 5 keys with a causal mask, the queries are at keys 2, 3 and 4;
 * the first 4 tokens are 2 queries and 4 keys. */
#ifndef LLN_HEADS_BEGINNING_H
#define LLN_HEADS_BEGINNING_H

#include "heads/logit_rule.h"

/* The first queries and the first keys of a head. Both 0: none. */
typedef struct {
    size_t queries, keys;
} lln_beginning;

/* The queries, of n, and keys, of m, that are among the first `length` tokens.
 * Query i is at key lln_mask_position or, if the mask hides no key and n = m,
 * at key i. None: there are fewer tokens; none of these tokens is a query; or
 * queries have no positions among the keys, since n differs from m and there is
 * no mask. */
lln_beginning lln_beginning_find(lln_mask mask, size_t n, size_t m,
                                 size_t length);

#endif
