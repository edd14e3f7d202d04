/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers that are added to the logits of a head, one for each query and key.
 * Example: ALiBi with slope 0.5 on 4 tokens has by_distance = {-1.5, -1, -0.5,
 * 0, -0.5, -1, -1.5} and zero = 3; query 2 and key 0 get by_distance[3 + 0 - 2]
 * = -1. */
#ifndef LLN_HEADS_LOGIT_BIAS_H
#define LLN_HEADS_LOGIT_BIAS_H

#include <stdbool.h>
#include <stddef.h>

#include "tensor/tensor.h"

/* Numbers of an array that are no larger hide the key, as -inf does. Libraries
 * write the lowest finite number of a type for -inf: -65504 of float16, -3.4e38
 * of bfloat16 and float32. This is half of the first, because a bias may have
 * been added to it. */
extern const double lln_hiding_number;

/* A matrix [n x m] in an array of a file: numbers that are added, where -inf
 * and lln_hiding_number hide the key; or flags, where 0 hides it. */
typedef struct {
    lln_tensor tensor;          /* of the numbers */
    const unsigned char *flags; /* NULL: numbers */
    lln_tensor_slice slice;
} lln_logit_grid;

/* The sum of its parts, each of which may be missing. */
typedef struct {
    /* by_distance[zero + j - p] for key j and a query at key p. Distances from
     * -zero to the other end of the array are allowed. */
    const double *by_distance;
    size_t zero;
    /* -slope |position[p] - position[j]| */
    const double *position; /* [m] */
    double slope;
    const lln_logit_grid *numbers, *mask;
    double largest; /* of the numbers added, in size; those that only take
                       weight from distant keys do not count */
    bool hides;     /* some are -inf */
    double level;   /* size of the largest number of a row, over all rows:
                       numbers far below give no weight */
} lln_logit_bias;

/* out [count] += what query i of n, which is at key p, gets for the keys
 * first_key, first_key + 1, ... A number that cannot be read is NaN. */
void lln_logit_bias_add(const lln_logit_bias *bias, size_t i, size_t p,
                        size_t first_key, size_t count, double *out);

#endif
