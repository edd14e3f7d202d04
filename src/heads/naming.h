/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which arrays of a file are queries, keys and values: patterns such as
 * layers.{layer}.q, and the words by which people name them. */
#ifndef LLN_HEADS_NAMING_H
#define LLN_HEADS_NAMING_H

#include <stdbool.h>

#include "heads/heads.h"
#include "tensor/container.h"

/* "queries", "keys" or "values". */
const char *lln_role_name(lln_role role);

/* An array that a pattern found. */
typedef struct {
    long layer, head; /* the numbers in its key; -1: none */
    size_t index;     /* in the file */
} lln_named;

/* LLN_EINVAL: the pattern has braces that are not {layer} or {head}, or one of
 * them twice. */
LLN_NODISCARD lln_status lln_pattern_check(const char *pattern);

/* Whether the key is the pattern with a number below 10^6 for {layer} and for
 * {head}; a number takes all digits that stand there. */
bool lln_pattern_match(const char *pattern, const char *key, long *layer,
                       long *head);

/* The arrays of the file whose keys match, by layer, then head: found [count],
 * owned by the caller.
 * LLN_EFORMAT: there is none, the message lists keys that there are, or two
 * have the same numbers; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_pattern_find(const lln_container *file,
                                          const char *pattern,
                                          lln_named **found, size_t *count);

/* What an array with the role is called if the queries are called `name`: in
 * blocks.3.q_proj the last word for queries, q, becomes k, v or o; other words
 * are query and key, xq and xk, and so on. *partner is owned by the caller,
 * NULL if there is no such word. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_name_partner(const char *name, lln_role role,
                                          char **partner);

/* The pattern of the arrays of `queries` whose names have a word for queries
 * and a partner in `keys` (NULL: none is needed). They may differ in one
 * number, which is {layer}; if there is one array with one number, that is.
 * *pattern is owned by the caller.
 * LLN_EFORMAT: there are no such arrays, or names that differ in more than
 * that: the message lists them; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_name_queries(const lln_container *queries,
                                          const lln_container *keys,
                                          char **pattern);

#endif
