/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where each token of a text occurs. Example: the ids 5, 7, 5 have order = {0,
 * 2, 1}; token 2 has first = 0 and end = 2, the places 0 and 2. */
#ifndef LLN_MEASURE_OCCURRENCES_H
#define LLN_MEASURE_OCCURRENCES_H

#include <stddef.h>

#include "core/status.h"

typedef struct {
    size_t count;
    size_t *order; /* places by id, then ascending; owned, with the rest */
    size_t *first, *end; /* [count] places with the id of token i are order[k],
                            first[i] <= k < end[i] */
} lln_occurrences;

/* Lists the places of id [count], in O(count log count). Release with
 * lln_occurrences_free. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_occurrences_open(const size_t *id, size_t count,
                                              lln_occurrences *out);

/* A zeroed struct is legal. */
void lln_occurrences_free(lln_occurrences *occurrences);

#endif
