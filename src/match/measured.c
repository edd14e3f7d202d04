/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Solves value(s) = target for the mean over rows of a quantity, measured on
 * the head. One evaluation is a pass over rows. For large heads the search
 * first uses some of the rows; for an estimate it uses no others. */
#include "match/measured.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "kernel/table/table.h"
#include "match/probe.h"
#include "match/search.h"
#include "theory/lln_theory.h"

/* Heads with SAMPLED rows or more are searched on some rows first: an eighth,
 * at least FEWEST. Above ENOUGH rows, rows times keys is at most ENTRIES. */
enum { SAMPLED = 512, FEWEST = 128, ENOUGH = 512, ENTRIES = 1 << 26 };

/* Further solutions are looked for on this many rows, which are chosen for a
 * typical side. */
enum { SCANNED = 64 };
static const double TYPICAL = 2;

static const double NOISE_F32 = 1e-7; /* of ln D2 */

/* Of ln D2: where the search on some rows ends. An estimate then takes one more
 * step without measuring again. Its slope, from the Gaussian model, may be
 * wrong by a tenth, which leaves half a percent of NEAR. */
static const double NEAR = 0.05, NEARER = 1e-3;

/* The start of the search, and the slope d ln D2 / d ln s there. */
static lln_status first_guess(const lln_probe *p, double target, double *x,
                              double *slope)
{
    static const double STEP = 0.1;
    size_t d = p->head->q.columns;
    double next = NAN, balance = p->problem->options->balance;
    target *= p->of->factor;
    LLN_TRY(lln_theory_lln_match_guess(d, target, balance, x));
    LLN_TRY(lln_theory_lln_match_guess(d, target * exp(STEP), balance, &next));
    *slope = STEP / (next - *x);
    return LLN_OK;
}

/* Searches on some rows. If they cannot reach the target, all rows may: then
 * *found is false and *x is unchanged. */
static lln_status search_some(lln_search *search, lln_probe *p, bool estimate,
                              double *x, double *slope, bool *found)
{
    double at = *x, excess = 0;
    LLN_TRY(lln_probe_use_some(p, exp(*x), p->count));
    search->tolerance = estimate ? NEAR : NEARER;
    lln_status status = lln_search_root(search, &at, slope, &excess);
    *found = status == LLN_OK;
    if (*found)
        *x = at - excess / *slope;
    return status == LLN_ENOCONV ? LLN_OK : status;
}

static double tolerance(const lln_head *head)
{
    return head->q.precision == LLN_FLOAT32 ? NOISE_F32 : LLN_MATCH_TOLERANCE;
}

