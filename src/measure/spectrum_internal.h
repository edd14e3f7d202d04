/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to spectrum*.c: what the methods share. */
#ifndef LLN_MEASURE_SPECTRUM_INTERNAL_H
#define LLN_MEASURE_SPECTRUM_INTERNAL_H

#include "measure/spectrum.h"

/* A method: fills the list of eigenvalues from index `known` on, and
 * unbiased_norm and centered_sigma1 if options->norms. */
typedef lln_status lln_spectrum_run(lln_attention *attention,
                                    const lln_spectrum_options *options,
                                    lln_spectrum *out);

/* Bytes that n x n matrices may take. */
size_t lln_spectrum_memory(const lln_spectrum_options *options, size_t divisor);

/* LLN_ETOOBIG if a matrix of that order, a copy and its eigenvectors may take
 * less. */
LLN_NODISCARD lln_status lln_spectrum_check_memory(
    const char *method, size_t order, const lln_spectrum_options *options);

/* What the info of a routine of LAPACKE means: LLN_ENOMEM, it found no
 * workspace; LLN_ENOCONV. */
LLN_NODISCARD lln_status lln_spectrum_lapack(const char *routine, int info);

/* By modulus, largest first; ties by larger real, then imaginary part. */
void lln_eigenvalues_sort(lln_eigenvalue *values, size_t count);

/* How far the first of sorted values may be off, or another one above it. */
double lln_eigenvalues_doubt(const lln_eigenvalue *values, size_t count);

/* Puts the largest of values [total] in out->eigenvalues[known ..]; fills up
 * with zeros, which is what the rest of a spectrum of low rank is. The bound of
 * the first one covers that another may be larger. Sorts the values. */
void lln_spectrum_list(lln_eigenvalue *values, size_t total, lln_spectrum *out);

/* What rounding may do to entries of P, relative to the norm of P, in the
 * arithmetic of the attention, or in float64. */
double lln_spectrum_rounding(lln_precision precision);

/* ||y - lambda x|| / ||x||, where y is the matrix times x; xi, yi [n] are the
 * imaginary parts, NULL if lambda is real. */
double lln_spectrum_residual(lln_eigenvalue lambda, size_t n, const double *xr,
                             const double *xi, const double *yr,
                             const double *yi);

/* |x| |y| / |y'x| >= 1 of the left eigenvector y and the right one x; of a pair
 * [2n], the imaginary parts after the real ones, else [n]. */
double lln_spectrum_condition(size_t n, bool pair, const double *y,
                              const double *x);

/* Up to so many tokens AUTO turns from ARNOLDI to DENSE where a small
 * effort does not converge; that is faster than a larger one. */
enum { LLN_SPECTRUM_RESCUE_TOKENS = 2048 };

#endif
