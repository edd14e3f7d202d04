/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ranks of attention: how many directions of the values P keeps. P may have any
 * numbers of queries and keys, negative entries, and rows that do not sum to 1.
 * Example: P = (3/4 1/4; 1/4 3/4) has singular values 1 and 1/2 with squares 1
 * and 1/4, so its stable rank is 5/4, its rank90 is 2, and its entropy rank is
 * exp(ln 3 - 2/3 ln 2) = 1.89. */
#ifndef LLN_MEASURE_RANKS_H
#define LLN_MEASURE_RANKS_H

#include <stdbool.h>

#include "kernel/attention.h"
#include "kernel/parameters.h"

/* What is to be computed. */
enum {
    LLN_RANKS_SIGMA1 = 1,
    LLN_RANKS_SIGMA2 = 2,
    LLN_RANKS_STABLE = 4,   /* stable_rank, rank90_least */
    LLN_RANKS_90 = 8,       /* rank90 */
    LLN_RANKS_COLUMNS = 16, /* columns90 */
    LLN_RANKS_ENTROPY = 32  /* entropy_rank */
};

/* rank90 above this is not computed if min(n, m) > LLN_RANKS_DENSE_ORDER,
 * except for P of low rank. */
enum { LLN_RANK90_MOST = 512 };

/* entropy_rank needs all singular values: min(n, m) may not be larger, except
 * for P of low rank. */
enum { LLN_RANKS_DENSE_ORDER = 2048 };

/* Why a value is missing. */
typedef enum {
    LLN_RANKS_DEFINED,
    LLN_RANKS_ZERO,     /* P = 0, or it is empty */
    LLN_RANKS_BEYOND,   /* rank90 > LLN_RANK90_MOST */
    LLN_RANKS_LARGE,    /* P is too large for all its singular values */
    LLN_RANKS_UNCERTAIN /* no convergence */
} lln_ranks_missing;

/* With sigma_1 >= sigma_2 >= ... the singular values of P, and ||P||_F^2 = sum
 * P_ij^2 = sum sigma_i^2. NaN: not asked for, or missing. */
typedef struct {
    double sigma1;
    double sigma2;      /* 0 if min(n, m) = 1 */
    double stable_rank; /* ||P||_F^2 / sigma1^2, 1 to min(n, m) */
    double rank90; /* least r with sum_{i <= r} sigma_i^2 >= 0.9 ||P||_F^2 */
    double rank90_least; /* ceil(0.9 stable_rank) <= rank90 */
    double columns90;    /* fewest columns with 0.9 of sum P_ij^2, >= rank90 */
    double entropy_rank; /* exp(-sum p ln p), p_i = sigma_i / sum sigma */
    lln_ranks_missing sigma_missing, rank90_missing, entropy_missing;
} lln_ranks;

typedef struct {
    unsigned what; /* LLN_RANKS_ */
    size_t memory; /* bytes that n x m matrices may take; 0: half of the
                      available memory, a quarter for P in products */
    bool narrow;   /* float64 attention by tiles is stored in float32 */
} lln_ranks_options;

/* Sums that reach 0.9 within 1e-12 (1e-6 if P is float32) count as 0.9.
 * P of low rank (lln_singular_lowrank_applies): all values from its factors.
 * Otherwise sigma1 comes from Lanczos iteration on P'P (singular_largest.h),
 * sigma2 from the block iteration of singular.h, and rank90 from that of
 * singular_part.h. For small P, for entropy_rank, and where these do not settle
 * a P of min(n, m) <= LLN_RANKS_DENSE_ORDER, LAPACK computes all singular
 * values of P in float64. Relative error of sigma1: 5e-8, with float64 1e-10,
 * and the rounding of P. No value depends on threads, or on memory unless it
 * makes them missing; nor on which others are asked for, except for rank90 if a
 * sum differs from 0.9 by no more than rounding.
 * LLN_ENOCONV: LAPACK failed; LLN_ENOMEM; LLN_EINTERRUPTED.
 * Sources: O. Roy, M. Vetterli, EUSIPCO (2007), for entropy_rank. */
LLN_NODISCARD lln_status lln_ranks_measure(lln_attention *attention,
                                           const lln_ranks_options *options,
                                           lln_ranks *out);

/* The same for a kernel on a head. Queries and keys of up to 2048 tokens are
 * first converted to float64, as for lln_singular_measure_head. */
LLN_NODISCARD lln_status lln_ranks_measure_head(const lln_kernel_choice *kernel,
                                                const lln_head *head,
                                                unsigned what, lln_ranks *out);

#endif
