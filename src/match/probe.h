/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The mean over rows of a quantity of LLN attention on a head, on all rows or
 * on some. Private to src/match. */
#ifndef LLN_MATCH_PROBE_H
#define LLN_MATCH_PROBE_H

#include "kernel/parameters.h"
#include "match/problem.h"
#include "measure/row_sample.h"

/* A quantity of rows, which increases with the side s at least for small s. */
typedef struct {
    const char *name;
    unsigned what;        /* LLN_ROW_... */
    lln_row_value *value; /* its mean over rows is matched */
    double factor; /* of it, for the D2 of a similar match: where to start */
} lln_probe_quantity;

/* D2, and the mean of ln(keys) - entropy. */
extern const lln_probe_quantity lln_probe_variance, lln_probe_deficit;

/* An evaluation over all rows. */
enum { LLN_PROBE_REMEMBERED = 16 };
typedef struct {
    double s, variance, entropy;
} lln_probe_evaluation;

typedef struct {
    const lln_match_problem *problem;
    const lln_probe_quantity *of;
    const lln_head *head;
    size_t *queries; /* [count] rows in use; NULL: all */
    size_t count;
    lln_row *measured;                               /* [n] */
    lln_probe_evaluation last[LLN_PROBE_REMEMBERED]; /* the latest */
    size_t evaluated;
} lln_probe;

/* Measures the rows in use with that kernel. *mean is the mean of the quantity;
 * 0 if no row has a value. The statuses of lln_kernel_open and
 * lln_rows_measure. */
LLN_NODISCARD lln_status lln_probe_measure(const lln_probe *p,
                                           const lln_kernel_choice *kernel,
                                           double *mean);

/* The mean of p->of over the rows that were measured last. */
void lln_probe_mean(const lln_probe *p, double *mean);

/* The same as lln_probe_measure for LLN attention with sides balance s and s;
 * context: the lln_probe. */
LLN_NODISCARD lln_status lln_probe_value(void *context, double s,
                                         double *value);

/* Stores D2 and the entropy at side s in the match, if all rows were measured
 * there in one of the last evaluations. */
void lln_probe_recall(const lln_probe *p, double s, lln_match *match);

/* Uses `count` rows, which are chosen for side s and stored in p->queries. The
 * statuses of lln_strata_choose. */
LLN_NODISCARD lln_status lln_probe_use_some(lln_probe *p, double s,
                                            size_t count);

/* Uses all rows. Returns p->queries as it was. */
size_t *lln_probe_use_all(lln_probe *p);

#endif
