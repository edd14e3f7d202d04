/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One pass over P that hands out complete rows, a panel of a few rows at a
 * time, for measures that need each row as a whole: sums over columns and
 * lags, the largest keys, Gini coefficients. Example: the row P = (1/4, 3/4)
 * has weights (1/3, 1) and scale 3/4. */
#ifndef LLN_MEASURE_PANELS_H
#define LLN_MEASURE_PANELS_H

#include "measure/rows.h"

/* Panel p belongs to group p mod lln_panels_groups(), which is at most
 * LLN_PANEL_GROUPS. The panels of a group come in order, one at a time. For
 * sums that do not depend on the number of threads: add the rows of a group in
 * order, then the groups in order. */
enum { LLN_PANEL_GROUPS = 16 };

/* Rows of P. Keys that row i may see according to the mask are first[i] ..
 * end[i] - 1, at least one; of these, a bias may hide some, which have weight
 * 0. P_ij = scale[i] w_ij, with w_ij at weights[i stride + j - low], low <= j <
 * high, in `precision`; w_ij = 0 for keys that row i may not see. w_ij is
 * at most 2^32, and may be less than 1 for all keys. Use lln_panel_row. Weights
 * of attention by rows may be negative. */
typedef struct {
    size_t group; /* 0 .. LLN_PANEL_GROUPS - 1 */
    size_t index; /* of the first row, in the list of rows */
    size_t rows;
    const size_t *queries;     /* [rows] */
    const size_t *first, *end; /* [rows] */
    const size_t *keys; /* [rows] m_i, keys that are not hidden; those with P_ij
                           = 0 count */
    size_t low, high;   /* smallest first, largest end */
    lln_precision precision;
    size_t stride;
    const void *weights;         /* [rows x stride] */
    const unsigned char *hidden; /* [rows x stride] whether a bias hides the
                                    key; NULL: none is hidden */
    const double *scale;         /* [rows] */
    const double *sums;          /* [rows] w_i = sum_j P_ij; 0 without keys */
    const lln_row *statistics;   /* [rows] as of lln_rows_measure; for attention
                                    by rows, statistics.keys counts entries
                                    above 0 only */
} lln_panel;

/* The weights of row i, beginning with that of key first[i]. */
const void *lln_panel_row(const lln_panel *panel, size_t i);

/* Whether query i of the panel may see key j. */
bool lln_panel_sees(const lln_panel *panel, size_t i, size_t j);

/* P_ij of query i of the panel and any key j. For single entries, not for inner
 * loops. */
double lln_panel_entry(const lln_panel *panel, size_t i, size_t j);

/* Called for each panel, by several threads at once for panels of different
 * groups; `thread` is in 0 .. lln_threads_count() - 1. */
typedef void lln_panel_visit(void *context, int thread, const lln_panel *panel);

/* Visits the rows listed in queries[count], in order; NULL: rows 0 .. n - 1.
 * `what` as for lln_rows_measure. Which rows form a panel does not depend on
 * the number of threads. Each thread keeps one panel: 12 MiB, but at least
 * 8 rows if they take less than 64 MiB, and at least one. LLN_EINVAL: no rows;
 * LLN_ENOMEM; LLN_EINTERRUPTED; the statuses of the attention. */
LLN_NODISCARD lln_status lln_panels_visit(lln_attention *attention,
                                          const size_t *queries, size_t count,
                                          unsigned what, lln_panel_visit *visit,
                                          void *context);

/* The number of groups of a pass over these rows: 16, or half the number of
 * panels, rounded up. It does not depend on the number of threads. */
size_t lln_panels_groups(const lln_attention *attention, const size_t *queries,
                         size_t count);

/* What receives panels. */
typedef struct {
    lln_panel_visit *visit;
    void *context;
} lln_panel_visitor;

/* The same for several visitors in one pass, in order for each panel; out
 * [count] receives the statistics of the rows, unless it is NULL. Without
 * visitors, it is lln_rows_measure. */
LLN_NODISCARD lln_status lln_panels_measure(lln_attention *attention,
                                            const size_t *queries, size_t count,
                                            unsigned what,
                                            const lln_panel_visitor *visitors,
                                            size_t visitor_count, lln_row *out);

#endif