static lln_status search_all(lln_search *search, lln_probe *p, double *x,
                             double slope, double *excess)
{
    size_t *queries = lln_probe_use_all(p);
    search->tolerance = tolerance(p->head);
    lln_status status = lln_search_root(search, x, &slope, excess);
    p->queries = queries;
    return status;
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

static lln_status search_in_stages(lln_search *search, lln_probe *p,
                                   bool estimate, double *x, double *excess)
{
    double slope = NAN;
    bool found = false;
    LLN_TRY(first_guess(p, search->target, x, &slope));
    if (p->count < p->head->q.rows)
        LLN_TRY(search_some(search, p, estimate, x, &slope, &found));
    bool enough = estimate && p->head->q.rows >= LLN_MATCH_LARGE;
    return enough && found ? LLN_OK : search_all(search, p, x, slope, excess);
}

/* x of point i of the scan. */
static double scan_x(size_t i)
{
    return -3 + 0.3 * (double)i;
}

/* Uses the rows of the scan, which are the same for both quantities. */
static lln_status use_scanned(lln_probe *p)
{
    if (p->head->q.rows > 2 * SCANNED)
        return lln_probe_use_some(p, TYPICAL, SCANNED);
    lln_probe_use_all(p);
    return LLN_OK;
}

/* Measures both quantities at all points of the scan, on the rows in use. */
static lln_status scan(const lln_probe *p, lln_match_known *known)
{
    lln_probe variance = *p, deficit = *p;
    variance.of = &lln_probe_variance;
    deficit.of = &lln_probe_deficit;
    for (size_t i = 0; i < LLN_MATCH_SCANNED; i++) {
        LLN_TRY(lln_probe_value(&variance, exp(scan_x(i)),
                                &known->scan_variance[i]));
        lln_probe_mean(&deficit, &known->scan_deficit[i]);
    }
    known->scanned = true;
    return LLN_OK;
}

static double log_ratio(double value, double target)
{
    return log(fmax(value, 1e-300)) - log(target);
}

/* Lists the points of the scan and two beside the root at x, in ascending
 * order; *own: index of the first of these. */
static lln_status list_points(lln_probe *p, double target, double x,
                              lln_search_point *points, size_t *count,
                              size_t *own)
{
    static const double BESIDE = 0.04;
    const lln_match_known *known = p->problem->known;
    const double *values = p->of == &lln_probe_variance ? known->scan_variance
                                                        : known->scan_deficit;
    *count = 0;
    for (size_t i = 0; i < LLN_MATCH_SCANNED; i++)
        if (scan_x(i) < x - BESIDE)
            points[(*count)++] =
                (lln_search_point){scan_x(i), log_ratio(values[i], target)};
    *own = *count;
    for (int side = -1; side <= 1; side += 2) {
        double value, at = x + side * BESIDE;
        LLN_TRY(lln_probe_value(p, exp(at), &value));
        points[(*count)++] = (lln_search_point){at, log_ratio(value, target)};
    }
    for (size_t i = 0; i < LLN_MATCH_SCANNED; i++)
        if (scan_x(i) > x + BESIDE)
            points[(*count)++] =
                (lln_search_point){scan_x(i), log_ratio(values[i], target)};
    return LLN_OK;
}

/* Lists intervals in which the quantity passes the target on the rows of the
 * scan, but for that around the root at x. Two roots within one interval are
 * not seen. */
static lln_status find_intervals(lln_probe *p, double target, double x,
                                 lln_search_interval *intervals, size_t *count)
{
    lln_search_point points[LLN_MATCH_SCANNED + 2];
    size_t listed, own;
    LLN_TRY(use_scanned(p));
    if (!p->problem->known->scanned)
        LLN_TRY(scan(p, p->problem->known));
    LLN_TRY(list_points(p, target, x, points, &listed, &own));
    *count = 0;
    for (size_t i = 0; i + 1 < listed && *count < LLN_MATCH_SOLUTIONS; i++)
        if (i != own && (points[i].excess < 0) != (points[i + 1].excess < 0))
            intervals[(*count)++] =
                (lln_search_interval){points[i].x, points[i + 1].x};
    return LLN_OK;
}

/* Looks for roots beside the one at x, on some rows, and finds them on all. */
static lln_status search_others(lln_search *search, lln_probe *p, double x,
                                double *others, size_t *count)
{
    lln_search_interval intervals[LLN_MATCH_SOLUTIONS];
    size_t found, *queries = p->queries;
    lln_status status = find_intervals(p, search->target, x, intervals, &found);
    p->queries = queries;
    lln_probe_use_all(p);
    for (size_t i = 0; i < found && status == LLN_OK; i++) {
        double excess;
        status =
            lln_search_between(search, intervals[i], &others[*count], &excess);
        *count += status == LLN_OK;
        status = status == LLN_ENOCONV ? LLN_OK : status;
    }
    p->queries = queries;
    return status;
}

/* Adds the match with side exp(x) at which the excess was found. */
static void add(const lln_probe *p, const lln_search *search, double x,
                double excess, double ceiling, bool solved,
                lln_match_list *found)
{
    size_t before = found->count;
    double value = search->target * exp(excess), target = search->target;
    double distance = solved ? 0 : fabs(excess);
    if (p->of == &lln_probe_deficit) {
        value = ceiling - value;
        distance = solved ? 0 : fabs(value - (ceiling - target));
        target = ceiling - target;
    }
    lln_problem_add(p->problem, exp(x), target, value, distance, found);
    if (!p->problem->options->estimate && found->count > before)
        lln_probe_recall(p, exp(x), &found->items[before]);
}

/* Searches with the arrays of p allocated. ceiling: see add(). */
static lln_status search_problem(lln_search *search, lln_probe *p,
                                 double ceiling, lln_match_list *found)
{
    double x = NAN, excess = 0, others[LLN_MATCH_SOLUTIONS];
    size_t count = 0;
    char message[LLN_MESSAGE];
    bool estimate = p->problem->options->estimate;
    lln_status status = search_in_stages(search, p, estimate, &x, &excess);
    if (isnan(x) || (status != LLN_OK && status != LLN_ENOCONV))
        return status;
    strcpy(message, lln_error_message());
    if (status == LLN_OK)
        add(p, search, x, excess, ceiling, true, found);
    if (!estimate || status == LLN_ENOCONV)
        LLN_TRY(search_others(search, p, x, others, &count));
    for (size_t i = 0; i < count; i++)
        add(p, search, others[i], 0, ceiling, true, found);
    if (found->count > 0)
        return LLN_OK;
    add(p, search, x, excess, ceiling, false, found);
    return lln_fail(LLN_ENOCONV, "%s", message);
}

/* The target for the entropy: *deficit, and the mean *ceiling of ln(keys), so
 * that the mean entropy is ceiling - deficit. */
static lln_status measure_softmax(lln_probe *p, double *deficit,
                                  double *ceiling)
{
    lln_kernel_choice softmax;
    size_t n = p->head->q.rows, *queries = lln_probe_use_all(p);
    lln_status status = lln_kernel_parse("softmax", &softmax);
    if (status == LLN_OK)
        status = lln_probe_measure(p, &softmax, deficit);
    p->queries = queries;
    *ceiling = 0;
    for (size_t i = 0; i < n; i++)
        *ceiling += log((double)p->measured[i].keys) / (double)n;
    if (status == LLN_OK && !(*deficit > 0))
        return lln_fail(LLN_EUNDEFINED,
                        "alpha and beta are undefined: the entropy of "
                        "softmax is that of uniform attention");
    return status;
}

static lln_status find_quantity(const lln_match_problem *problem,
                                const lln_probe_quantity *of,
                                lln_match_list *found)
{
    size_t n = problem->head->q.rows;
    double ceiling = NAN, target = problem->variance;
    lln_probe p = {.problem = problem,
                   .of = of,
                   .head = problem->head,
                   .count = first_rows(problem->head)};
    lln_search *search = calloc(1, sizeof *search);
    p.queries = lln_array_alloc(p.count, sizeof *p.queries);
    p.measured = lln_array_alloc(n, sizeof *p.measured);
    size_t *queries = p.queries;
    lln_status status =
        search && p.queries && p.measured
            ? LLN_OK
            : lln_fail(LLN_ENOMEM, "out of memory: %zu rows", n);
    if (status == LLN_OK && of == &lln_probe_deficit) {
        status = measure_softmax(&p, &target, &ceiling);
        p.count = first_rows(problem->head);
    }
    if (status == LLN_OK) {
        *search = (lln_search){.name = of->name,
                               .value = lln_probe_value,
                               .context = &p,
                               .target = target};
        status = search_problem(search, &p, ceiling, found);
    }
    free(search);
    free(queries);
    free(p.measured);
    return status;
}

lln_status lln_measured_find(const lln_match_problem *problem,
                             lln_match_list *found)
{
    return find_quantity(problem, &lln_probe_variance, found);
}

lln_status lln_measured_find_entropy(const lln_match_problem *problem,
                                     lln_match_list *found)
{
    return find_quantity(problem, &lln_probe_deficit, found);
}
