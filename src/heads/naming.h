/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which arrays of a file are queries, keys and values: by patterns, and by the
 * words in their names.
 * Example: the pattern layers.{layer}.q matches the key layers.3.q with layer 3
 * and no head (-1). The name of its keys is layers.3.k: the word q has the
 * partner k. */
#ifndef LLN_HEADS_NAMING_H
#define LLN_HEADS_NAMING_H

#include <stdbool.h>

#include "heads/heads.h"
#include "tensor/container.h"

enum { LLN_NAMES_TEXT = 400 }; /* bytes of a list of names in a message */

/* Appends 'key' to a list, if there is room. */
void lln_names_append(char list[LLN_NAMES_TEXT], const char *key);

/* The keys of a file for a message: all of them, or the first few and "...". */
const char *lln_names_list(const lln_container *file,
                           char list[LLN_NAMES_TEXT]);

/* "queries", "keys" or "values". */
const char *lln_role_name(lln_role role);

/* An array whose key matches a pattern. */
typedef struct {
    long layer, head; /* the numbers in its key; -1: none */
    size_t index;     /* index in the file */
} lln_named;

/* LLN_EINVAL: the pattern has braces other than {layer} and {head}, or one of
 * these twice. */
LLN_NODISCARD lln_status lln_pattern_check(const char *pattern);

/* Whether the key equals the pattern, with a number below 10^6 in place of
 * {layer} and of {head}. A number takes all digits at its place. */
bool lln_pattern_match(const char *pattern, const char *key, long *layer,
                       long *head);

/* The arrays of the file whose keys match, ordered by layer, then by head:
 * found [count]. The caller owns it. LLN_EFORMAT: no key matches (the message
 * lists the keys of the file), or two keys have the same numbers;
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_pattern_find(const lln_container *file,
                                          const char *pattern,
                                          lln_named **found, size_t *count);

/* The name of the array of a role, if the queries are called `name`. The last
 * word for queries is replaced: in blocks.3.q_proj, q becomes k, v or o. Other
 * words are query and key, xq and xk, and so on. For results and maps, o or map
 * also replaces a word such as qkv. The caller owns *partner; NULL if there is
 * no such word. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_name_partner(const char *name, lln_role role,
                                          char **partner);

/* The same in the other direction: the name of the queries, if the keys are
 * called `name`. */
LLN_NODISCARD lln_status lln_name_of_queries(const char *name, char **partner);

/* The name of the array with role `as` that goes with that of `role` called
 * `name`; else the same. */
LLN_NODISCARD lln_status lln_name_of_role(const char *name, lln_role role,
                                          lln_role as, char **partner);

#endif
