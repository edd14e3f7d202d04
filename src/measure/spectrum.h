/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The spectrum of attention: how fast repeated attention forgets, and how far
 * P is from the matrix that gives every query the same average.
 *
 * Where P is row-stochastic, 1 is an eigenvalue, and P~ = P - 1 p', p the
 * column means of P, has the same spectrum with one eigenvalue 1 replaced by
 * 0. Of attention that is unnormalised the spectrum of P itself is found. */
#ifndef LLN_MEASURE_SPECTRUM_H
#define LLN_MEASURE_SPECTRUM_H

#include <stdbool.h>

#include "kernel/attention.h"
#include "kernel/parameters.h"

typedef enum {
    LLN_SPECTRUM_AUTO,
    LLN_SPECTRUM_DENSE,    /* LAPACK on the components of P, float64 */
    LLN_SPECTRUM_ARNOLDI,  /* Krylov space of x -> P x - mean(P x) */
    LLN_SPECTRUM_LOWRANK,  /* LAPACK on the rank x rank matrix A'B, P = BA' */
    LLN_SPECTRUM_DIAGONAL, /* the diagonal of a triangular P */
    LLN_SPECTRUM_BLOCKS,   /* LAPACK on the blocks of a block-diagonal P */
    LLN_SPECTRUM_METHODS
} lln_spectrum_method;

typedef struct {
    const char *name, *summary;
} lln_spectrum_method_info;

/* Names, by method. */
extern const lln_spectrum_method_info
    lln_spectrum_method_table[LLN_SPECTRUM_METHODS];

/* The method of that name; LLN_EINVAL, with the names there are. */
LLN_NODISCARD lln_status lln_spectrum_method_find(const char *name,
                                                  lln_spectrum_method *method);

typedef struct {
    lln_spectrum_method method;
    size_t eigenvalues; /* how many to list, the eigenvalue 1 included */
    bool norms; /* unbiased_norm and centered_sigma1 too: for causal attention
                   they are all the work */
    size_t memory; /* bytes that n x n matrices may take; 0: half of what
                      is available, a quarter of it for Arnoldi */
    bool narrow; /* of float64 attention ARNOLDI keeps P in float32, and leaves
                    residuals as of float32 attention */
} lln_spectrum_options;

/* With B = D^-1 P D, D diagonal and chosen so that B is nearly normal (of P
 * that is block triangular, its diagonal block):
 * residual = ||B v - lambda v|| / ||v|| for the computed eigenvector v, by a
 * product with B; for LOWRANK it is that of the rank x rank problem, for
 * DIAGONAL and the ones of BLOCKS it is 0, because nothing was approximated.
 * condition = 1 / |w'v|, v and w the right and the left eigenvector of B with
 * norm 1: by how much more than B the eigenvalue moves.
 * bound: on the error of the eigenvalue, condition times the rounding of P (of
 * norm 1; 2^-24 in float32, 1.1e-15 in float64) and the residual. NaN: not
 * known. */
typedef struct {
    double modulus, re, im, residual, condition, bound;
} lln_eigenvalue;

/* An eigenvalue with a larger bound is not to be printed. */
#define LLN_SPECTRUM_TRUST 1e-6

/* False: its bound is too large, or not known. */
bool lln_eigenvalue_known(const lln_eigenvalue *value);

typedef struct {
    lln_spectrum_method method;        /* the one that was used */
    double lambda2;                    /* second largest modulus of P */
    double lambda2_re, lambda2_im;     /* of a conjugate pair, im > 0 */
    double residual, condition, bound; /* of lambda2 */
    double gap;                  /* 1 - lambda2, below 0 only where entries
                                    of P are; NaN if unnormalised */
    double unbiased_norm;        /* Frobenius norm of P~ */
    double centered_sigma1;      /* largest singular value of P~ */
    size_t known;                /* 1: the eigenvalue 1 comes first, computed
                                    by nobody; 0: unnormalised */
    size_t count;                /* min(wanted, n), at least min(2, n) */
    lln_eigenvalue *eigenvalues; /* [count], owned; modulus descending */
} lln_spectrum;

/* Measures square attention; lambda2 <= centered_sigma1 <= unbiased_norm
 * (Schur) where it is row-stochastic. AUTO is DIAGONAL under a causal mask;
 * else BLOCKS, of which each has the eigenvalue 1, if the mask makes two or
 * more; else LOWRANK if the attention has features and its rank is below n, and
 * not above a few hundred unless a large part of all eigenvalues is wanted;
 * else DENSE for a few hundred tokens or such a part and ARNOLDI beyond, which
 * turns to DENSE should it not converge and n be moderate. ARNOLDI keeps P in
 * the precision of the attention if that fits in the memory allowed, else makes
 * tiles again for each product, in O(n rank) memory. Results do not depend on
 * the number of threads. n = 1: P~ = 0, so lambda2 = 0 and gap = 1, although
 * there is no second eigenvalue. All rows equal: lambda2 = 0 up to rounding.
 * Without options->norms, unbiased_norm and centered_sigma1 are NaN.
 * LLN_EUNDEFINED, all NaN: n = 0, or n is not m. LLN_EUNSUPPORTED: the
 * method does not apply to such attention; LLN_EINVAL: ARNOLDI needs more
 * tokens. LLN_ETOOBIG: DENSE needs more memory than allowed, or ARNOLDI for its
 * vectors more than half of what is free. LLN_ENOCONV, of AUTO only up to
 * LLN_SPECTRUM_FLOAT64_TOKENS: beyond, eigenvalues are not known; LLN_ENOMEM;
 * LLN_EINTERRUPTED.
 * Sources: see the units; deflation: A. Brauer, Duke Math. J. 19 (1952),
 * theorem 27. */
LLN_NODISCARD lln_status
lln_spectrum_measure(lln_attention *attention,
                     const lln_spectrum_options *options, lln_spectrum *out);

/* The same of the kernel on a head. For eigenvalues of up to
 * LLN_SPECTRUM_FLOAT64_TOKENS tokens, and of causal attention, numbers are
 * widened to float64 before, so that logits have no error, and only then are
 * weights rounded; beyond, if lambda2 is not known well enough without. */
enum { LLN_SPECTRUM_FLOAT64_TOKENS = 2048 };
LLN_NODISCARD lln_status lln_spectrum_measure_head(
    const lln_kernel_choice *kernel, const lln_head *head,
    const lln_spectrum_options *options, lln_spectrum *out);

/* The largest singular value of P~ alone, also where queries and keys differ
 * in number, by Lanczos iteration on P~'P~; relative error below 1e-6, of
 * float64 attention 1e-8. P is kept if it takes at most `memory` bytes, else
 * tiles are made again for each product, in O(n rank) memory. One query, or all
 * rows equal: 0 up to rounding.
 * LLN_ENOCONV; LLN_ENOMEM; LLN_EINTERRUPTED: *centered_sigma1 is NaN. */
LLN_NODISCARD lln_status lln_spectrum_centered_sigma1(lln_attention *attention,
                                                      size_t memory,
                                                      double *centered_sigma1);

/* Releases the list of eigenvalues; a zeroed spectrum is legal. */
void lln_spectrum_free(lln_spectrum *spectrum);

#endif
