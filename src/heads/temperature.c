/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows are processed in chunks of fixed size. Chunks form at most RUNS runs,
 * one thread for each. Runs are merged in order, so that the result does not
 * depend on the number of threads. */
#include "heads/temperature.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/threads.h"
#include "heads/temperature_internal.h"

enum {
    CHUNK = LLN_TEMPERATURE_CHUNK,
    RUNS = 16 /* each needs up to 2 d^2 values */
};

/* Scratch memory of one thread; all but logits and shift are [CHUNK x d]. */
typedef struct {
    double *keys, *queries, *product;
    double *logits; /* [CHUNK x CHUNK] */
    double *shift;  /* mean of the keys of a chunk [d] */
} scratch;

typedef struct {
    const lln_head *head;
    size_t d, runs;
    double *memory; /* contains what the following point to */
    /* First, keys[r + 1] is of the keys of run r. Then keys[r] is of all keys
     * before run r, and keys[runs] of all keys. */
    lln_key_moments keys[RUNS + 1];
    double *queries[RUNS]; /* no mask: lower triangle of Q'Q of the run */
    double sum[RUNS];      /* causal: sum of the variances of rows */
    size_t rows[RUNS];     /* causal: number of rows with a variance */
} work;

/* First row of run r if `count` rows are divided into runs of complete
 * chunks. */
static size_t run_start(const work *w, size_t count, size_t r)
{
    size_t chunks = (count + CHUNK - 1) / CHUNK;
    return lln_size_smaller(chunks * r / w->runs * CHUNK, count);
}

static void gather_keys(work *w, size_t r, scratch *s)
{
    lln_matrix k = w->head->k;
    size_t end = run_start(w, k.rows, r + 1);
    for (size_t at = run_start(w, k.rows, r); at < end; at += CHUNK) {
        size_t count = lln_size_smaller(CHUNK, end - at);
        lln_temperature_read(k, at, count, s->keys);
        lln_temperature_centre(s->keys, count, w->d, s->shift);
        lln_key_moments_add(&w->keys[r + 1], s->keys, count, s->shift, w->d,
                            s->product);
    }
}

static void gather_queries(work *w, size_t r, scratch *s)
{
    lln_matrix q = w->head->q;
    size_t end = run_start(w, q.rows, r + 1);
    for (size_t at = run_start(w, q.rows, r); at < end; at += CHUNK) {
        size_t count = lln_size_smaller(CHUNK, end - at);
        lln_temperature_read(q, at, count, s->queries);
        lln_temperature_add_squares(s->queries, count, w->d, w->queries[r]);
    }
}

/* Makes keys[r] the moments of all runs before r. */
static void merge_keys(work *w, double *delta)
{
    for (size_t r = 1; r <= w->runs; r++)
        lln_key_moments_merge(&w->keys[r], &w->keys[r - 1], w->d, delta);
}

static double trace_product(const double *c, const double *m, size_t d)
{
    double sum = 0;
    for (size_t i = 0; i < d; i++)
        sum += 2 * cblas_ddot((int)i, c + i * d, 1, m + i * d, 1) +
               c[i * d + i] * m[i * d + i];
    return sum;
}

/* Scatter of the logits of one query about their mean: the `seen` logits of
 * this chunk joined with `before` earlier ones, which have mean `mean` and
 * scatter `scatter`. */
static double row_scatter(const double *logits, size_t seen, size_t before,
                          double mean, double scatter)
{
    double own = 0;
    for (size_t j = 0; j < seen; j++)
        own += logits[j];
    own /= (double)seen;
    for (size_t j = 0; j < seen; j++)
        scatter += (logits[j] - own) * (logits[j] - own);
    double weight = (double)before * ((double)seen / (double)(before + seen));
    return scatter + weight * (own - mean) * (own - mean);
}

/* Adds the variances of queries first .. first + rows - 1. The first of them
 * may attend to the keys of `past` and to `seen` keys of the chunk in s; each
 * later one to one key more. */
static void add_variances(work *w, size_t r, const lln_key_moments *past,
                          size_t first, size_t rows, size_t seen, size_t keys,
                          scratch *s)
{
    int d = (int)w->d;
    lln_temperature_read(w->head->q, first, rows, s->queries);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, (int)keys,
                d, 1, s->queries, d, s->keys, d, 0, s->logits, CHUNK);
    cblas_dsymm(CblasRowMajor, CblasRight, CblasLower, (int)rows, d, 1,
                past->scatter, d, s->queries, d, 0, s->product, d);
    for (size_t i = 0; i < rows; i++, seen++) {
        const double *q = s->queries + i * w->d;
        if (past->count + seen < 2)
            continue;
        /* The logits of the chunk are relative to its mean key. */
        double mean = cblas_ddot(d, q, 1, past->mean, 1) -
                      cblas_ddot(d, q, 1, s->shift, 1);
        double scatter = cblas_ddot(d, q, 1, s->product + i * w->d, 1);
        scatter = row_scatter(s->logits + i * CHUNK, seen, past->count, mean,
                              scatter);
        w->sum[r] += scatter / (double)(past->count + seen - 1);
        w->rows[r]++;
    }
}

