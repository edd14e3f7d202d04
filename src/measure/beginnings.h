/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows of P for the first tokens of a text as queries and keys, for several
 * numbers of tokens, from one pass over the whole. Example: without a mask, row
 * 2 of 5 tokens has, for the first 3 and the first 5 tokens, the sums over keys
 * 0 to 2 and over keys 0 to 4; the second continue the first. */
#ifndef LLN_MEASURE_BEGINNINGS_H
#define LLN_MEASURE_BEGINNINGS_H

#include "heads/beginning.h"
#include "measure/rows.h"

/* Measures rows of
 *     P_ij = A_ij / (sum of A_il over the keys l < at[t].keys that i may see)
 * with LLN_ROW_ENTROPY, t = 0 .. lengths - 1, for the queries listed in
 * queries[count], ascending; NULL: 0 .. count - 1. out[t][i] is for the i-th of
 * them that is listed, if it is below at[t].queries. at[t].keys ascend;
 * beginnings without tokens are ignored. Queries are aligned with the keys in
 * all of them as in the whole (lln_beginning_find). A sink is one more outcome
 * in each. Each entry is computed once; the sums of a row have a fixed order.
 * LLN_EINVAL: attention by rows; LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_beginnings_measure(
    lln_attention *attention, const size_t *queries, size_t count,
    const lln_beginning *at, size_t lengths, lln_row *const *out);

#endif
