/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/entropy.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

/* Whether the row sees no key, so that the sink has all its weight. */
static bool is_in_sink(const lln_row *row)
{
    return row->keys == 0 && row->outside == 1;
}

static double entropy(const lln_row *row)
{
    return row->entropy;
}

static double normalized(const lln_row *row)
{
    return row->keys > 1 ? row->entropy / log((double)row->keys) : NAN;
}

/* ln(keys of the row); 0 for a row without keys, which is no distribution. */
static double ceiling(const lln_row *row)
{
    if (is_in_sink(row))
        return NAN;
    return row->keys > 0 ? log((double)row->keys) : 0;
}

static double ln_keys(const lln_row *row)
{
    return row->keys > 0 ? log((double)row->keys) : NAN;
}

static double floor_of(const lln_row *row)
{
    double squares = row->scores.m2;
    if (row->keys == 0 || isnan(squares))
        return NAN;
    return lln_entropy_floor(row->keys, sqrt(squares));
}

static double effective_keys(const lln_row *row)
{
    return row->sum_squares > 0 ? 1 / row->sum_squares : NAN;
}

static double top(const lln_row *row)
{
    return row->top;
}

static double logit(const lln_row *row)
{
    return row->logit;
}

static double sum(const lln_row *row)
{
    return row->sum;
}

static double negative(const lln_row *row)
{
    return row->negative;
}

static double outside(const lln_row *row)
{
    return row->outside > 0 ? row->outside : 1 - row->sum;
}

static double with_sink(const lln_row *row)
{
    double o = row->outside;
    if (is_in_sink(row) || o == 1)
        return 0;
    return o > 0 ? (1 - o) * (row->entropy - log1p(-o)) - o * log(o)
                 : row->entropy;
}

double lln_entropy_of_logits(const double *x, size_t count)
{
    size_t top = 0;
    double rest = 0, slope = 0; /* without the largest, whose term is 1 */
    for (size_t j = 1; j < count; j++)
        top = x[j] > x[top] ? j : top;
    for (size_t j = 0; j < count; j++) {
        double weight = exp(x[j] - x[top]);
        if (j == top || !(weight > 0))
            continue;
        rest += weight;
        slope += (x[top] - x[j]) * weight;
    }
    return log1p(rest) + slope / (1 + rest);
}

double lln_entropy_floor(size_t keys, double spread)
{
    double t = (double)keys;
    if (keys <= 1)
        return 0;
    double b = exp(-spread * sqrt(t / (t - 1))), others = (t - 1) * b;
    if (b == 0)
        return 0;
    return log1p(others) + spread * sqrt(t * (t - 1)) * b / (1 + others);
}

/* Standard error of the ratio of the mean of H_i to `mean`, that of ln m_i: the
 * standard error of the mean of H_i - ratio ln m_i, divided by `mean`. */
static double ratio_error(const lln_row *rows, size_t count, size_t n,
                          double ratio, double mean)
{
    double squares = 0, kept = 1 - (double)count / (double)n;
    for (size_t i = 0; i < count; i++) {
        double x = rows[i].entropy - ratio * ceiling(&rows[i]);
        squares += isnan(x) ? 0 : x * x;
    }
    if (isnan(ratio) || count == n)
        return isnan(ratio) ? NAN : 0;
    return sqrt(kept * squares / (double)(count - 1) / (double)count) / mean;
}

/* Sets the entropy divided by its largest possible value. */
static void divide_by_ceiling(const lln_attention *attention,
                              const lln_row *rows, size_t count,
                              lln_entropy *out, lln_entropy *error)
{
    double mean, unused, all = log((double)attention->m);
    lln_rows_mean(rows, count, attention->n, ceiling, &mean, &unused);
    out->over_log_n = all > 0 ? out->entropy / all : NAN;
    error->over_log_n = all > 0 ? error->entropy / all : NAN;
    out->over_ceiling = mean > 0 ? out->entropy / mean : NAN;
    error->over_ceiling =
        ratio_error(rows, count, attention->n, out->over_ceiling, mean);
}

