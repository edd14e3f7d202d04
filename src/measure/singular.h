/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Singular values of attention: how much P, and P~ = P - 1 p' where p holds the
 * column means of P, can lengthen a vector, and how many directions they keep.
 * They exist for n queries and m keys of any numbers, and unlike eigenvalues
 * they are always well conditioned: no singular value moves by more than the
 * norm of a change of P. Example: P = (3/4 1/4; 1/4 3/4) has sigma = 1 and 1/2,
 * P~ = (1/4 -1/4; -1/4 1/4) has 1/2 and 0. */
#ifndef LLN_MEASURE_SINGULAR_H
#define LLN_MEASURE_SINGULAR_H

#include <stdbool.h>

#include "kernel/attention.h"
#include "kernel/parameters.h"

/* residual = max(||A v - sigma u||, ||A'u - sigma v||) for the computed unit
 * vectors u and v, from products with A = P or P~. A singular value of A is at
 * most `residual` away from sigma. */
typedef struct {
    double sigma, residual;
} lln_singular_value;

typedef struct {
    size_t count;  /* how many, of P and of P~ */
    size_t memory; /* bytes that n x m matrices may take; 0: half of the
                      available memory, a quarter for P in products */
    bool narrow;   /* float64 attention by tiles is stored in float32 */
} lln_singular_options;

typedef struct {
    const char *method;                  /* "dense", "lanczos" or "lowrank" */
    size_t count;                        /* min(wanted, n, m) */
    lln_singular_value *plain, *centred; /* [count] each, of P and P~, owned;
                                            sigma descending */
} lln_singular;

/* False if the residual of a value exceeds LLN_SINGULAR_TRUST times the first
 * one of its list, and also 1e-12 times the first one of P. */
#define LLN_SINGULAR_TRUST 1e-6
bool lln_singular_known(const lln_singular *singular, bool centred,
                        size_t rank);

/* The largest singular values of P and P~.
 * "lowrank": from triangular factors of the features, if the attention has
 * features and their rank r is at most 256 and a quarter of min(n, m): the
 * nonzero singular values are those of an r x r matrix, whose residuals are
 * given. "dense": LAPACK on P in float64 for min(n, m) <= 256, or more than an
 * eighth of all values. "lanczos" otherwise: block Lanczos iteration on P'P,
 * blocks of 32 vectors (fewer for many keys), in O((n + m) block) memory in
 * addition to P, which is stored if it takes at most `memory` bytes. If that
 * has not converged after 35 passes over P and n, m <= 2048, "dense" replaces
 * it.
 * Results depend on neither threads nor memory. A row without keys is zero. All
 * rows equal: P~ has sigma = 0 up to rounding. n = 0 or m = 0: no values.
 * LLN_ETOOBIG: "dense" needs more memory than allowed, or "lanczos" more than
 * half of the free memory for vectors; LLN_ENOCONV: LAPACK did not converge;
 * LLN_ENOMEM; LLN_EINTERRUPTED.
 * Sources: G. H. Golub, R. Underwood, in Mathematical Software III (1977); K.
 * Wu, H. Simon, SIAM J. Matrix Anal. Appl. 22 (2000), for restarts. */
LLN_NODISCARD lln_status
lln_singular_measure(lln_attention *attention,
                     const lln_singular_options *options, lln_singular *out);

/* The same for a kernel on a head. Queries and keys of up to
 * LLN_SINGULAR_FLOAT64_TOKENS tokens are first converted to float64, so that
 * logits have no error; weights that are stored are rounded to float32. */
enum { LLN_SINGULAR_FLOAT64_TOKENS = 2048 };
LLN_NODISCARD lln_status
lln_singular_measure_head(const lln_kernel_choice *kernel, const lln_head *head,
                          size_t count, lln_singular *out);

/* Releases the lists; a zeroed struct is legal. */
void lln_singular_free(lln_singular *singular);

#endif
