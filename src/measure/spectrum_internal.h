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

/* Puts the largest of re + i im [total] in out->eigenvalues[known ..], ties by
 * larger real, then larger imaginary part; fills up with zeros, which is what
 * the rest of a spectrum of low rank is. which [out->count] (NULL: not
 * wanted) receives their indices, or total where there is none. */
LLN_NODISCARD lln_status lln_spectrum_collect(const double *re,
                                              const double *im, size_t total,
                                              lln_spectrum *out, size_t *which);

/* ||y - lambda x|| / ||x||, where y is the matrix times x; xi, yi [n] are the
 * imaginary parts, NULL if lambda is real. */
double lln_spectrum_residual(lln_eigenvalue lambda, size_t n, const double *xr,
                             const double *xi, const double *yr,
                             const double *yi);

/* Up to so many tokens AUTO turns from ARPACK to LAPACK when the first,
 * small effort does not converge; that is faster than a larger effort. */
enum { LLN_SPECTRUM_RESCUE_TOKENS = 2048 };

#endif
