/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests of normality of queries or keys, feature by feature, on tokens that are
 * far enough apart to be nearly independent. */
#ifndef LLN_MEASURE_NORMALITY_FEATURES_H
#define LLN_MEASURE_NORMALITY_FEATURES_H

#include "measure/effective.h"
#include "measure/normality_tests.h"

/* Positions in lln_tested.tests. */
enum {
    LLN_LILLIEFORS,
    LLN_ANDERSON_DARLING,
    LLN_SHAPIRO_WILK,
    LLN_SHAPIRO_FRANCIA,
    LLN_DAGOSTINO_PEARSON,
    LLN_JARQUE_BERA,
    LLN_NORMALITY_TESTS
};

/* Why values are NaN. */
typedef enum {
    LLN_TESTED,          /* none is */
    LLN_TESTED_SOME,     /* of a matrix: only those of some columns */
    LLN_TESTED_FEW,      /* too few tokens for some p-value */
    LLN_TESTED_MANY,     /* too many tokens for Shapiro's tests */
    LLN_TESTED_CONSTANT, /* the tokens taken are all equal */
} lln_tested_state;

/* Fewest effective tokens for p-values, if the step is not given. */
enum { LLN_TESTED_LEAST = 20 };

typedef struct {
    lln_effective effective;
    double step;     /* every step-th token is taken */
    double tokens;   /* tokens taken: values in the test of one feature */
    double features; /* of the matrix: columns with some p-value */
    lln_test tests[LLN_NORMALITY_TESTS];
    double adjusted[LLN_NORMALITY_TESTS]; /* of a feature: min(1, p times the
                                             number of features with a p) */
    lln_tested_state state;
} lln_tested;

/* Takes tokens 0, K, 2 K, ... of each column of a [n x d] and tests it by
 * itself. K is `step`, or if that is 0, n / n_var of the column rounded up
 * (effective.h); then its p-values are NaN if its n_var or that of all of
 * a is below 20.
 *
 * Of each test, *all gets the smallest p of a column times the number of
 * columns with a p (Bonferroni), at most 1, with the statistic of that column,
 * the most extreme one if several have this p or none has a p. Its step is the
 * widest, and its tokens are the fewest, of the columns with a p-value (of all
 * columns if there are none). features [d], unless NULL, gets each column. If a
 * p of *all is NaN, its state is that of the first column whose state is not
 * LLN_TESTED; else it is LLN_TESTED_SOME if there is such a column.
 *
 * LLN_EINVAL: an entry is not finite. LLN_ENOMEM. Undefined values are NaN; the
 * status is then LLN_OK. */
LLN_NODISCARD lln_status lln_normality_features_test(lln_matrix a, size_t step,
                                                     lln_tested *all,
                                                     lln_tested *features);

#endif
