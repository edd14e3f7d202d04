/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Distances in an image: keys and queries are `prefix` tokens, such as a class
 * token, and then height x width patches, row by row. Distances are Euclidean,
 * in patches. Example: of a grid 2 x 2, the patches 0 and 3 are sqrt(2)
 * apart. */
#ifndef LLN_MEASURE_WHERE_GRID_H
#define LLN_MEASURE_WHERE_GRID_H

#include "measure/panels.h"

typedef struct {
    size_t height, width; /* 0 x 0: none */
    size_t prefix;
} lln_grid;

/* LLN_EINVAL: n and m are not both prefix + height width. */
LLN_NODISCARD lln_status lln_grid_check(const lln_grid *grid, size_t n,
                                        size_t m);

/* Row i of a panel: *prefix_mass = sum of P_ij over the prefix; *distance = sum
 * of P_ij times the distance of the patches i and j, over the sum of P_ij, over
 * patches j. Adds P_ij over the same sum to profile [height x width], unless it
 * is NULL, at (|row difference|, |column difference|). NaN, and nothing is
 * added: the query is in the prefix or sees no key; distance only: the patches
 * have no mass, or there are negative entries.
 * Source: Dosovitskiy et al. (2021), figure 7; the prefix is left out and the
 * row normalised again, as in the answer of the authors in issue 162 of
 * vision_transformer. */
void lln_grid_row(const lln_grid *grid, const lln_panel *panel, size_t i,
                  double *prefix_mass, double *distance, double *profile);

/* The smallest distance x with at least half of the sum of profile [height x
 * width] at distances up to x; NaN if the sum is 0. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_grid_median(const lln_grid *grid,
                                         const double *profile, double *median);

#endif
