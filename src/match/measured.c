/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Solves D2(s) = target for the within-row log-variance D2, measured on the
 * head. One evaluation is a pass over rows. For large heads the search first
 * uses some of the rows; for an estimate it uses no others. */
#include "match/measured.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "kernel/table/table.h"
#include "match/search.h"
#include "match/strata.h"
#include "measure/row_sample.h"
#include "theory/fenton.h"

/* Heads with SAMPLED rows or more are searched on some rows first: an eighth,
 * at least FEWEST. Above ENOUGH rows, rows times keys is at most ENTRIES. */
enum { SAMPLED = 512, FEWEST = 128, ENOUGH = 512, ENTRIES = 1 << 26 };

static const double NOISE_F32 = 1e-7; /* of ln D2 */

/* Of ln D2: where the search on some rows ends. An estimate then takes one more
 * step without measuring again. Its slope, from the Gaussian model, may be
 * wrong by a tenth, which leaves half a percent of NEAR. */
static const double NEAR = 0.05, NEARER = 1e-3;

typedef struct {
    const lln_head *head;
    double balance, sigma_q, sigma_k;
    size_t *queries; /* [count] rows in use; NULL: all */
    size_t count;
    lln_row *measured; /* [n] */
} probe;

lln_status lln_measured_kernel(double alpha, double beta,
                               lln_kernel_choice *choice)
{
    LLN_TRY(lln_kernel_parse("lln", choice));
    LLN_TRY(lln_kernel_set(choice, "alpha", alpha));
    return lln_kernel_set(choice, "beta", beta);
}

lln_status lln_measured_attention(const lln_head *head, double alpha,
                                  double beta, lln_attention *attention)
{
    lln_kernel_choice choice;
    LLN_TRY(lln_measured_kernel(alpha, beta, &choice));
    return lln_kernel_open(&choice, head, attention);
}

/* D2 at sides balance s and s over the rows in use; 0 if no row has one. */
static lln_status log_variance(void *context, double s, double *variance)
{
    probe *p = context;
    double error;
    lln_attention attention = {0};
    LLN_TRY(lln_measured_attention(p->head, p->balance * s / p->sigma_q,
                                   s / p->sigma_k, &attention));
    lln_status status = lln_rows_measure(&attention, p->queries, p->count,
                                         LLN_ROW_MOMENTS, p->measured);
    lln_attention_close(&attention);
    if (status != LLN_OK)
        return status;
    lln_rows_mean(p->measured, p->count, p->head->q.rows, lln_row_variance,
                  variance, &error);
    *variance = fmax(*variance, 0);
    return LLN_OK;
}

/* ln s of the Gaussian model, balanced within 5 % for d = 16 to 256 and targets
 * 0.25 to 4. lln_theory_lln_match is exact but takes longer than the search
 * itself. The first term is the limit of small targets. The second, fitted, is
 * the growth of the largest of d terms, which large sides a bound: then D2 =
 * s^2. */
static lln_status model_side(size_t d, double balance, double target, double *x)
{
    double side2, growth = fmax(0.65 * log((double)d), 0.1);
    LLN_TRY(lln_theory_fenton_row_ratio_inverse(d, fmin(target, 500), balance,
                                                &side2));
    *x = log(side2 + target * (balance > 1 ? 1 : growth)) / 2;
    return LLN_OK;
}

/* The start of the search, and the slope d ln D2 / d ln s there. */
static lln_status first_guess(const probe *p, double target, double *x,
                              double *slope)
{
    static const double STEP = 0.1;
    size_t d = p->head->q.columns;
    double next = NAN;
    LLN_TRY(model_side(d, p->balance, target, x));
    LLN_TRY(model_side(d, p->balance, target * exp(STEP), &next));
    *slope = STEP / (next - *x);
    return LLN_OK;
}

/* Searches on some rows. If they cannot reach the target, all rows may: then
 * *found is false and *x is unchanged. */
static lln_status search_some(lln_search *search, probe *p, bool estimate,
                              double *x, double *slope, bool *found)
{
    double at = *x, excess = 0;
    LLN_TRY(lln_strata_choose(p->head, p->balance * exp(*x) / p->sigma_q,
                              exp(*x) / p->sigma_k, p->count, p->queries));
    search->tolerance = estimate ? NEAR : NEARER;
    lln_status status = lln_search_root(search, &at, slope, &excess);
    *found = status == LLN_OK;
    if (*found)
        *x = at - excess / *slope;
    return status == LLN_ENOCONV ? LLN_OK : status;
}

static lln_status search_all(lln_search *search, probe *p, double *x,
                             double slope, double *excess)
{
    bool single = p->head->q.precision == LLN_FLOAT32;
    p->count = p->head->q.rows;
    search->tolerance = single ? NOISE_F32 : LLN_MATCH_TOLERANCE;
    free(p->queries);
    p->queries = NULL;
    return lln_search_root(search, x, &slope, excess);
}

/* Number of rows to search on first. */
static size_t first_rows(const lln_head *head)
{
    size_t n = head->q.rows, most = ENTRIES / head->k.rows, some = n / 8;
    most = most < ENOUGH ? ENOUGH : most;
    some = some < most ? some : most;
    some = some < FEWEST ? FEWEST : some;
    return n < SAMPLED ? n : some;
}

static lln_status search_in_stages(lln_search *search, probe *p, bool estimate,
                                   double *x, double *excess)
{
    double slope = NAN;
    bool found = false;
    LLN_TRY(first_guess(p, search->target, x, &slope));
    if (p->count < p->head->q.rows)
        LLN_TRY(search_some(search, p, estimate, x, &slope, &found));
    bool enough = estimate && p->head->q.rows >= LLN_MATCH_LARGE;
    return enough && found ? LLN_OK : search_all(search, p, x, slope, excess);
}

/* Searches with the arrays of p allocated. */
static lln_status search_problem(const lln_match_problem *problem,
                                 lln_search *search, probe *p,
                                 lln_match_list *found)
{
    double x = NAN, excess = 0, target = problem->variance;
    search->name = "within-row log-variance";
    search->value = log_variance;
    search->context = p;
    search->target = target;
    lln_status status =
        search_in_stages(search, p, problem->options->estimate, &x, &excess);
    if (status == LLN_OK)
        lln_problem_add(problem, exp(x), target, target * exp(excess), 0,
                        found);
    else if (status == LLN_ENOCONV && !isnan(x))
        lln_problem_add(problem, exp(x), target, target * exp(excess),
                        fabs(excess), found);
    return status;
}

lln_status lln_measured_find(const lln_match_problem *problem,
                             lln_match_list *found)
{
    size_t n = problem->head->q.rows;
    probe p = {.head = problem->head,
               .balance = problem->options->balance,
               .sigma_q = problem->sigma_q,
               .sigma_k = problem->sigma_k,
               .count = first_rows(problem->head)};
    lln_search *search = calloc(1, sizeof *search);
    p.queries = lln_array_alloc(p.count, sizeof *p.queries);
    p.measured = lln_array_alloc(n, sizeof *p.measured);
    lln_status status =
        search && p.queries && p.measured
            ? search_problem(problem, search, &p, found)
            : lln_fail(LLN_ENOMEM, "out of memory: %zu rows", n);
    free(search);
    free(p.queries);
    free(p.measured);
    return status;
}
