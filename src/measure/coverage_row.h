/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Coverage of one row of P: how many keys hold a fraction of its weight, what
 * its largest entries hold, and how unequal they are. Example: the row (1/2,
 * 1/4, 1/4, 0) with four keys: 2 keys hold 0.6 of it, K_0.6 = 2; the two
 * largest entries hold R_2 = 0.75; its Gini coefficient is 0.375. */
#ifndef LLN_MEASURE_COVERAGE_ROW_H
#define LLN_MEASURE_COVERAGE_ROW_H

#include "core/status.h"
#include "measure/coverage_bins.h"

/* The most values of p, and of k. */
enum { LLN_COVERAGE_MOST = 32 };

/* What is computed for a row of m keys with entries P_j >= 0 of sum w:
 *     K_p  = the smallest k such that the k largest P_j sum to at least
 *            p w - e w, e = 1e-12, or 1e-8 for weights in float32
 *     R_k  = the sum of the k largest P_j / w; 1 if k >= m
 *     Gini = sum_r (2 r - m - 1) P_(r) / (m w), P_(1) <= ... <= P_(m)
 * The tolerance e makes K_p of equal entries independent of rounding. None of
 * the values depends on the order of equal entries, or on the scale of P. */
typedef struct {
    size_t shares, tops;
    double share[LLN_COVERAGE_MOST]; /* p, between 0 and 1 */
    size_t top[LLN_COVERAGE_MOST];   /* k >= 1 */
    bool gini;
} lln_coverage_plan;

/* The number of values of a row: K_p for each p, R_k for each k, and Gini. */
size_t lln_coverage_size(const lln_coverage_plan *plan);

/* e w of K_p, divided by w. */
double lln_coverage_slack(lln_precision precision);

typedef struct lln_coverage_room lln_coverage_room;

/* Memory of one thread for rows of at most m weights: 9 m bytes, with Gini 25
 * m. NULL: out of memory. Release with lln_coverage_room_free; NULL is legal.
 */
lln_coverage_room *lln_coverage_room_alloc(size_t m, bool gini);
void lln_coverage_room_free(lln_coverage_room *room);

/* Writes the values of a row with `keys` keys to out [lln_coverage_size(plan)].
 * weights [1 x count]: the row, but for a factor; count may exceed
 * keys if all other weights are 0. All values are NaN if a
 * weight is negative or not finite, or if their sum is 0. A row with one key:
 * K_p = 1, R_k = 1, Gini = 0.
 * Method: a histogram (coverage_bins.h), then a search in the bin that
 * decides. */
void lln_coverage_row(const lln_coverage_plan *plan, lln_matrix weights,
                      size_t keys, lln_coverage_room *room, double *out);

/* The same values from a histogram of all weights of the keys alone, of sum
 * `total`: the middle of the bracket, and half its width in half [size]. */
void lln_coverage_middle(const lln_coverage_plan *plan,
                         const lln_coverage_bins *bins, double keys,
                         double total, double *out, double *half);

#endif
