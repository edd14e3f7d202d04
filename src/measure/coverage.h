/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Coverage of the rows of P: how many keys hold a fraction of each row, what
 * its largest entries hold, and how unequal they are (coverage_row.h). Example:
 * two causal rows (1) and (1/2, 1/2): K_0.9 is 1 and 2, on average 1.5, and on
 * average all of the keys: K_0.9 / m_i = 1. */
#ifndef LLN_MEASURE_COVERAGE_H
#define LLN_MEASURE_COVERAGE_H

#include "measure/coverage_row.h"
#include "measure/panels.h"

/* Of K_p over rows. */
typedef struct {
    double mean, median, max;
    double share; /* mean of K_p / m_i */
} lln_coverage_keys;

/* Of R_k over rows. */
typedef struct {
    double mean, min;
} lln_coverage_recall;

typedef struct {
    lln_coverage_keys keys[LLN_COVERAGE_MOST];     /* of each p */
    lln_coverage_recall recall[LLN_COVERAGE_MOST]; /* of each k */
    double gini;                                   /* mean over rows */
} lln_coverage_summary;

/* The values of rows while they are measured. */
typedef struct lln_coverage lln_coverage;

/* For `count` rows of at most m keys. Close it with lln_coverage_close; NULL is
 * legal. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_coverage_open(const lln_coverage_plan *plan,
                                           size_t m, size_t count,
                                           lln_coverage **coverage);
void lln_coverage_close(lln_coverage *coverage);

/* Measures the rows of a panel: a lln_panel_visit. */
void lln_coverage_visit(void *coverage, int thread, const lln_panel *panel);

/* Measures the rows listed in queries[count] of lln_coverage_open; NULL: all.
 * By panels, exactly, if a row of weights takes at most `memory` bytes, or if
 * the attention makes whole rows anyway. Otherwise in two sweeps, without
 * storing a row: each value is then the middle of its bracket, known to within
 * half its width. Up to LLN_COVERAGE_OTHERS other visitors [other_count] see
 * the panels, in the same sweep as the coverage if that is by panels. rows
 * [count], unless NULL, receives the statistics of lln_rows_measure that `what`
 * asks for. LLN_EINVAL: too many visitors; LLN_ENOMEM; LLN_EINTERRUPTED; the
 * statuses of the attention. */
enum { LLN_COVERAGE_OTHERS = 4 };
LLN_NODISCARD lln_status lln_coverage_measure(
    lln_attention *attention, const size_t *queries, size_t count,
    size_t memory, unsigned what, const lln_panel_visitor *others,
    size_t other_count, lln_row *rows, lln_coverage *coverage);

/* The values of row `index` of the list, in the order of lln_coverage_size, and
 * half the widths of their brackets, which are 0 if the values are exact. NaN:
 * a row without keys, of sum 0, or with negative entries. */
const double *lln_coverage_of_row(const lln_coverage *coverage, size_t index);
const double *lln_coverage_half(const lln_coverage *coverage, size_t index);

/* Summarises the rows that have values; all NaN if a row has negative entries.
 * The median of an even number of rows is the mean of the middle two. *error,
 * unless NULL, receives for the means the standard error as an estimate of all
 * n rows of the attention (lln_values_mean), plus half the mean width of the
 * brackets; for medians and extremes of all n rows half the width of their
 * bracket, which follows from those of the rows; NaN for other rows. */
LLN_NODISCARD lln_status lln_coverage_summarise(const lln_coverage *coverage,
                                                size_t n,
                                                lln_coverage_summary *out,
                                                lln_coverage_summary *error);

/* The fraction of the rows with a value whose K_p of share `share` of the plan
 * is at least 2^b and below 2^(b+1), for b = 0 .. bins - 1 >= 0; the last bin
 * has no upper end. fraction, error [bins]: its standard error as above,
 * without the width of brackets, whose middles are counted. NaN as in the
 * summary. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_coverage_histogram(const lln_coverage *coverage,
                                                size_t share, size_t n,
                                                size_t bins, double *fraction,
                                                double *error);

#endif
