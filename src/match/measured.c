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
#include "match/lln_side.h"
#include "match/search.h"
#include "match/strata.h"
#include "measure/row_sample.h"
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

/* A quantity of rows, which increases with s at least for small s. */
typedef struct {
    const char *name;
    unsigned what;        /* LLN_ROW_... */
    lln_row_value *value; /* its mean over rows is matched */
    double factor; /* of it, for the D2 of a similar match: where to start */
} quantity;

/* How far a row is from uniform: 0 if it has one key, NaN if it has none. */
static double row_deficit(const lln_row *row)
{
    return row->keys > 0 ? log((double)row->keys) - row->entropy : NAN;
}

/* In small s, ln(keys) - entropy is D2 / 2; on Gaussian heads at tau = 1 and
 * 0.5, the ratio is 1.1 to 1.2. */
static const quantity VARIANCE = {"within-row log-variance",
                                  LLN_ROW_MOMENTS | LLN_ROW_ENTROPY,
                                  lln_row_variance, 1};
static const quantity DEFICIT = {"ln(keys) - entropy", LLN_ROW_ENTROPY,
                                 row_deficit, 1.15};

/* An evaluation over all rows. */
enum { REMEMBERED = 16 };
typedef struct {
    double s, variance, entropy;
} evaluation;

typedef struct {
    const lln_match_problem *problem;
    const quantity *of;
    evaluation last[REMEMBERED]; /* the latest, for the report of the match */
    size_t evaluated;
    const lln_head *head;
    size_t *queries; /* [count] rows in use; NULL: all */
    size_t count;
    lln_row *measured; /* [n] */
} probe;

/* The mean over the rows in use; 0 if no row has a value. */
static void mean_over_rows(const probe *p, double *mean)
{
    double error;
    lln_rows_mean(p->measured, p->count, p->head->q.rows, p->of->value, mean,
                  &error);
    *mean = fmax(*mean, 0);
}

static lln_status measure_kernel(const probe *p,
                                 const lln_kernel_choice *kernel, double *mean)
{
    lln_attention attention = {0};
    LLN_TRY(lln_kernel_open(kernel, p->head, &attention));
    unsigned what = p->problem->options->estimate ? p->of->what : VARIANCE.what;
    lln_status status =
        lln_rows_measure(&attention, p->queries, p->count, what, p->measured);
    lln_attention_close(&attention);
    if (status == LLN_OK)
        mean_over_rows(p, mean);
    return status;
}

static double row_entropy(const lln_row *row)
{
    return row->entropy;
}

static void remember(probe *p, double s)
{
    double error;
    evaluation *e = &p->last[p->evaluated++ % REMEMBERED];
    e->s = s;
    lln_rows_mean(p->measured, p->count, p->count, lln_row_variance,
                  &e->variance, &error);
    lln_rows_mean(p->measured, p->count, p->count, row_entropy, &e->entropy,
                  &error);
}

/* The quantity at sides balance s and s. */
static lln_status value_at(void *context, double s, double *value)
{
    probe *p = context;
    lln_kernel_choice choice;
    LLN_TRY(lln_side_kernel(p->problem, s, &choice));
    LLN_TRY(measure_kernel(p, &choice, value));
    if (!p->queries)
        remember(p, s);
    return LLN_OK;
}

