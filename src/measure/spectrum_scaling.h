/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Diagonal similarities D^-1 B D, with D made of powers of two. They make an
 * irreducible matrix nearly normal, so that rounding changes its eigenvalues
 * little. */
#ifndef LLN_MEASURE_SPECTRUM_SCALING_H
#define LLN_MEASURE_SPECTRUM_SCALING_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* From the stationary distribution p of |B| with rows divided by their sums:
 * D_i = p_i^-1/2. With exact p, D^-1 P D has norm 1. p is computed by a few
 * steps of power iteration, which give a norm of at most 2. B [n x n],
 * row-major; exponent [n]: log2 of D; p [n], with sum 1. Returns false if this
 * is not reached, for example if tokens see only near ones.
 * Source: J. Stoer, C. Witzgall, Pacific J. Math. 12 (1962). */
bool lln_scaling_stationary(const double *b, size_t n, double *p,
                            double *exponent);

/* From the largest geometric mean mu of the entries around a cycle, without the
 * diagonal: right and left eigenvectors of log |B| in the max-plus algebra. No
 * off-diagonal entry of D^-1 B D is larger than mu; a tridiagonal B becomes
 * symmetric. B as above, n >= 2; logs: scratch [n x n]. LLN_ENOMEM.
 * Source: J. Cochet-Terrasson et al., IFAC Conf. on System Structure and
 * Control (1998). */
LLN_NODISCARD lln_status lln_scaling_tropical(const double *b, size_t n,
                                              double *logs, double *exponent);

/* B becomes D^-1 B D, exactly except for underflow. */
void lln_scaling_apply(double *b, size_t n, const double *exponent);

/* Makes the norms of each row and its column, without the diagonal, nearly
 * equal by a few sweeps over B. Adds the logarithms of the scaling to exponent.
 * Source: E. E. Osborne, J. ACM 7 (1960). */
void lln_scaling_balance(double *b, size_t n, double *exponent);

#endif
