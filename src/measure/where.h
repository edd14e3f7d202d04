/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the mass of attention falls: on the first key, on single columns, near
 * the query and far from it. P [n x m], p_i the position of query i among the
 * keys (lln_mask_position), S_i the keys that it may see, m_i their number, w_i
 * = sum_j P_ij. Example: causal, P = (1; 1/4 3/4): sink_mass (1 + 1/4) / 2 =
 * 0.625, self_mass 0.875, previous_mass 0.25 (of one row), distance_mean
 * 0.125. */
#ifndef LLN_MEASURE_WHERE_H
#define LLN_MEASURE_WHERE_H

#include "measure/panels.h"
#include "measure/where_grid.h"

/* The sink of distant_mass has this many keys, see there. */
enum { LLN_WHERE_LOCAL = 64, LLN_WHERE_SINK_KEYS = 4 };

typedef struct {
    size_t local; /* W >= 1 of local_mass and distant_mass */
    lln_grid grid;
} lln_where_rule;

/* Values of one row; NaN: it has none. The key s_i of the sink is 0 or, with
 * documents, the first of the document of the query. What needs p_i is NaN if n
 * and m differ without a mask: then queries and keys have no common axis. */
typedef struct {
    double sink_mass;         /* P_i,s(i) if s(i) is in S_i */
    double sink_mass_uniform; /* 1 / m_i for the same rows */
    double sink_rows;         /* 1 if s(i) is in S_i, else 0 */
    double self_mass;         /* P_i,p(i) if p(i) is in S_i */
    double previous_mass;     /* P_i,p(i)-1, likewise */
    double local_mass;        /* sum of P_ij, |p_i - j| < W */
    double distant_mass;  /* sum of P_ij, |p_i - j| >= W, without the keys s(i)
                             .. s(i) + 3 */
    double distance_mean; /* sum_j P_ij |p_i - j| / w_i, tokens; NaN with
                             negative entries or w_i = 0 */
    double distance_median; /* smallest x with half of the mass, P_ij / w_i,
                               on |p_i - j| <= x; likewise */
    double prefix_mass;     /* see lln_grid_row */
    double grid_distance_mean;
} lln_where_row;

/* Of a matrix: means over the rows that have a value, except for those that are
 * described. */
typedef struct {
    double sink_mass, sink_mass_uniform, sink_rows;
    double column_share_max; /* largest (1/n) sum_i P_ij over j; n without rows
                                that see no key */
    double column_share_key; /* its j, the first of equals */
    double column_mass_max;  /* largest (1/r_j) sum_i P_ij, r_j the number of
                                rows that may see key j, over j with r_j >=
                                n/4; NaN if there is none */
    double column_mass_key;
    double self_mass, previous_mass, local_mass, distant_mass;
    double distance_mean;   /* NaN if an entry is negative */
    double distance_median; /* smallest whole x with half of the mass of all
                               rows, P_ij / w_i, on |p_i - j| <= x; likewise */
    double prefix_mass, grid_distance_mean;
    double grid_distance_median; /* like distance_median, in patches */
} lln_where;

/* What to compute in addition to the masses of rows: columns, pooled medians of
 * distances, medians of rows, distances in the grid. */
enum {
    LLN_WHERE_COLUMNS = 1,
    LLN_WHERE_MEDIAN = 2,
    LLN_WHERE_ROW_MEDIANS = 4,
    LLN_WHERE_GRID = 8
};

/* Sums of a pass over panels. */
typedef struct lln_where_sums lln_where_sums;

/* For the rows that are to be visited, queries[count]; NULL: all. The rule is
 * copied. Memory: up to 16 groups of (n + 3 m) float64, and count rows.
 * LLN_EINVAL: count = 0, or lln_grid_check; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_where_open(const lln_attention *attention,
                                        const size_t *queries, size_t count,
                                        const lln_where_rule *rule,
                                        unsigned what, lln_where_sums **sums);

/* NULL is legal. */
void lln_where_close(lln_where_sums *sums);

/* Adds a panel; an lln_panel_visit with the sums as context. */
void lln_where_visit(void *sums, int thread, const lln_panel *panel);

/* After the pass: the values of the rows visited, [count] in the order of the
 * list, which belong to `sums`. */
const lln_where_row *lln_where_rows(const lln_where_sums *sums);

/* After the pass, once: the values of the matrix. `error`, unless NULL,
 * receives the standard errors of means over drawn rows (lln_rows_mean), and
 * NaN for the others. No result depends on the number of threads. LLN_ENOMEM.
 */
LLN_NODISCARD lln_status lln_where_finish(lln_where_sums *sums, lln_where *out,
                                          lln_where *error);

#endif