/* The start of the search, and the slope d ln D2 / d ln s there. */
static lln_status first_guess(const probe *p, double target, double *x,
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

/* Uses some rows, which are chosen for side s. */
static lln_status use_some(probe *p, double s, size_t count)
{
    const lln_match_problem *problem = p->problem;
    p->count = count;
    return lln_strata_choose(p->head,
                             problem->options->balance * s / problem->sigma_q,
                             s / problem->sigma_k, count, p->queries);
}

/* Searches on some rows. If they cannot reach the target, all rows may: then
 * *found is false and *x is unchanged. */
static lln_status search_some(lln_search *search, probe *p, bool estimate,
                              double *x, double *slope, bool *found)
{
    double at = *x, excess = 0;
    LLN_TRY(use_some(p, exp(*x), p->count));
    search->tolerance = estimate ? NEAR : NEARER;
    lln_status status = lln_search_root(search, &at, slope, &excess);
    *found = status == LLN_OK;
    if (*found)
        *x = at - excess / *slope;
    return status == LLN_ENOCONV ? LLN_OK : status;
}

/* Uses all rows. */
static size_t *use_all(probe *p)
{
    size_t *queries = p->queries;
    p->count = p->head->q.rows;
    p->queries = NULL;
    return queries;
}

static double tolerance(const lln_head *head)
{
    return head->q.precision == LLN_FLOAT32 ? NOISE_F32 : LLN_MATCH_TOLERANCE;
}

static lln_status search_all(lln_search *search, probe *p, double *x,
                             double slope, double *excess)
{
    size_t *queries = use_all(p);
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

/* x of point i of the scan. */
static double scan_x(size_t i)
{
    return -3 + 0.3 * (double)i;
}

/* Uses the rows of the scan, which are the same for both quantities. */
static lln_status use_scanned(probe *p)
{
    if (p->head->q.rows > 2 * SCANNED)
        return use_some(p, TYPICAL, SCANNED);
    use_all(p);
    return LLN_OK;
}

/* Measures both quantities at all points of the scan, on the rows in use. */
static lln_status scan(const probe *p, lln_match_known *known)
{
    probe variance = *p, deficit = *p;
    variance.of = &VARIANCE;
    deficit.of = &DEFICIT;
    for (size_t i = 0; i < LLN_MATCH_SCANNED; i++) {
        LLN_TRY(value_at(&variance, exp(scan_x(i)), &known->scan_variance[i]));
        mean_over_rows(&deficit, &known->scan_deficit[i]);
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
static lln_status list_points(probe *p, double target, double x,
                              lln_search_point *points, size_t *count,
                              size_t *own)
{
    static const double BESIDE = 0.04;
    const lln_match_known *known = p->problem->known;
    const double *values =
        p->of == &VARIANCE ? known->scan_variance : known->scan_deficit;
    *count = 0;
    for (size_t i = 0; i < LLN_MATCH_SCANNED; i++)
        if (scan_x(i) < x - BESIDE)
            points[(*count)++] =
                (lln_search_point){scan_x(i), log_ratio(values[i], target)};
    *own = *count;
    for (int side = -1; side <= 1; side += 2) {
        double value, at = x + side * BESIDE;
        LLN_TRY(value_at(p, exp(at), &value));
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
static lln_status find_intervals(probe *p, double target, double x,
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
static lln_status search_others(lln_search *search, probe *p, double x,
                                double *others, size_t *count)
{
    lln_search_interval intervals[LLN_MATCH_SOLUTIONS];
    size_t found, *queries = p->queries;
    lln_status status = find_intervals(p, search->target, x, intervals, &found);
    p->queries = queries;
    use_all(p);
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
static void add(const probe *p, const lln_search *search, double x,
                double excess, double ceiling, bool solved,
                lln_match_list *found)
{
    size_t before = found->count;
    double value = search->target * exp(excess), target = search->target;
    double distance = solved ? 0 : fabs(excess);
    if (p->of == &DEFICIT) {
        value = ceiling - value;
        distance = solved ? 0 : fabs(value - (ceiling - target));
        target = ceiling - target;
    }
    lln_problem_add(p->problem, exp(x), target, value, distance, found);
    for (size_t i = 0; i < REMEMBERED && !p->problem->options->estimate; i++)
        if (p->last[i].s == exp(x) && found->count > before) {
            found->items[before].variance = p->last[i].variance;
            found->items[before].entropy = p->last[i].entropy;
        }
}

/* Searches with the arrays of p allocated. ceiling: see add(). */
static lln_status search_problem(lln_search *search, probe *p, double ceiling,
                                 lln_match_list *found)
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
static lln_status measure_softmax(probe *p, double *deficit, double *ceiling)
{
    lln_kernel_choice softmax;
    size_t n = p->head->q.rows, *queries = use_all(p);
    lln_status status = lln_kernel_parse("softmax", &softmax);
    if (status == LLN_OK)
        status = measure_kernel(p, &softmax, deficit);
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
                                const quantity *of, lln_match_list *found)
{
    size_t n = problem->head->q.rows;
    double ceiling = NAN, target = problem->variance;
    probe p = {.problem = problem,
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
    if (status == LLN_OK && of == &DEFICIT) {
        status = measure_softmax(&p, &target, &ceiling);
        p.count = first_rows(problem->head);
    }
    if (status == LLN_OK) {
        *search = (lln_search){.name = of->name,
                               .value = value_at,
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
    return find_quantity(problem, &VARIANCE, found);
}

lln_status lln_measured_find_entropy(const lln_match_problem *problem,
                                     lln_match_list *found)
{
    return find_quantity(problem, &DEFICIT, found);
}
