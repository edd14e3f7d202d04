/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/coverage.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/sorting.h"
#include "core/threads.h"
#include "measure/coverage_brackets.h"
#include "measure/row_sample.h"

/* A thread has one of its own. */
typedef struct {
    lln_coverage_room *room;
} own_room;

struct lln_coverage {
    lln_coverage_plan plan;
    size_t size, count, threads;
    double *values;  /* [count x size] */
    double *half;    /* the same; half widths of brackets */
    double *keys;    /* [count] m_i */
    own_room *rooms; /* [threads] */
    bool exact;
    atomic_bool negative; /* a row has negative entries, or is not a number */
};

static lln_status open_rooms(lln_coverage *coverage, size_t m)
{
    for (size_t t = 0; t < coverage->threads; t++) {
        coverage->rooms[t].room =
            lln_coverage_room_alloc(m, coverage->plan.gini);
        if (!coverage->rooms[t].room)
            return LLN_ENOMEM;
    }
    return LLN_OK;
}

lln_status lln_coverage_open(const lln_coverage_plan *plan, size_t m,
                             size_t count, lln_coverage **coverage)
{
    lln_coverage *opened = lln_array_alloc(1, sizeof *opened);
    *coverage = NULL;
    if (!opened)
        return LLN_ENOMEM;
    opened->plan = *plan;
    opened->size = lln_coverage_size(plan);
    opened->count = count;
    opened->threads = (size_t)lln_threads_count();
    opened->exact = true;
    opened->rooms = lln_array_alloc(opened->threads, sizeof *opened->rooms);
    opened->keys = lln_array_alloc(count, sizeof *opened->keys);
    opened->values =
        lln_array_alloc(count, opened->size * sizeof *opened->values);
    opened->half = lln_array_alloc(count, opened->size * sizeof *opened->half);
    bool all = opened->rooms && opened->keys && opened->values && opened->half;
    if (!all || open_rooms(opened, m) != LLN_OK) {
        lln_coverage_close(opened);
        return LLN_ENOMEM;
    }
    for (size_t i = 0; i < count * opened->size; i++)
        opened->values[i] = NAN;
    *coverage = opened;
    return LLN_OK;
}

void lln_coverage_close(lln_coverage *coverage)
{
    if (!coverage)
        return;
    for (size_t t = 0; coverage->rooms && t < coverage->threads; t++)
        lln_coverage_room_free(coverage->rooms[t].room);
    free(coverage->rooms);
    free(coverage->keys);
    free(coverage->values);
    free(coverage->half);
    free(coverage);
}

void lln_coverage_visit(void *context, int thread, const lln_panel *panel)
{
    lln_coverage *coverage = context;
    lln_coverage_room *room = coverage->rooms[thread].room;
    for (size_t i = 0; i < panel->rows && coverage->size > 0; i++) {
        size_t at = panel->index + i;
        double *out = coverage->values + at * coverage->size;
        const lln_row *row = &panel->statistics[i];
        const lln_matrix weights = {panel->precision, 1,
                                    panel->end[i] - panel->first[i],
                                    lln_panel_row(panel, i)};
        coverage->keys[at] = (double)panel->keys[i];
        if (panel->keys[i] == 0)
            continue;
        lln_coverage_row(&coverage->plan, weights, panel->keys[i], room, out);
        if (isnan(*out) && !(row->sum == 0 && row->negative == 0))
            coverage->negative = true;
    }
}

static void take_bracket(void *context, size_t index,
                         const lln_coverage_bins *bins, double keys,
                         double total)
{
    lln_coverage *coverage = context;
    size_t at = index * coverage->size;
    coverage->keys[index] = keys;
    lln_coverage_middle(&coverage->plan, bins, keys, total,
                        coverage->values + at, coverage->half + at);
    if (coverage->size > 0 && isnan(coverage->values[at]))
        coverage->negative = true;
}

lln_status lln_coverage_measure(lln_attention *attention, const size_t *queries,
                                size_t count, size_t memory, unsigned what,
                                const lln_panel_visitor *others,
                                size_t other_count, lln_row *rows,
                                lln_coverage *coverage)
{
    size_t row = attention->m * lln_precision_size(attention->precision);
    lln_panel_visitor all[LLN_COVERAGE_OTHERS + 1];
    if (other_count > LLN_COVERAGE_OTHERS)
        return lln_fail(LLN_EINVAL, "%zu other visitors, expected up to %d",
                        other_count, LLN_COVERAGE_OTHERS);
    for (size_t i = 0; i < other_count; i++)
        all[i] = others[i];
    all[other_count] = (lln_panel_visitor){lln_coverage_visit, coverage};
    if (attention->kind == LLN_ATTENTION_ROWS || row <= memory)
        return lln_panels_measure(attention, queries, count, what, all,
                                  other_count + 1, rows);
    LLN_TRY(lln_panels_measure(attention, queries, count, 0, others,
                               other_count, NULL));
    coverage->exact = false;
    return lln_coverage_brackets(attention, queries, count, what, rows,
                                 take_bracket, coverage);
}

const double *lln_coverage_of_row(const lln_coverage *coverage, size_t index)
{
    return coverage->values + index * coverage->size;
}

const double *lln_coverage_half(const lln_coverage *coverage, size_t index)
{
    return coverage->half + index * coverage->size;
}

/* One value over all rows: the middles, or an end of the brackets. */
typedef struct {
    const lln_coverage *coverage;
    size_t value;
    double *sorted; /* scratch, [count] */
} column;

/* Sorts the ends of the brackets, sign = -1 or 1, or the middles, sign = 0, of
 * the rows that have values; returns their number. */
