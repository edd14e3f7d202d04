/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads sampled from the Gaussian model: the entries of Q and K, and optionally
 * of V, are independent and normal with mean 0. */
#ifndef LLN_HEADS_GAUSSIAN_H
#define LLN_HEADS_GAUSSIAN_H

#include <stdint.h>

#include "heads/heads.h"

typedef struct {
    size_t n, d;             /* tokens and features; >= 1 */
    double sigma_q, sigma_k; /* standard deviations; > 0 */
    uint64_t seed;
    size_t trials; /* number of heads */
    lln_logit_rule rule;
    bool values; /* also draw V [n x d], with standard deviation 1 */
} lln_gaussian;

/* Opens the set of `trials` heads. Every sigma and every temperature uses the
 * same unit draws, so that curves over them are smooth. A temperature can be
 * set only under rules with lln_rule_has_closed_variance.
 * Each block of rows of each matrix of each trial is drawn from its own stream
 * of GSL's Mersenne twister. Draws therefore depend neither on the number of
 * threads nor on the number of trials, and Q and K do not depend on whether V
 * is drawn.
 * LLN_EINVAL: a count of 0, a standard deviation that is not positive or is too
 * large, or more streams than LLN_RANDOM_STREAMS; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_gaussian_open(const lln_gaussian *model,
                                           lln_heads *heads);

/* A matrix of independent normal values with mean 0 and standard deviation
 * sigma. Each block of 256 rows has its own stream, counted up from
 * first_stream. */
typedef struct {
    size_t rows, columns; /* >= 1 */
    double sigma;
    lln_precision precision;
    uint64_t seed;
    uint32_t first_stream;
} lln_gaussian_matrix;

/* The number of streams of a matrix with that many rows. */
size_t lln_gaussian_streams(size_t rows);

/* Draws the matrix: out [rows x columns] in its precision. The draws do not
 * depend on the number of threads, and those of float32 are the rounded ones of
 * float64. LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_gaussian_draw(const lln_gaussian_matrix *matrix,
                                           void *out);

#endif
