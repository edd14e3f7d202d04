/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of methods, and the methods that need no pass over the head. */
#include "match/match.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "heads/temperature.h"
#include "match/calibrated.h"
#include "match/gap.h"
#include "match/joint.h"
#include "match/lln_side.h"
#include "match/measured.h"
#include "match/problem.h"
#include "theory/fenton.h"
#include "theory/line.h"
#include "theory/lln_theory.h"

const char *const lln_match_target_names[LLN_TARGETS] = {
    [LLN_TARGET_VARIANCE] = "log_variance_row",
    [LLN_TARGET_ENTROPY] = "entropy_nats",
    [LLN_TARGET_GAP] = "gap",
    [LLN_TARGET_SKEWNESS] = "skewness_row"};

const char *const lln_match_state_names[] = {[LLN_MATCH_NONE] = "none",
                                             [LLN_MATCH_NEAREST] = "nearest",
                                             [LLN_MATCH_SOLVED] = "solved"};

const lln_match_options lln_match_defaults = {.balance = 1,
                                              .second = LLN_TARGET_ENTROPY,
                                              .largest = 200,
                                              .line_low = 0.5,
                                              .line_high = 2};

/* The side b for which a^2 + b^2 = 2 s^2. */
static double side_of(const lln_match_problem *problem, double s)
{
    double balance = problem->options->balance;
    return s * sqrt(2 / (1 + balance * balance));
}

static lln_status find_paper(const lln_match_problem *problem,
                             lln_match_list *found)
{
    double s, predicted, sigma = problem->sigma_q * problem->sigma_k;
    LLN_TRY(lln_theory_paper_side(problem->sigma_q, problem->sigma_k, &s));
    LLN_TRY(lln_theory_paper_variance(2 * s * s, &predicted));
    lln_problem_add(problem, side_of(problem, s), sigma * sigma, predicted, 0,
                    found);
    return LLN_OK;
}

static lln_status find_fenton(const lln_match_problem *problem,
                              lln_match_list *found)
{
    size_t d = problem->head->q.columns;
    double s2, mean, predicted;
    LLN_TRY(lln_theory_fenton_inverse(d, problem->variance, &s2));
    LLN_TRY(lln_theory_fenton(d, s2, &mean, &predicted));
    lln_problem_add(problem, side_of(problem, sqrt(s2 / 2)), problem->variance,
                    predicted, 0, found);
    return LLN_OK;
}

static lln_status find_fenton_row(const lln_match_problem *problem,
                                  lln_match_list *found)
{
    size_t d = problem->head->q.columns;
    double b2, predicted, balance = problem->options->balance;
    LLN_TRY(lln_theory_fenton_row_ratio_inverse(d, problem->variance, balance,
                                                &b2));
    LLN_TRY(lln_theory_fenton_row(d, balance * balance * b2, b2, &predicted));
    lln_problem_add(problem, sqrt(b2), problem->variance, predicted, 0, found);
    return LLN_OK;
}

static lln_status find_exact(const lln_match_problem *problem,
                             lln_match_list *found)
{
    double b, target = problem->variance;
    LLN_TRY(lln_theory_lln_match_ratio(problem->head->q.columns, target,
                                       problem->options->balance, &b));
    lln_problem_add(problem, b, target, target, 0, found);
    return LLN_OK;
}

const lln_match_method lln_match_methods[] = {
    {"paper", "the published line and its constants, fitted for d = 64",
     LLN_TARGET_VARIANCE, false, false, find_paper},
    {"fenton", "Fenton-Wilkinson variance of the sum of features",
     LLN_TARGET_VARIANCE, true, false, find_fenton},
    {"fenton-row", "Fenton-Wilkinson variance of a normalised row",
     LLN_TARGET_VARIANCE, true, false, find_fenton_row},
    {"exact", "quadrature under the Gaussian model", LLN_TARGET_VARIANCE, true,
     false, find_exact},
    {"measured",
     "search for alpha and beta that give the D2 of softmax on the head itself",
     LLN_TARGET_VARIANCE, true, false, lln_measured_find},
    {"line", "line fitted for the number of features over --range",
     LLN_TARGET_VARIANCE, true, false, lln_calibrated_find},
    {"entropy",
     "search for alpha and beta that give the mean row entropy of softmax on "
     "the head itself",
     LLN_TARGET_ENTROPY, false, false, lln_measured_find_entropy},
    {"gap",
     "search for alpha and beta that give the spectral gap of softmax on the "
     "head itself; slow",
     LLN_TARGET_GAP, false, false, lln_gap_find},
    {"joint",
     "search for alpha and beta that give both D2 and --second of softmax; "
     "often there are none",
     LLN_TARGET_VARIANCE, true, true, lln_joint_find},
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
    bool underflows = !(*deviation > 0) && lln_matrix_underflows(a);
    if (underflows || (a.rows * a.columns > 1 && !isfinite(*deviation)))
        return lln_fail(LLN_EUNDEFINED,
                        "match: the variance of the %s %s float64", what,
                        underflows ? "underflows" : "overflows");
    if (!(*deviation > 0))
        return lln_fail(LLN_EUNDEFINED,
                        "alpha and beta are undefined: all entries of the "
                        "%s are equal",
                        what);
    return LLN_OK;
}

