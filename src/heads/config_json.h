/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values of a dictionary of JSON by their keys. A key whose value is null is
 * there and has no value. Messages name the key. */
#ifndef LLN_HEADS_CONFIG_JSON_H
#define LLN_HEADS_CONFIG_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/status.h"

/* The first of keys, ended by NULL, that the dictionary has; NULL: none has,
 * or the dictionary is NULL. *key, unless NULL, is that key. */
const json_t *lln_config_find(const json_t *from, const char *const *keys,
                              const char **key);

/* LLN_EFORMAT: the number of a key is not what is expected. */
LLN_NODISCARD lln_status lln_config_refuse(const char *key, double number,
                                           const char *expected);

/* *value = the number of a key; left alone if it is not there, NaN if null.
 * *found, unless NULL, is set if it is there. LLN_EFORMAT: not a number. */
LLN_NODISCARD lln_status lln_config_number(const json_t *from, const char *key,
                                           double *value, bool *found);

/* The same, but null counts as not there: of a key that has a default. */
LLN_NODISCARD lln_status lln_config_replace(const json_t *from, const char *key,
                                            double *value, bool *found);

/* The same for a whole number from 1 to 2^31. */
LLN_NODISCARD lln_status lln_config_size(const json_t *from,
                                         const char *const *keys, size_t *value,
                                         bool *found);

/* The same for true or false, or a number, which is true unless it is 0. null
 * counts as not there. */
LLN_NODISCARD lln_status lln_config_flag(const json_t *from, const char *key,
                                         bool *value, bool *found);

/* The same for a text, which the dictionary owns; null counts as not there. */
LLN_NODISCARD lln_status lln_config_string(const json_t *from, const char *key,
                                           const char **value);

/* *value = the dictionary of a key, NULL if it is not there or null. */
LLN_NODISCARD lln_status lln_config_dictionary(const json_t *from,
                                               const char *key,
                                               const json_t **value);

/* *value = the list of a key, NULL if it is not there, null or empty. */
LLN_NODISCARD lln_status lln_config_list(const json_t *from, const char *key,
                                         const json_t **value);

/* Copies a list of two to `most` whole numbers from 1 to 2^31 to sizes [most].
 * LLN_EFORMAT. */
LLN_NODISCARD lln_status lln_config_sizes(const json_t *list, const char *key,
                                          size_t *sizes, size_t most,
                                          size_t *count);

/* *numbers = a malloc'd copy of a list of numbers. LLN_EFORMAT, LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_config_numbers(const json_t *list, const char *key,
                                            double **numbers, size_t *count);

#endif
