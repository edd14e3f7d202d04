/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/jackknife_entropy.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "measure/rows_left_out.h"

/* Sums over rows: of values, and of rows that have values of a kind. */
typedef enum {
    ROWS,      /* rows */
    WITH_KEYS, /* rows with a key */
    WITH_TWO,  /* rows with two keys */
    ENTROPY,
    NORMALIZED,
    EFFECTIVE,
    LOG_KEYS,
    TOP,
    OUTSIDE,
    WITH_SINK,
    SUMS
} sum;

typedef struct {
    const lln_attention *attention;
    const lln_jackknife *groups;
    double *sums; /* [blocks x SUMS x g] */
    size_t blocks;
} collector;

static lln_status begin(void *context, size_t blocks)
{
    collector *to = context;
    free(to->sums);
    to->blocks = blocks;
    to->sums =
        lln_array_alloc(blocks * SUMS * to->groups->count, sizeof *to->sums);
    return to->sums ? LLN_OK : LLN_ENOMEM;
}

/* Adds a row without each group. */
LLN_CLONES static void add_keys(const double *keys, const double *entropy,
                                const double *squares, size_t g, double *sums)
{
#pragma omp simd
    for (size_t t = 0; t < g; t++) {
        bool some = keys[t] > 0, two = keys[t] > 1;
        double ceiling = lln_log_f64(keys[t]);
        sums[WITH_KEYS * g + t] += some ? 1 : 0;
        sums[WITH_TWO * g + t] += two ? 1 : 0;
        sums[ENTROPY * g + t] += some ? entropy[t] : 0;
        sums[NORMALIZED * g + t] += two ? entropy[t] / ceiling : 0;
        sums[EFFECTIVE * g + t] += some ? 1 / squares[t] : 0;
        sums[LOG_KEYS * g + t] += two ? ceiling : 0;
    }
}

/* Entropy of a row with the weight o of a sink as one more outcome. */
static double entropy_with_sink(double entropy, double o)
{
    return (1 - o) * (entropy - log1p(-o)) - o * log(o);
}

/* Adds what a sink changes to the row without group t. */
static void add_sink(const lln_attention *attention, size_t query,
                     const lln_left_out *left, size_t g, size_t t, double *sums)
{
    double o = 1;
    if (left->keys[t] > 0)
        o = lln_attention_outside(attention, query, left->norm[t]);
    sums[ROWS * g + t]++;
    sums[OUTSIDE * g + t] += o;
    if (o < 1 && left->keys[t] > 0)
        sums[TOP * g + t] += left->top[t] * (1 - o);
    if (o < 1 && left->keys[t] > 0)
        sums[WITH_SINK * g + t] +=
            o > 0 ? entropy_with_sink(left->entropy[t], o) : left->entropy[t];
}

static void add_row(void *context, size_t block, size_t query,
                    const lln_row *row, const lln_left_out *left)
{
    collector *to = context;
    size_t g = to->groups->count;
    double *sums = to->sums + block * SUMS * g;
    bool sink = to->attention->tiles.rule.has_sink;
    size_t own = lln_jackknife_query(to->groups, query);
    (void)row;
    left->keys[own] = 0; /* it is left out itself */
    add_keys(left->keys, left->entropy, left->squares, g, sums);
    for (size_t t = 0; t < g; t++) {
        if (t == own)
            continue;
        if (sink)
            add_sink(to->attention, query, left, g, t, sums);
        else if (left->keys[t] > 0) {
            sums[ROWS * g + t]++;
            sums[TOP * g + t] += left->top[t];
            sums[WITH_SINK * g + t] += left->entropy[t];
        }
    }
}

/* The sums over all blocks, in their order. */
static void add_blocks(collector *to)
{
    size_t size = SUMS * to->groups->count;
    for (size_t b = 1; b < to->blocks; b++)
        for (size_t i = 0; i < size; i++)
            to->sums[i] += to->sums[b * size + i];
}

static double mean(const collector *to, sum value, sum rows, size_t t)
{
    size_t g = to->groups->count;
    double count = to->sums[rows * g + t];
    return count > 0 ? to->sums[value * g + t] / count : NAN;
}

static void finish_group(const collector *to, size_t t, lln_entropy *out)
{
    const lln_jackknife *groups = to->groups;
    size_t gone = groups->first[t + 1] - groups->first[t];
    double all = log((double)(groups->m - gone));
    double ceiling = mean(to, LOG_KEYS, WITH_KEYS, t);
    double entropy = mean(to, ENTROPY, WITH_KEYS, t);
    *out = (lln_entropy){
        .entropy = entropy,
        .normalized = mean(to, NORMALIZED, WITH_TWO, t),
        .min = NAN,
        .max = NAN,
        .effective_keys = mean(to, EFFECTIVE, WITH_KEYS, t),
        .top1_mass = mean(to, TOP, ROWS, t),
        .max_logit = NAN,
        .row_sum_min = NAN,
        .negative_mass = 0,
        .over_log_n = all > 0 ? entropy / all : NAN,
        .over_ceiling = ceiling > 0 ? entropy / ceiling : NAN,
        .outside = mean(to, OUTSIDE, ROWS, t),
        .with_sink = mean(to, WITH_SINK, ROWS, t),
        .floor = NAN,
        .ln_keys = ceiling,
    };
}

lln_status lln_entropy_leave_out(lln_attention *attention,
                                 const lln_jackknife *groups, lln_entropy *out,
                                 lln_entropy *without)
{
    collector to = {.attention = attention, .groups = groups};
    const lln_rows_left_out left_out = {groups, begin, add_row, &to};
    lln_row *rows;
    size_t count;
    LLN_TRY(lln_rows_alloc(attention, NULL, &count, &rows));
    lln_status status = lln_rows_leave_out(attention, LLN_ROW_ENTROPY, NULL,
                                           NULL, &left_out, rows);
    if (status == LLN_OK) {
        lln_entropy_summarise(attention, rows, count, out, NULL);
        add_blocks(&to);
        for (size_t t = 0; t < groups->count; t++)
            finish_group(&to, t, &without[t]);
    }
    free(to.sums);
    free(rows);
    return status;
}

lln_status lln_entropy_jackknife(lln_attention *attention, size_t count,
                                 lln_entropy *out, lln_entropy *error,
                                 size_t *used)
{
    enum { FIELDS = sizeof(lln_entropy) / sizeof(double) };
    union {
        lln_entropy entropy;
        double values[FIELDS];
    } *without = NULL, errors;
    lln_jackknife groups;
    lln_status status = lln_jackknife_open(attention, count, &groups);
    if (status == LLN_OK) {
        without = lln_array_alloc(groups.count, sizeof *without);
        status = without ? lln_entropy_leave_out(attention, &groups, out,
                                                 &without->entropy)
                         : LLN_ENOMEM;
    }
    for (size_t i = 0; status == LLN_OK && i < FIELDS; i++)
        errors.values[i] =
            lln_jackknife_error(&without->values[i], FIELDS, groups.count);
    if (status == LLN_OK) {
        *error = errors.entropy;
        *used = groups.count;
        status = lln_jackknife_explain(&groups, out->entropy, error->entropy);
    }
    free(without);
    lln_jackknife_free(&groups);
    return status;
}