/* sigma: sigma_q sigma_k, the size of logits. */
static lln_status find_variance(const lln_head *head, double sigma,
                                double *variance)
{
    LLN_TRY(lln_temperature_variance(head, variance));
    if (!(*variance > 0) && sigma * sigma < DBL_MIN)
        return lln_fail(LLN_EUNDEFINED,
                        "match: the variance of the logits underflows float64");
    if (!(*variance > 0))
        return lln_fail(LLN_EUNDEFINED,
                        "alpha and beta are undefined: no row has two "
                        "different logits");
    return LLN_OK;
}

static lln_status check_options(const lln_match_options *options)
{
    if (!(options->balance > 0 && isfinite(options->balance)))
        return lln_fail(LLN_EINVAL, "balance %g: expected a positive number",
                        options->balance);
    if (!(options->line_low > 0 && options->line_high > options->line_low &&
          isfinite(options->line_high)))
        return lln_fail(LLN_EINVAL,
                        "range %g to %g of a line: expected positive "
                        "and ascending",
                        options->line_low, options->line_high);
    if (!(options->largest > LLN_JOINT_LEAST && isfinite(options->largest)))
        return lln_fail(LLN_EINVAL, "largest side %g: expected more than %g",
                        options->largest, LLN_JOINT_LEAST);
    return LLN_OK;
}

/* Finds what is not known yet. */
static lln_status learn_head(const lln_match_method *method,
                             const lln_head *head, lln_match_known *known)
{
    double sigma_q, sigma_k;
    if (!(known->sigma_q > 0)) {
        LLN_TRY(find_spread(head->q, "queries", &sigma_q));
        LLN_TRY(find_spread(head->k, "keys", &sigma_k));
        known->sigma_q = sigma_q;
        known->sigma_k = sigma_k;
    }
    if (!method->needs_variance || known->variance > 0)
        return LLN_OK;
    return find_variance(head, known->sigma_q * known->sigma_k,
                         &known->variance);
}

lln_status lln_match_list_find_next(const lln_match_method *method,
                                    const lln_head *head,
                                    const lln_match_options *options,
                                    lln_match_known *known,
                                    lln_match_list *found)
{
    lln_match_problem problem = {.head = head,
                                 .options =
                                     options ? options : &lln_match_defaults,
                                 .of = method->target};
    found->count = 0;
    LLN_TRY(check_options(problem.options));
    LLN_TRY(learn_head(method, head, known));
    problem.sigma_q = known->sigma_q;
    problem.sigma_k = known->sigma_k;
    problem.variance = method->needs_variance ? known->variance : NAN;
    problem.known = known;
    lln_status status = method->find(&problem, found);
    if (status != LLN_OK && status != LLN_ENOCONV)
        found->count = 0;
    return status;
}

lln_status lln_match_list_find(const lln_match_method *method,
                               const lln_head *head,
                               const lln_match_options *options,
                               lln_match_list *found)
{
    lln_match_known known = {0};
    return lln_match_list_find_next(method, head, options, &known, found);
}

static lln_status find_first(const lln_match_method *method,
                             const lln_head *head, bool estimate,
                             lln_match *match)
{
    lln_match_options options = lln_match_defaults;
    lln_match_list found;
    options.estimate = estimate;
    LLN_TRY(lln_match_list_find(method, head, &options, &found));
    *match = found.items[0];
    return LLN_OK;
}

lln_status lln_match_solve(const lln_match_method *method, const lln_head *head,
                           lln_match *match)
{
    return find_first(method, head, false, match);
}

lln_status lln_match_estimate(const lln_match_method *method,
                              const lln_head *head, lln_match *match)
{
    return find_first(method, head, true, match);
}

/* The word of a parameter; `otherwise` if the kernel has no such parameter. */
static const char *word_of(const lln_kernel_choice *choice, const char *name,
                           const char *otherwise)
{
    int at = lln_kernel_parameter_index(choice->kernel, name);
    return at < 0 ? otherwise : choice->word[at];
}

lln_status lln_match_complete(const lln_head *head, lln_kernel_choice *choice)
{
    if (!choice->kernel->takes_alpha_beta ||
        lln_kernel_given(choice, "alpha") || lln_kernel_given(choice, "beta"))
        return LLN_OK;
    const char *method = word_of(choice, "match", "measured");
    if (strcmp(word_of(choice, "scales", "head"), "layer") == 0) {
        if (lln_kernel_given(choice, "match") && strcmp(method, "paper") != 0)
            return lln_fail(LLN_EINVAL,
                            "kernel '%s': scales=layer needs match=paper",
                            choice->text);
        method = "paper";
    }
    return lln_match_adapt(lln_match_find(method), head, choice);
}

lln_status lln_match_adapt(const void *method, const lln_head *head,
                           lln_kernel_choice *choice)
{
    lln_match match;
    LLN_TRY(lln_match_estimate(method, head, &match));
    return lln_side_set(match.alpha, match.beta, choice);
}