/* Scans the keys of run r again, with the queries at their positions. */
static void scan_queries(work *w, size_t r, scratch *s)
{
    lln_matrix k = w->head->k;
    size_t skipped = k.rows - w->head->q.rows; /* keys before query 0 */
    lln_key_moments *past = &w->keys[r];
    size_t end = run_start(w, k.rows, r + 1);
    for (size_t at = run_start(w, k.rows, r); at < end; at += CHUNK) {
        size_t keys = lln_size_smaller(CHUNK, end - at);
        size_t first = at > skipped ? at : skipped;
        lln_temperature_read(k, at, keys, s->keys);
        lln_temperature_centre(s->keys, keys, w->d, s->shift);
        if (first < at + keys && !lln_stop_requested)
            add_variances(w, r, past, first - skipped, at + keys - first,
                          first - at + 1, keys, s);
        lln_key_moments_add(past, s->keys, keys, s->shift, w->d, s->product);
    }
}

static lln_status scratch_alloc(scratch *s, size_t d)
{
    s->keys =
        lln_array_alloc_raw(3 * CHUNK * d + CHUNK * CHUNK + d, sizeof *s->keys);
    if (!s->keys)
        return LLN_ENOMEM;
    s->queries = s->keys + CHUNK * d;
    s->product = s->queries + CHUNK * d;
    s->logits = s->product + CHUNK * d;
    s->shift = s->logits + CHUNK * CHUNK;
    return LLN_OK;
}

/* Runs a step for all runs, which are independent of each other. */
static lln_status for_runs(work *w, void (*step)(work *, size_t, scratch *))
{
    int failed = 0;
#pragma omp parallel reduction(| : failed)
    {
        scratch s = {0};
        failed = scratch_alloc(&s, w->d) != LLN_OK;
#pragma omp for schedule(dynamic, 1)
        for (size_t r = 0; r < w->runs; r++)
            if (!failed && !lln_stop_requested)
                step(w, r, &s);
        free(s.keys);
    }
    if (lln_stop_requested)
        return lln_fail(LLN_EINTERRUPTED, "temperature: interrupted");
    return failed ? lln_fail(LLN_ENOMEM, "temperature: out of memory") : LLN_OK;
}

static lln_status work_alloc(work *w)
{
    size_t n = w->head->q.rows, m = w->head->k.rows, size;
    size_t chunks = ((n > m ? n : m) + CHUNK - 1) / CHUNK;
    w->d = w->head->q.columns;
    w->runs = lln_size_smaller(chunks, RUNS);
    LLN_TRY(lln_size_multiply(w->d, w->d + 1, &size));
    LLN_TRY(lln_size_multiply(size, 2 * RUNS + 1, &size));
    size = (w->runs + 1) * (w->d + 1) * w->d;
    w->memory =
        lln_array_alloc(size + w->runs * w->d * w->d, sizeof *w->memory);
    if (!w->memory)
        return LLN_ENOMEM;
    for (size_t r = 0; r <= w->runs; r++) {
        w->keys[r].mean = w->memory + r * (w->d + 1) * w->d;
        w->keys[r].scatter = w->keys[r].mean + w->d;
        if (r < w->runs)
            w->queries[r] = w->memory + size + r * w->d * w->d;
    }
    return LLN_OK;
}

static lln_status without_mask(work *w, double *mean)
{
    double sum = 0;
    LLN_TRY(for_runs(w, gather_queries));
    const lln_key_moments *all = &w->keys[w->runs];
    for (size_t r = 0; r < w->runs; r++)
        sum += trace_product(all->scatter, w->queries[r], w->d);
    *mean = sum / (double)(all->count - 1) / (double)w->head->q.rows;
    return LLN_OK;
}

static lln_status causal_variance(work *w, double *mean)
{
    double sum = 0;
    size_t rows = 0;
    LLN_TRY(for_runs(w, scan_queries));
    for (size_t r = 0; r < w->runs; r++) {
        sum += w->sum[r];
        rows += w->rows[r];
    }
    *mean = sum / (double)rows;
    return LLN_OK;
}

/* Mean over rows of the within-row variance of q.k, without a window. */
static lln_status mean_variance(work *w, double *mean)
{
    LLN_TRY(work_alloc(w));
    LLN_TRY(for_runs(w, gather_keys));
    double *delta = lln_array_alloc(w->d, sizeof *delta);
    if (!delta)
        return LLN_ENOMEM;
    merge_keys(w, delta);
    free(delta);
    return w->head->rule.mask.causal ? causal_variance(w, mean)
                                     : without_mask(w, mean);
}

