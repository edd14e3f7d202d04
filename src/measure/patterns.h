/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How much of P falls on patterns: keys with the token of the query, keys after
 * such a token, the key before the query, and keys that the user names.
 * Example: the text "a b a b", ids 0 1 0 1, with causal attention that is
 * uniform: row 3 has the duplicate key 1 and the induction key 2, with mass 1/4
 * each. */
#ifndef LLN_MEASURE_PATTERNS_H
#define LLN_MEASURE_PATTERNS_H

#include "heads/pattern_file.h"
#include "measure/occurrences.h"
#include "measure/panels.h"

/* The keys that a pattern gives to row i with token t_i; the mask applies on
 * top. */
typedef enum {
    LLN_PATTERN_DUPLICATE, /* j != i with t_j = t_i: before i, without a causal
                              mask also after it */
    LLN_PATTERN_INDUCTION, /* 1 <= j <= i with t_(j-1) = t_i and j - 1 < i */
    LLN_PATTERN_PREVIOUS,  /* j = p_i - 1, p_i the position of the query */
    LLN_PATTERN_GIVEN,     /* keys with a number W_ij other than 0 */
    LLN_PATTERNS
} lln_pattern;

/* Of a row, or means over rows. */
typedef struct {
    double mass; /* sum of P_ij over the keys of the pattern, times W_ij of
                    given numbers; NaN: the row has no such key */
    double rows; /* 1: the row has such a key, 0: it has none, NaN: it sees no
                    key at all. Mean: the fraction of rows */
    double uniform; /* the mass of P_ij = 1/m_i, m_i keys that the row sees */
} lln_pattern_mass;

/* What patterns are made of. */
typedef struct {
    const lln_occurrences *tokens; /* of the n = m tokens; NULL: not known, and
                                      duplicate and induction are NaN */
    const lln_pattern_grid *given; /* [n x m]; NULL: none, and NaN */
    bool has_positions; /* queries have positions among the keys; false:
                           previous is NaN */
} lln_pattern_sources;

/* Whether queries have positions: as many queries as keys, or a mask that
 * relates them. */
bool lln_pattern_has_positions(const lln_head *head);

typedef struct lln_patterns lln_patterns;

/* Prepares for panels of the queries[count] of an attention; NULL: all n. The
 * sources must live as long. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_patterns_open(const lln_attention *attention,
                                           size_t count,
                                           const lln_pattern_sources *sources,
                                           lln_patterns **patterns);
void lln_patterns_free(lln_patterns *patterns);

/* A visitor for lln_panels_visit, also beside others; context: lln_patterns.
 * Time for a row: the number of occurrences of its token, and m if there are
 * given numbers. */
lln_panel_visit lln_patterns_visit;

/* After the pass: the rows of the list, each with LLN_PATTERNS values, owned by
 * `patterns`. The first failure of a visit: the statuses of lln_pattern_row. */
LLN_NODISCARD lln_status lln_patterns_finish(const lln_patterns *patterns,
                                             const lln_pattern_mass **rows);

/* Means over the rows that have a value, out [LLN_PATTERNS]: of `mass` and
 * `uniform` over rows with such a key, of `rows` over rows that see a key.
 * error [LLN_PATTERNS], unless NULL: their standard errors, as in
 * lln_values_mean, for rows drawn at random from n. */
void lln_patterns_mean(const lln_pattern_mass *rows, size_t count, size_t n,
                       lln_pattern_mass *out, lln_pattern_mass *error);

/* All of it in one pass of its own. Masses are plain sums, also of rows that do
 * not sum to 1 and of negative entries.
 * Sources: Olsson et al., In-context learning and induction heads (2022);
 * TransformerLens, head_detector, whose score is mass times rows for rows that
 * sum to 1. The statuses of lln_panels_visit and lln_patterns_finish. */
LLN_NODISCARD lln_status
lln_patterns_measure(lln_attention *attention, const size_t *queries,
                     size_t count, const lln_pattern_sources *sources,
                     lln_pattern_mass *out, lln_pattern_mass *error);

#endif