static lln_status sort_column(const column *of, double sign, size_t *used)
{
    const lln_coverage *coverage = of->coverage;
    *used = 0;
    for (size_t i = 0; i < coverage->count; i++) {
        size_t at = i * coverage->size + of->value;
        double x = coverage->values[at] + sign * coverage->half[at];
        of->sorted[*used] = x;
        *used += !isnan(x);
    }
    return lln_sort_reals(of->sorted, *used);
}

/* The smallest, the median or the largest of the sorted values. */
typedef enum { SMALLEST, MEDIAN, LARGEST } order;

static double order_of(const double *sorted, size_t count, order which)
{
    if (count == 0)
        return NAN;
    if (which == MEDIAN)
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    return which == SMALLEST ? sorted[0] : sorted[count - 1];
}

/* An order statistic, which grows with the values of all rows: its bracket is
 * between those of the lower and of the upper ends. */
static lln_status set_order(const column *of, order which, size_t n,
                            double *out, double *error)
{
    size_t count;
    *error = of->coverage->count == n ? 0 : NAN;
    LLN_TRY(sort_column(of, of->coverage->exact ? 0 : -1, &count));
    *out = order_of(of->sorted, count, which);
    if (of->coverage->exact)
        return LLN_OK;
    double low = *out;
    LLN_TRY(sort_column(of, 1, &count));
    double high = order_of(of->sorted, count, which);
    *out = (low + high) / 2;
    *error += (high - low) / 2;
    return LLN_OK;
}

/* The mean over rows and its error. */
static void set_mean(const column *of, size_t n, double *out, double *error)
{
    const lln_coverage *coverage = of->coverage;
    double width, unused;
    lln_values_mean(coverage->values + of->value, coverage->size,
                    coverage->count, n, out, error);
    if (coverage->exact)
        return;
    for (size_t i = 0; i < coverage->count; i++) {
        size_t at = i * coverage->size + of->value;
        of->sorted[i] = isnan(coverage->values[at]) ? NAN : coverage->half[at];
    }
    lln_values_mean(of->sorted, 1, coverage->count, n, &width, &unused);
    *error += width;
}

/* The mean of K_p / m_i. */
static void set_share(const column *of, size_t n, double *out, double *error)
{
    const lln_coverage *coverage = of->coverage;
    double width = 0, unused;
    for (size_t i = 0; i < coverage->count; i++)
        of->sorted[i] = coverage->values[i * coverage->size + of->value] /
                        coverage->keys[i];
    lln_values_mean(of->sorted, 1, coverage->count, n, out, error);
    if (coverage->exact)
        return;
    for (size_t i = 0; i < coverage->count; i++)
        of->sorted[i] *= coverage->half[i * coverage->size + of->value] /
                         coverage->values[i * coverage->size + of->value];
    lln_values_mean(of->sorted, 1, coverage->count, n, &width, &unused);
    *error += width;
}

static lln_status set_keys(const column *of, size_t n, lln_coverage_keys *out,
                           lln_coverage_keys *error)
{
    set_mean(of, n, &out->mean, &error->mean);
    set_share(of, n, &out->share, &error->share);
    LLN_TRY(set_order(of, MEDIAN, n, &out->median, &error->median));
    return set_order(of, LARGEST, n, &out->max, &error->max);
}

static lln_status summarise(const lln_coverage *coverage, size_t n,
                            double *sorted, lln_coverage_summary *out,
                            lln_coverage_summary *error)
{
    const lln_coverage_plan *plan = &coverage->plan;
    column of = {coverage, 0, sorted};
    for (size_t i = 0; i < plan->shares; i++, of.value++)
        LLN_TRY(set_keys(&of, n, &out->keys[i], &error->keys[i]));
    for (size_t i = 0; i < plan->tops; i++, of.value++) {
        set_mean(&of, n, &out->recall[i].mean, &error->recall[i].mean);
        LLN_TRY(set_order(&of, SMALLEST, n, &out->recall[i].min,
                          &error->recall[i].min));
    }
    if (plan->gini)
        set_mean(&of, n, &out->gini, &error->gini);
    return LLN_OK;
}

static void set_missing(lln_coverage_summary *out)
{
    for (size_t i = 0; i < LLN_COVERAGE_MOST; i++) {
        out->keys[i] = (lln_coverage_keys){NAN, NAN, NAN, NAN};
        out->recall[i] = (lln_coverage_recall){NAN, NAN};
    }
    out->gini = NAN;
}

lln_status lln_coverage_summarise(const lln_coverage *coverage, size_t n,
                                  lln_coverage_summary *out,
                                  lln_coverage_summary *error)
{
    lln_coverage_summary unused = {.gini = NAN};
    error = error ? error : &unused;
    set_missing(out);
    set_missing(error);
    if (coverage->negative)
        return LLN_OK;
    double *sorted = lln_array_alloc(coverage->count, sizeof *sorted);
    lln_status status =
        sorted ? summarise(coverage, n, sorted, out, error) : LLN_ENOMEM;
    free(sorted);
    return status;
}

lln_status lln_coverage_histogram(const lln_coverage *coverage, size_t share,
                                  size_t n, size_t bins, double *fraction,
                                  double *error)
{
    size_t count = coverage->count;
    double *inside = lln_array_alloc(count, sizeof *inside);
    if (!inside)
        return LLN_ENOMEM;
    for (size_t b = 0; b < bins; b++) {
        for (size_t i = 0; i < count; i++) {
            double x = coverage->values[i * coverage->size + share];
            bool in = x >= ldexp(1, (int)b) &&
                      (b + 1 == bins || x < ldexp(1, (int)b + 1));
            inside[i] = isnan(x) || coverage->negative ? NAN : in;
        }
        lln_values_mean(inside, 1, count, n, &fraction[b], &error[b]);
    }
    free(inside);
    return LLN_OK;
}