/* The stored variance of this head; NULL: none. */
static lln_variance_kept *find_kept(const lln_head *head)
{
    lln_variance_kept *kept = head->kept;
    bool same = kept && kept->q == head->q.data && kept->k == head->k.data &&
                kept->n == head->q.rows && kept->m == head->k.rows &&
                lln_rule_same_but_scale(&kept->rule, &head->rule);
    return same ? kept : NULL;
}

static const char no_closed_form[] = "temperature: the variance of logits has "
                                     "no closed form under this rule of logits";

/* Root mean square of the length of a row. */
static double row_length(lln_matrix a)
{
    return sqrt(lln_matrix_squares(a) / (double)a.rows);
}

/* Sets a variance below the rounding of the logits of nearly equal keys to
 * 0. */
static double settle_variance(const lln_head *head, double variance)
{
    double size = row_length(head->q) * row_length(head->k);
    double rounding = lln_precision_rounding(LLN_FLOAT64, size);
    return variance <= rounding * rounding ? 0 : variance;
}

/* Whether squares of logits may exceed float64. */
static bool overflows(const lln_head *head)
{
    double size = row_length(head->q) * row_length(head->k);
    return !isfinite(size * size);
}

static lln_status measure_variance(const lln_head *head, double *mean)
{
    work w = {.head = head};
    if (head->q.rows < 1 || head->k.rows < 2)
        return lln_fail(LLN_EUNDEFINED,
                        "the temperature is undefined: no query has two "
                        "allowed keys");
    if (lln_mask_hides(head->rule.mask) && head->q.rows > head->k.rows)
        return lln_fail(LLN_EINVAL,
                        "temperature: %zu queries, %zu key%s; a mask needs at "
                        "least as many keys as queries",
                        head->q.rows, head->k.rows,
                        lln_text_plural(head->k.rows));
    if (!lln_rule_has_closed_variance(&head->rule))
        return lln_fail(LLN_EINVAL, "%s", no_closed_form);
    lln_mask mask = head->rule.mask;
    bool whole = !lln_mask_hides(mask) || lln_mask_is_causal_alone(mask);
    lln_status status =
        whole ? mean_variance(&w, mean) : lln_temperature_window(head, mean);
    free(w.memory);
    if (status == LLN_OK && !isfinite(*mean) && overflows(head)) {
        *mean = NAN;
        return lln_fail(LLN_EUNDEFINED,
                        "temperature: the variance of the logits overflows "
                        "float64");
    }
    if (status == LLN_OK && isnan(*mean))
        return lln_fail(LLN_EUNDEFINED,
                        "the temperature is undefined: no query has two "
                        "allowed keys");
    if (status == LLN_OK)
        *mean = settle_variance(head, *mean);
    return status;
}

lln_status lln_temperature_variance(const lln_head *head, double *variance)
{
    lln_variance_kept *kept = find_kept(head);
    double mean = kept ? kept->mean : NAN;
    *variance = NAN;
    if (isnan(mean))
        LLN_TRY(measure_variance(head, &mean));
    if (kept)
        kept->mean = mean;
    *variance = head->rule.scale * head->rule.scale * mean;
    return LLN_OK;
}

double lln_temperature_deviation(const lln_head *head, double sigma_q,
                                 double sigma_k)
{
    return sigma_q * sigma_k * fabs(head->rule.scale) *
           sqrt((double)head->q.columns);
}

lln_status lln_temperature_measure(const lln_head *head, double *tau)
{
    double variance = NAN;
    *tau = NAN;
    if (!lln_rule_has_closed_variance(&head->rule))
        return lln_fail(LLN_EUNDEFINED, "%s", no_closed_form);
    if (head->sigma_q > 0) {
        *tau =
            1 / lln_temperature_deviation(head, head->sigma_q, head->sigma_k);
        return LLN_OK;
    }
    LLN_TRY(lln_temperature_variance(head, &variance));
    if (!(variance > 0))
        return lln_fail(LLN_EUNDEFINED, "logits are constant in every row");
    *tau = 1 / sqrt(variance);
    return LLN_OK;
}

lln_status lln_temperature_moments(const lln_head *head, double *sigma_q,
                                   double *sigma_k, double *cross_variance)
{
    double mean, variance = NAN;
    lln_matrix_moments(head->q, &mean, sigma_q);
    lln_matrix_moments(head->k, &mean, sigma_k);
    *cross_variance = NAN;
    if (!lln_rule_has_closed_variance(&head->rule))
        return LLN_OK;
    lln_status status = lln_temperature_variance(head, &variance);
    double deviation = lln_temperature_deviation(head, *sigma_q, *sigma_k);
    *cross_variance = variance - deviation * deviation;
    return status;
}
