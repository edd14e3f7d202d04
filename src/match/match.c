/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of methods, and the methods that need no pass over the head. */
#include "match/match.h"

#include <math.h>
#include <string.h>

#include "heads/temperature.h"
#include "match/measured.h"
#include "theory/fenton.h"
#include "theory/line.h"
#include "theory/lln_theory.h"

static lln_status paper_side(const lln_head *head, bool estimate,
                             lln_match *match, double *s)
{
    (void)head;
    (void)estimate;
    double sigma = match->sigma_q * match->sigma_k;
    match->target = sigma * sigma;
    LLN_TRY(lln_theory_paper_side(match->sigma_q, match->sigma_k, s));
    return lln_theory_paper_variance(2 * *s * *s, &match->predicted);
}

static lln_status fenton_side(const lln_head *head, bool estimate,
                              lln_match *match, double *s)
{
    (void)estimate;
    size_t d = head->q.columns;
    double s2, mean;
    LLN_TRY(lln_theory_fenton_inverse(d, match->target, &s2));
    *s = sqrt(s2 / 2);
    return lln_theory_fenton(d, s2, &mean, &match->predicted);
}

static lln_status fenton_row_side(const lln_head *head, bool estimate,
                                  lln_match *match, double *s)
{
    (void)estimate;
    size_t d = head->q.columns;
    double side2;
    LLN_TRY(lln_theory_fenton_row_inverse(d, match->target, &side2));
    *s = sqrt(side2);
    return lln_theory_fenton_row(d, side2, side2, &match->predicted);
}

static lln_status exact_side(const lln_head *head, bool estimate,
                             lln_match *match, double *s)
{
    (void)estimate;
    match->predicted = match->target;
    return lln_theory_lln_match(head->q.columns, match->target, s);
}

const lln_match_method lln_match_methods[] = {
    {"paper", "the published line and its constants, fitted for d = 64", false,
     paper_side},
    {"fenton", "Fenton-Wilkinson variance of the sum of features", true,
     fenton_side},
    {"fenton-row", "Fenton-Wilkinson variance of a normalised row", true,
     fenton_row_side},
    {"exact", "quadrature under the Gaussian model", true, exact_side},
    {"measured",
     "search for alpha and beta that give the D2 of softmax on the head itself",
     true, lln_measured_side},
    {0},
};

const lln_match_method *lln_match_find(const char *name)
{
    for (const lln_match_method *method = lln_match_methods; method->name;
         method++)
        if (strcmp(method->name, name) == 0)
            return method;
    return NULL;
}

/* Standard deviation of all entries. */
static lln_status find_spread(lln_matrix a, const char *what, double *deviation)
{
    double mean;
    lln_matrix_moments(a, &mean, deviation);
    if (!(*deviation > 0))
        return lln_fail(
            LLN_EUNDEFINED,
            "match: alpha and beta are undefined: all entries of the "
            "%s are equal",
            what);
    return LLN_OK;
}

static lln_status find_target(const lln_head *head, double *variance)
{
    LLN_TRY(lln_temperature_variance(head, variance));
    if (!(*variance > 0))
        return lln_fail(LLN_EUNDEFINED,
                        "match: alpha and beta are undefined: no row has two "
                        "different logits");
    return LLN_OK;
}

static lln_status solve_sides(const lln_match_method *method,
                              const lln_head *head, bool estimate,
                              lln_match *match)
{
    double s = NAN;
    lln_match result = {.predicted = NAN};
    LLN_TRY(find_spread(head->q, "queries", &result.sigma_q));
    LLN_TRY(find_spread(head->k, "keys", &result.sigma_k));
    if (method->needs_variance)
        LLN_TRY(find_target(head, &result.target));
    LLN_TRY(method->side(head, estimate, &result, &s));
    result.alpha = s / result.sigma_q;
    result.beta = s / result.sigma_k;
    *match = result;
    return LLN_OK;
}

lln_status lln_match_solve(const lln_match_method *method, const lln_head *head,
                           lln_match *match)
{
    return solve_sides(method, head, false, match);
}

lln_status lln_match_estimate(const lln_match_method *method,
                              const lln_head *head, lln_match *match)
{
    return solve_sides(method, head, true, match);
}
