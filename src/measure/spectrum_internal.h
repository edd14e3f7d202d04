/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to spectrum*.c: functions for several methods. */
#ifndef LLN_MEASURE_SPECTRUM_INTERNAL_H
#define LLN_MEASURE_SPECTRUM_INTERNAL_H

#include "measure/spectrum.h"

/* A method: computes the eigenvalues from index `known` on and, if
 * options->norms, unbiased_norm and centered_sigma1. */
typedef lln_status lln_spectrum_run(lln_attention *attention,
                                    const lln_spectrum_options *options,
                                    lln_spectrum *out);

/* Bytes that n x n matrices may take: options->memory, or the available memory
 * divided by `divisor`. */
size_t lln_spectrum_memory(const lln_spectrum_options *options, size_t divisor);

/* LLN_ETOOBIG: a matrix of that order, a copy and its eigenvectors need more
 * memory than allowed. */
LLN_NODISCARD lln_status lln_spectrum_check_memory(
    const char *method, size_t order, const lln_spectrum_options *options);

/* The status for `info` of a LAPACKE routine. LLN_ENOMEM: no memory for its
 * workspace; LLN_ENOCONV: other errors. */
LLN_NODISCARD lln_status lln_spectrum_lapack(const char *routine, int info);

/* Sorts by modulus, largest first; equal moduli by larger real part, then
 * larger imaginary part. */
void lln_eigenvalues_sort(lln_eigenvalue *values, size_t count);

/* The possible error of the modulus of the first of sorted values, also if
 * another one is in fact larger. */
double lln_eigenvalues_doubt(const lln_eigenvalue *values, size_t count);

/* Writes the largest of values [total] to out->eigenvalues[known ..], and zeros
 * after them, which are the other eigenvalues of a P of low rank. The bound of
 * the first one includes the case that another is larger. Sorts the values. */
void lln_spectrum_list(lln_eigenvalue *values, size_t total, lln_spectrum *out);

/* Rounding error of P relative to its norm, if entries are stored in that
 * precision: that of the entries, and that of the exponents of the
 * attention. */
double lln_spectrum_rounding(const lln_attention *attention,
                             lln_precision precision);

/* ||y - lambda x|| / ||x||, where y is the matrix times x; xi, yi [n] are the
 * imaginary parts, NULL if lambda is real. */
double lln_spectrum_residual(lln_eigenvalue lambda, size_t n, const double *xr,
                             const double *xi, const double *yr,
                             const double *yi);

/* |x| |y| / |y'x| >= 1 for the left eigenvector y and the right one x, [n]
 * each; for a pair [2n], real parts first. */
double lln_spectrum_condition(size_t n, bool pair, const double *y,
                              const double *x);

/* Up to this many tokens, AUTO changes from ARNOLDI to DENSE if a small effort
 * does not converge; that is faster than a larger effort. */
enum { LLN_SPECTRUM_RESCUE_TOKENS = 2048 };

#endif
