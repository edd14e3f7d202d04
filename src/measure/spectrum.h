/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The spectrum of attention: how fast repeated attention forgets, and how far P
 * is from the matrix that gives every query the same average. If P is
 * row-stochastic, 1 is an eigenvalue, and P~ = P - 1 p', where p holds the
 * column means of P, has the same spectrum with one eigenvalue 1 replaced by 0.
 * For unnormalised attention the spectrum of P itself is computed. Example: P =
 * (3/4 1/4; 1/4 3/4) has eigenvalues 1 and 1/2, so lambda2 = gap = 1/2; P~ =
 * (1/4 -1/4; -1/4 1/4) has centered_sigma1 = unbiased_norm = 1/2. */
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

/* Names and summaries, by method. */
extern const lln_spectrum_method_info
    lln_spectrum_method_table[LLN_SPECTRUM_METHODS];

/* The method of that name. LLN_EINVAL: there is none; the message lists all
 * names. */
LLN_NODISCARD lln_status lln_spectrum_method_find(const char *name,
                                                  lln_spectrum_method *method);

typedef struct {
    lln_spectrum_method method;
    size_t eigenvalues; /* how many to list, including the eigenvalue 1 */
    bool norms;    /* also compute unbiased_norm and centered_sigma1, which take
                      nearly all of the time for causal attention */
    size_t memory; /* bytes that n x n matrices may take; 0: half of the
                      available memory, a quarter for Arnoldi */
    bool narrow;   /* ARNOLDI stores P of float64 attention in float32, with
                      residuals as for float32 attention */
} lln_spectrum_options;

/* With B = D^-1 P D, where D is diagonal and chosen so that B is nearly normal
 * (if P is block triangular, one of its diagonal blocks takes its place):
 * residual = ||B v - lambda v|| / ||v|| for the computed eigenvector v, by a
 * product with B. For LOWRANK it is that of the rank x rank problem. For
 * DIAGONAL, and for the eigenvalues 1 of BLOCKS, it is 0 because nothing was
 * approximated.
 * condition = 1 / |w'v|, with v and w the right and left eigenvectors of B of
 * norm 1: the factor by which a change of B is magnified in the eigenvalue.
 * bound: of the error of the eigenvalue, condition times the sum of residual
 * and rounding of P (of norm 1). That is 2^-24 if P is stored in float32, else
 * 1.1e-15, plus the error of the exponents, which grows with the logits
 * (kernel/exponent_error.h). It allows for roundings that are independent of
 * each other, not for the worst case. NaN: not known. */
typedef struct {
    double modulus, re, im, residual, condition, bound;
} lln_eigenvalue;

/* Eigenvalues with a larger bound are not printed. */
#define LLN_SPECTRUM_TRUST 1e-6

/* False if its bound is too large or not known. */
bool lln_eigenvalue_known(const lln_eigenvalue *value);

typedef struct {
    lln_spectrum_method method;    /* the method that was used */
    double lambda2;                /* second largest modulus of P */
    double lambda2_re, lambda2_im; /* of a conjugate pair, that with im > 0 */
    double residual, condition, bound; /* of lambda2 */
    double gap; /* 1 - lambda2, below 0 only if P has negative entries; NaN if
                   unnormalised */
    double unbiased_norm;   /* Frobenius norm of P~ */
    double centered_sigma1; /* largest singular value of P~ */
    size_t known; /* 1: the first eigenvalue is 1 and was not computed; 0:
                     unnormalised */
    size_t count; /* min(wanted, n), at least min(2, n) */
    lln_eigenvalue *eigenvalues; /* [count], owned; modulus descending */
} lln_spectrum;

/* Measures square attention. If it is row-stochastic, lambda2 <=
 * centered_sigma1 <= unbiased_norm (Schur).
 * AUTO chooses DIAGONAL under a causal mask; else BLOCKS, each with an
 * eigenvalue 1, if the mask makes two or more; else LOWRANK if the attention
 * has features and its rank is below n, and at most a few hundred unless a
 * large part of all eigenvalues is wanted; else DENSE for up to a few hundred
 * tokens or for such a part; else ARNOLDI. If that does not converge and n is
 * moderate, AUTO changes to DENSE.
 * ARNOLDI stores P in the precision of the attention if it fits in the allowed
 * memory, else computes tiles again for each product, in O(n rank) memory.
 * Bounds allow for attention->exponent_error: see lln_kernel_set_error. Results
 * do not depend on the number of threads. n = 1: P~ = 0, so lambda2 = 0
 * and gap = 1, although there is no second eigenvalue. All rows equal: lambda2
 * = 0 up to rounding. Without options->norms, unbiased_norm and centered_sigma1
 * are NaN.
 * LLN_EUNDEFINED, all NaN: n = 0, or n is not m. LLN_EUNSUPPORTED: the method
 * does not apply to this attention; LLN_EINVAL: ARNOLDI needs more tokens.
 * LLN_ETOOBIG: DENSE needs more memory than allowed, or ARNOLDI needs more than
 * half of the free memory for its vectors. LLN_ENOCONV: not converged; AUTO
 * returns it only up to LLN_SPECTRUM_FLOAT64_TOKENS, beyond which the
 * eigenvalues are NaN; LLN_ENOMEM; LLN_EINTERRUPTED.
 * Sources: see the units; deflation: A. Brauer, Duke Math. J. 19 (1952),
 * theorem 27. */
LLN_NODISCARD lln_status
lln_spectrum_measure(lln_attention *attention,
                     const lln_spectrum_options *options, lln_spectrum *out);

/* The same for a kernel on a head. For eigenvalues of up to
 * LLN_SPECTRUM_FLOAT64_TOKENS tokens, and of causal attention, queries and keys
 * are first converted to float64, so that logits have no error; only weights
 * are rounded then. For more tokens this is done if lambda2 is not known well
 * enough without it. */
enum { LLN_SPECTRUM_FLOAT64_TOKENS = 2048 };
LLN_NODISCARD lln_status lln_spectrum_measure_head(
    const lln_kernel_choice *kernel, const lln_head *head,
    const lln_spectrum_options *options, lln_spectrum *out);

/* The largest singular value of P~, also if n is not m, by Lanczos iteration on
 * P~'P~. Relative error below 1e-6, for float64 attention 1e-8. P is stored if
 * it needs at most `memory` bytes, else tiles are computed again for each
 * product, in O(n rank) memory. One query, or all rows equal: 0 up to rounding.
 * LLN_ENOCONV; LLN_ENOMEM; LLN_EINTERRUPTED: *centered_sigma1 is NaN. */
LLN_NODISCARD lln_status lln_spectrum_centered_sigma1(lln_attention *attention,
                                                      size_t memory,
                                                      double *centered_sigma1);

/* Releases the list of eigenvalues; a zeroed spectrum is legal. */
void lln_spectrum_free(lln_spectrum *spectrum);

#endif
