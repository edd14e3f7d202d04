/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How much rounding changes the exponents s of the scores A = exp(s). It grows
 * with s: a number of size 1e6 is rounded by 6e-11 in float64. Example: logits
 * q.k with |q| = |k| = 10 and d = 64 have errors of up to 100 (8 + 8) = 1600
 * units of 2^-53, 1.8e-13. */
#ifndef LLN_KERNEL_EXPONENT_ERROR_H
#define LLN_KERNEL_EXPONENT_ERROR_H

#include "kernel/attention.h"
#include "kernel/parameters.h"

/* In units of the rounding of the precision, 2^-53 or 2^-24: the error of sums
 * of d products whose sizes add up to at most `products`, plus a number of size
 * `added`, minus the largest such sum of a row.
 * float64: d independent errors are taken as sqrt(d) of the largest.
 * float32: half of the sizes, because a larger estimate would be useless; in
 * 600 heads of six kinds, of 16 to 416 tokens, eigenvalues had errors of at
 * most 0.4 of the sizes times their condition. Over more tokens, errors of the
 * entries cancel. */
double lln_exponent_error(lln_precision precision, double products, size_t d,
                          double added);

/* The same for a kernel on a head, from the largest norms of queries and keys.
 * Features exp(alpha q), exp(beta k) and exp(w.x - |x|^2/2) are included; for
 * kernels without exponentials it may be larger than necessary. 0 if the head
 * has no queries and keys. */
double lln_kernel_exponent_error(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_precision precision);

/* Sets attention->exponent_error of a kernel that was opened on the head,
 * unless its `open` has. lln_kernel_open does not, because the passes over
 * queries and keys take a third of a search for alpha and beta, and only
 * eigenvalues need the error. */
void lln_kernel_set_error(const lln_kernel_choice *choice, const lln_head *head,
                          lln_attention *attention);

#endif
