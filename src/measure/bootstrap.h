/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A parametric bootstrap of the goodness of fit of ln P: is its distance from
 * normal larger than that of Gaussian queries and keys of the same size? The
 * entries of P depend on each other, which no test for independent values
 * allows for; drawn heads have the same dependence. Example: 4 of 99 drawn
 * heads are at least as far from normal as the head: p = (1 + 4) / (1 + 99) =
 * 0.05. */
#ifndef LLN_MEASURE_BOOTSTRAP_H
#define LLN_MEASURE_BOOTSTRAP_H

#include "kernel/parameters.h"

/* Sets the parameters of the choice that were found from the head, such as
 * alpha and beta, to those for a drawn head. Several threads call it at once.
 * With a status that is lln_status_is_local the drawn head has none. */
typedef lln_status lln_bootstrap_adapt(const void *context,
                                       const lln_head *drawn,
                                       lln_kernel_choice *choice);

typedef struct {
    size_t draws;  /* B, at most; >= 1 */
    size_t enough; /* stop at the draw that is the enough-th with T* >= T;
                      0: never */
    uint64_t seed;
    lln_bootstrap_adapt *adapt; /* NULL: the choice is the same for all draws */
    const void *context;        /* passed to it */
} lln_bootstrap_plan;

typedef struct {
    double distance; /* T of the head */
    double p;
    size_t draws; /* done: l <= B */
    double mean;  /* of T*; NaN: it was stopped at the first draw */
    double upper; /* 95 % point of T*; NaN if fewer than 19 of them count */
} lln_bootstrap;

/* The null hypothesis: the entries of Q and of K are independent and normal
 * with mean 0, with the head's n, m, d, precision and rule of logits (mask,
 * bias, sink). T is the distance of ln P from normal, lln_lognormal_distance of
 * the rows listed in queries[count] (NULL: all). Draw b has standard deviations
 * sigma_q and sigma_k, those of all entries of Q and K about their mean
 * (divisor: number - 1), and T*_b is computed as T, with the same estimation.
 *     p = enough / l                     if stopped at draw l,
 *     p = (1 + #{T* >= T}) / (B + 1)     otherwise,
 * where T* >= T (1 - 1e-9) counts as T* >= T, because of rounding. Both are
 * valid: under the hypothesis P(p <= x) <= x, apart from the estimation of
 * sigma. A drawn head without a distance counts as T* >= T and
 * enters neither mean nor upper. The draw that stops does not enter them
 * either: without it the mean is unbiased. upper is the value of rank
 * ceil(0.95 (l + 1)) of the l that count.
 * Draw b uses streams of random numbers of its own, from the seed, the layer
 * and the index of the head, and b. So results depend neither on the number of
 * threads nor on other heads, and draws 1 .. b are the same for all B >= b.
 * Texts of a batch share the draws of a head. Draws run in
 * parallel, or one after another with all threads for large heads. Time: B + 1
 * times that of lln_lognormal_distance, and of adapt. Memory: a head for each
 * thread, and B values.
 * LLN_EUNDEFINED: queries or keys have no spread, or ln P has no distance; all
 * results are NaN and 0 draws. LLN_EINVAL: draws = 0, or more streams than
 * LLN_RANDOM_STREAMS; LLN_ENOMEM; LLN_EINTERRUPTED; those of lln_kernel_open.
 * Sources: Efron and Tibshirani (1993), chapter 16; stopping: Besag and
 * Clifford, Biometrika 78 (1991); mean: Girshick, Mosteller and Savage
 * (1946). */
LLN_NODISCARD lln_status lln_bootstrap_measure(const lln_kernel_choice *choice,
                                               const lln_head *head,
                                               const size_t *queries,
                                               size_t count,
                                               const lln_bootstrap_plan *plan,
                                               lln_bootstrap *out);

#endif