/* How a field of lln_entropy is computed over the rows. */
typedef enum { MEAN, SMALLEST, LARGEST } statistic;

typedef struct {
    size_t field; /* offset in lln_entropy */
    statistic statistic;
    lln_row_value *value;
    bool needs_distributions; /* NaN unless each row is a distribution */
} row_summary;

/* One line for each field that is a statistic over rows. */
static const row_summary summaries[] = {
    {offsetof(lln_entropy, entropy), MEAN, entropy, true},
    {offsetof(lln_entropy, normalized), MEAN, normalized, true},
    {offsetof(lln_entropy, min), SMALLEST, entropy, true},
    {offsetof(lln_entropy, max), LARGEST, entropy, true},
    {offsetof(lln_entropy, effective_keys), MEAN, effective_keys, false},
    {offsetof(lln_entropy, top1_mass), MEAN, top, false},
    {offsetof(lln_entropy, max_logit), LARGEST, logit, false},
    {offsetof(lln_entropy, row_sum_min), SMALLEST, sum, false},
    {offsetof(lln_entropy, negative_mass), MEAN, negative, false},
    {offsetof(lln_entropy, outside), MEAN, outside, false},
    {offsetof(lln_entropy, with_sink), MEAN, with_sink, true},
    {offsetof(lln_entropy, floor), MEAN, floor_of, true},
    {offsetof(lln_entropy, ln_keys), MEAN, ln_keys, false},
};

static double *field_of(lln_entropy *entropy, const row_summary *summary)
{
    void *field = (char *)entropy + summary->field;
    return field;
}

/* The smallest or largest value of a row; NaN if no row has a value. */
static double extreme(const lln_row *rows, size_t count,
                      const row_summary *summary)
{
    double found = NAN;
    for (size_t i = 0; i < count; i++) {
        double x = summary->value(&rows[i]);
        found =
            summary->statistic == SMALLEST ? fmin(found, x) : fmax(found, x);
    }
    return found;
}

static void summarise(const row_summary *summary, const lln_row *rows,
                      size_t count, size_t n, bool distributions,
                      lln_entropy *out, lln_entropy *error)
{
    double *value = field_of(out, summary);
    double *value_error = field_of(error, summary);
    *value = *value_error = NAN;
    if (summary->needs_distributions && !distributions)
        return;
    if (summary->statistic == MEAN)
        lln_rows_mean(rows, count, n, summary->value, value, value_error);
    else
        *value = extreme(rows, count, summary);
}

void lln_entropy_summarise(const lln_attention *attention, const lln_row *rows,
                           size_t count, lln_entropy *out, lln_entropy *error)
{
    lln_entropy unused = {0};
    bool distributions = true;
    error = error ? error : &unused;
    for (size_t i = 0; i < count; i++)
        distributions =
            distributions && (!isnan(rows[i].entropy) || is_in_sink(&rows[i]));
    for (size_t i = 0; i < sizeof summaries / sizeof *summaries; i++)
        summarise(&summaries[i], rows, count, attention->n, distributions, out,
                  error);
    divide_by_ceiling(attention, rows, count, out, error);
    if (!attention->tiles.scaled_scores)
        out->max_logit = NAN;
}

lln_status lln_entropy_measure(lln_attention *attention, const size_t *queries,
                               size_t count, lln_entropy *out,
                               lln_entropy *error)
{
    lln_row *measured;
    LLN_TRY(lln_rows_alloc(attention, queries, &count, &measured));
    lln_status status =
        lln_rows_measure(attention, queries, count, LLN_ROW_ENTROPY, measured);
    if (status == LLN_OK)
        lln_entropy_summarise(attention, measured, count, out, error);
    free(measured);
    return status;
}
