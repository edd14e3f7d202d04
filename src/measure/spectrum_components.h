/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Strongly connected components of a matrix. In their order the matrix is block
 * triangular, and its eigenvalues are those of the diagonal blocks. Example:
 * (1/2 1/2; 0 1) has two components, {1} and {0}, and eigenvalues 1 and 1/2. */
#ifndef LLN_MEASURE_SPECTRUM_COMPONENTS_H
#define LLN_MEASURE_SPECTRUM_COMPONENTS_H

#include <stddef.h>

#include "core/status.h"

typedef struct {
    size_t count;
    size_t *members; /* [n], owned: those of component 0, then 1, ... */
    size_t *start; /* [count + 1], owned: start of each component in members */
} lln_components;

/* The components of the graph with an edge i -> j if matrix_ij is not 0, matrix
 * [n x n], row-major. Members of a component are ascending; no edge leads from
 * a component to a later one. n = 0: no components. LLN_ENOMEM. Release with
 * lln_components_free. Source: R. Tarjan, SIAM J. Comput. 1 (1972). */
LLN_NODISCARD lln_status lln_components_find(const double *matrix, size_t n,
                                             lln_components *out);

/* Releases the arrays; a zeroed struct is legal. */
void lln_components_free(lln_components *components);

#endif
