/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moment matching: finds alpha and beta with which linear log-normal attention,
 * with features exp(alpha q) and exp(beta k), has the same log-variance (or
 * entropy, or spectral gap) as softmax attention of the same head. It matches
 * one head; layer.h matches a layer, report.h measures what a match achieves,
 * landscape.h any alpha and beta. Example, method fenton: d = 64, D2 = 1 gives
 * s^2 = ln(1 + 64 (e - 1)) / 2 = 2.355, s = 1.534; with sigma_q = sigma_k = 1,
 * alpha = beta = 1.534. */
#ifndef LLN_MATCH_MATCH_H
#define LLN_MATCH_MATCH_H

#include <stdbool.h>

#include "heads/heads.h"
#include "kernel/parameters.h"

/* A quantity of attention that can be matched. */
typedef enum {
    LLN_TARGET_VARIANCE, /* within-row log-variance D2, nats^2 */
    LLN_TARGET_ENTROPY,  /* mean row entropy, nats */
    LLN_TARGET_GAP,      /* 1 - |lambda_2| */
    LLN_TARGET_SKEWNESS, /* mean over rows of the skewness of ln P in the row */
    LLN_TARGETS
} lln_match_target;

/* Names of the quantities, as in the column `target`. */
extern const char *const lln_match_target_names[LLN_TARGETS];

typedef enum {
    LLN_MATCH_NONE,    /* no alpha and beta */
    LLN_MATCH_NEAREST, /* alpha and beta do not meet the target */
    LLN_MATCH_SOLVED   /* the equation of the method is solved */
} lln_match_state;

/* Names of the states, as in the column `status`. */
extern const char *const lln_match_state_names[];

typedef struct {
    lln_match_target of; /* what is matched */
    double alpha, beta;
    double sigma_q, sigma_k; /* standard deviation of all entries of Q and of K,
                                divisor nd - 1 */
    double target;    /* the value to reach: that of softmax attention on this
                         head; for paper sigma_q^2 sigma_k^2 */
    double predicted; /* the value of LLN attention that the method predicts;
                         NaN if it predicts none */
    double second_target, second_predicted; /* the same for the second quantity
                                               of joint; NaN: there is none */
    double second_limit; /* of joint: second value minus its target for a ->
                            infinity on the curve of D2; NaN: not joint */
    double stated_error; /* largest relative error of `predicted` that the
                            method states for the Gaussian model; NaN: none */
    double distance;     /* from the target: 0 if it is met, NaN if there is no
                            alpha and beta. For D2 it is |ln(D2 / target)| */
    lln_match_state state;
    /* D2 and the mean entropy of LLN attention with this match over all rows,
       if the search measured them in the precision of the head; else NaN or 0.
     */
    double variance, entropy;
} lln_match;

/* The matches that a method finds on a head. */
enum { LLN_MATCH_SOLUTIONS = 8 };
typedef struct {
    size_t count;
    lln_match items[LLN_MATCH_SOLUTIONS];
} lln_match_list;

typedef struct {
    double balance;             /* R > 0: alpha sigma_q = R beta sigma_k */
    bool estimate;              /* see lln_match_estimate */
    lln_match_target second;    /* of joint: LLN_TARGET_ENTROPY or _SKEWNESS */
    double largest;             /* of joint: alpha sigma_q to try */
    double line_low, line_high; /* range of D2 over which `line` is fitted */
} lln_match_options;

/* Balanced, not estimated; joint in the entropy, up to alpha sigma_q = 200;
 * line fitted from 0.5 to 2. */
extern const lln_match_options lln_match_defaults;

/* What several methods need of a head, for the same options, see
 * lln_match_problem. Zeroed: nothing is known yet. */
enum { LLN_MATCH_SCANNED = 25 };
typedef struct {
    double sigma_q, sigma_k, variance;
    /* D2 and the mean of ln(keys) - entropy of LLN attention, on some rows, at
     * sides whose logarithms are 0.3 apart, from -3 on. */
    bool scanned;
    double scan_variance[LLN_MATCH_SCANNED], scan_deficit[LLN_MATCH_SCANNED];
} lln_match_known;

struct lln_match_problem;

typedef struct {
    const char *name, *summary;
    lln_match_target target;
    bool needs_variance; /* needs D2 of softmax to be positive */
    bool has_free_sides; /* alpha and beta are independent: no balance */
    /* Adds what it finds to the list, with lln_problem_add. Private to
     * src/match. */
    lln_status (*find)(const struct lln_match_problem *problem,
                       lln_match_list *found);
} lln_match_method;

/* All methods, ended by a row whose name is NULL. Those without
 * free sides choose alpha and beta with alpha sigma_q = R beta sigma_k. */
extern const lln_match_method lln_match_methods[];

