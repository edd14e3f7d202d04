/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Diagonal similarities D^-1 B D, D made of powers of two, that bring an
 * irreducible matrix near to a normal one, so that rounding moves its
 * eigenvalues by little. */
#ifndef LLN_MEASURE_SPECTRUM_SCALING_H
#define LLN_MEASURE_SPECTRUM_SCALING_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* From the stationary distribution p of |B| with its rows divided by their
 * sums: D_i = p_i^-1/2. With p exact D^-1 P D has the norm 1; p is taken from a
 * few steps of power iteration, which leave the norm at most 2. B [n x n],
 * row-major; exponent [n]: log2 of D; p [n], which sums to 1. False: not
 * reached, as where tokens see near ones alone.
 * Source: J. Stoer, C. Witzgall, Pacific J. Math. 12 (1962). */
bool lln_scaling_stationary(const double *b, size_t n, double *p,
                            double *exponent);

/* From the largest geometric mean mu of the entries around a cycle, entries of
 * the diagonal left out: right and left eigenvectors of log |B| in the
 * max-plus algebra. No entry of D^-1 B D beside the diagonal is larger than
 * mu; tridiagonal B becomes symmetric. B as above, n >= 2; logs: scratch
 * [n x n]. LLN_ENOMEM.
 * Source: J. Cochet-Terrasson et al., IFAC Conf. on System Structure and
 * Control (1998). */
LLN_NODISCARD lln_status lln_scaling_tropical(const double *b, size_t n,
                                              double *logs, double *exponent);

/* B becomes D^-1 B D, exactly, but for what is too small for a number. */
void lln_scaling_apply(double *b, size_t n, const double *exponent);

/* Makes the norms of each row and its column beside the diagonal alike, as far
 * as a few sweeps over B can; adds to exponent what it does.
 * Source: E. E. Osborne, J. ACM 7 (1960). */
void lln_scaling_balance(double *b, size_t n, double *exponent);

#endif
