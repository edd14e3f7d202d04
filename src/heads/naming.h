/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which arrays of a file are queries, keys and values: patterns such as
 * layers.{layer}.q, and the words by which people name them. */
#ifndef LLN_HEADS_NAMING_H
#define LLN_HEADS_NAMING_H

#include <stdbool.h>

#include "heads/heads.h"
#include "tensor/container.h"

enum { LLN_NAMES_TEXT = 400 }; /* bytes of a list of names in a message */

/* Adds 'key' to a list, as far as there is room. */
void lln_names_append(char list[LLN_NAMES_TEXT], const char *key);

/* The keys of a file for a message: all, or the first of them and "...". */
const char *lln_names_list(const lln_container *file,
                           char list[LLN_NAMES_TEXT]);

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
 * are query and key, xq and xk, and so on; for results, o replaces a word such
 * as qkv. *partner is owned by the caller,
 * NULL if there is no such word. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_name_partner(const char *name, lln_role role,
                                          char **partner);

/* The name of the queries that go with keys called `name`; else the same. */
LLN_NODISCARD lln_status lln_name_of_queries(const char *name, char **partner);

/* The name of the array with role `as` that goes with that of `role` called
 * `name`; else the same. */
LLN_NODISCARD lln_status lln_name_of_role(const char *name, lln_role role,
                                          lln_role as, char **partner);

#endif