/* The method of that name; NULL if there is none. */
const lln_match_method *lln_match_find(const char *name);

/* Relative tolerance of D2 for the method `measured`, and the number of rows
 * from which lln_match_estimate may use only some of them. */
#define LLN_MATCH_TOLERANCE 1e-9
enum { LLN_MATCH_LARGE = 2048 };

/* Finds all matches by `method`. The within-row log-variance D2 is the mean of
 * lln_row_variance over all rows, with the head's mask. With a = alpha sigma_q
 * and b = beta sigma_k, a = R b, s2 = a^2 + b^2:
 *   paper       slope s2 + intercept = sigma_q^2 sigma_k^2, published
 *               constants; ignores the head's rule of logits
 *   fenton      s2 = ln(1 + d (e^D2 - 1))
 *   fenton-row  (e^{b^2} - 1) e^{a^2} = d (e^D2 - 1)
 *   exact       D2(a, b) by quadrature in the Gaussian model, no mask
 *   measured    D2(a, b) measured on the head
 *   line        s2 = (D2 - intercept) / slope, fitted for d and R to the exact
 *               D2(a, b) over line_low to line_high
 *   entropy     the mean row entropy of LLN attention, measured on the head, is
 *               that of softmax, to the same tolerances of ln(keys) - entropy
 *   gap         |lambda_2| of LLN attention is that of softmax, to 1e-8; takes
 *               much longer
 *   joint       D2 and options.second of LLN attention, measured on the head in
 *               float64, are those of softmax, to 1e-10; a and b are free, see
 *               joint.h
 * `measured` reaches the target on all rows to LLN_MATCH_TOLERANCE in float64,
 * and to 1e-7, the rounding error of D2, in float32. D2 need not increase with
 * b: if several b reach the target, the first of the list is the one that the
 * search finds first when it starts from that of the Gaussian model.
 * options: NULL: lln_match_defaults.
 * LLN_EUNDEFINED: queries or keys are constant; what is matched is not
 * defined, or 0, for softmax; or, for methods with needs_variance, D2 is not
 * positive (fewer than two keys in each row, or equal tokens); LLN_ENOCONV: no
 * alpha and beta reach the target (the message gives the largest D2 found); the
 * list then has the nearest match, or none; LLN_EINVAL: balance not positive,
 * or the range of the line; LLN_ENOMEM; LLN_EINTERRUPTED. With any other status
 * than LLN_OK and LLN_ENOCONV the list is empty. Source: Nahshan, Kampeas,
 * Haleva (2024), section 4; Fenton (1960). */
LLN_NODISCARD lln_status lln_match_list_find(const lln_match_method *method,
                                             const lln_head *head,
                                             const lln_match_options *options,
                                             lln_match_list *found);

/* The same for one of several methods on a head: what one of them has measured
 * is kept in *known for the others. */
LLN_NODISCARD lln_status
lln_match_list_find_next(const lln_match_method *method, const lln_head *head,
                         const lln_match_options *options,
                         lln_match_known *known, lln_match_list *found);

/* The first match of the list, balanced. *match is written only with
 * LLN_OK. */
LLN_NODISCARD lln_status lln_match_solve(const lln_match_method *method,
                                         const lln_head *head,
                                         lln_match *match);

/* The same, for callers that then measure LLN attention with the match: the
 * match should cost less than the measurement. For heads with LLN_MATCH_LARGE
 * rows or more, the methods `measured` and `entropy` use an eighth of the rows
 * (fewer for very large heads, but at least 512), chosen by lln_strata_choose,
 * once or twice, and `predicted` is the target. `gap` and `joint` are solved
 * exactly, which may take longer than the measurement. No method looks for
 * more than one solution, except joint. D2 over all rows then reaches the
 * target to about 0.5 % on Gaussian heads, and to a few percent on trained
 * heads, whose rows differ more. */
LLN_NODISCARD lln_status lln_match_estimate(const lln_match_method *method,
                                            const lln_head *head,
                                            lln_match *match);

/* Sets alpha and beta of a choice of LLN attention that has neither to those
 * that the method of its parameter `match` (`measured` if the kernel does not
 * have it) estimates on the head, which is then all of its layer. Other choices
 * are unchanged. LLN_EINVAL: scales=layer with another method than paper; else
 * the statuses of lln_match_estimate. */
LLN_NODISCARD lln_status lln_match_complete(const lln_head *head,
                                            lln_kernel_choice *choice);

/* Sets alpha and beta of a choice of LLN attention to those that `method`, a
 * const lln_match_method, estimates on the head: an lln_bootstrap_adapt. The
 * statuses of lln_match_estimate and lln_side_set. */
LLN_NODISCARD lln_status lln_match_adapt(const void *method,
                                         const lln_head *head,
                                         lln_kernel_choice *choice);

#endif
