/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Strongly connected components of the entries of a matrix. Ordered by them a
 * matrix is block triangular, and its eigenvalues are those of the blocks. */
#ifndef LLN_MEASURE_SPECTRUM_COMPONENTS_H
#define LLN_MEASURE_SPECTRUM_COMPONENTS_H

#include <stddef.h>

#include "core/status.h"

typedef struct {
    size_t count;
    size_t *members; /* [n], owned: those of component 0, then 1, ... */
    size_t *start;   /* [count + 1], owned: where each begins in members */
} lln_components;

/* The components of the graph with an edge i -> j where matrix_ij is not 0,
 * matrix [n x n], row-major. Members of a component ascend; no edge leads from
 * a component to a later one. n = 0: none.
 * LLN_ENOMEM. Release with lln_components_free.
 * Source: R. Tarjan, SIAM J. Comput. 1 (1972). */
LLN_NODISCARD lln_status lln_components_find(const double *matrix, size_t n,
                                             lln_components *out);

/* Releases; a zeroed object is legal. */
void lln_components_free(lln_components *components);

#endif
