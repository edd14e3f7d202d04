/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The candidates for the word that is completed: each replaces its last part,
 * such as what follows the last comma. complete.h describes the output. */
#ifndef LLN_TOOLS_COMPLETE_OFFER_H
#define LLN_TOOLS_COMPLETE_OFFER_H

#include <stdbool.h>
#include <stdio.h>

/* Starts with a word whose first `before` bytes stay as they are. Output goes
 * to `out`. */
void complete_begin(const char *word, size_t before, FILE *out);

/* The part that is completed. */
const char *complete_part(void);

/* Keeps the part up to and with the last of the separators, if it has one, and
 * completes what follows. */
void complete_narrow(const char *separators);

/* Keeps the next `length` bytes of the part. */
void complete_skip(size_t length);

/* Offers name + suffix, if it begins with the part. Names with control
 * characters are left out. description may be NULL. */
void complete_offer(const char *name, const char *suffix,
                    const char *description);

/* Offers the words of a list, ended by NULL. */
void complete_offer_words(const char *const *words);

/* Offers those of "left|right", each after `prefix`; leaves out what is no word
 * in lower case, as in "FILE|restart". */
void complete_offer_alternatives(const char *prefix, const char *alternatives);

/* Offers names of files. */
void complete_offer_files(void);

/* No space follows the candidates that are offered after this call. */
void complete_stay(void);

/* Whether the list [list, end) has an item of this name between separators:
 * "name" or "name=value". */
bool complete_is_listed(const char *name, const char *list, const char *end,
                        char separator);

#endif
