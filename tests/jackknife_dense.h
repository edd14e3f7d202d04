/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads with masks of all kinds, and the slow version of the jackknife: it
 * removes the rows and columns of each group from a dense P, normalises the
 * rows and computes everything anew. */
#ifndef LLN_TESTS_JACKKNIFE_DENSE_H
#define LLN_TESTS_JACKKNIFE_DENSE_H

#include "cases.h"
#include "core/threads.h"
#include "dense.h"
#include "measure/jackknife_entropy.h"
#include "measure/jackknife_lognormal.h"

/* The values without a group, from rows of P. */
typedef struct {
    lln_entropy entropy;
    lln_lognormal_moments moments;
} dense_values;

/* ln P of the keys of a row that are left; returns their number. outside: the
 * weight of the sink among them. */
static inline size_t dense_row(const double *p, const lln_jackknife *groups,
                               size_t t, double *logs, double *outside)
{
    size_t keys = 0;
    double sum = 0;
    for (size_t j = 0; j < groups->m; j++)
        sum += p[j];
    double sink = *outside > 0 ? 1 - sum : 0, left = sink;
    for (size_t j = 0; j < groups->m; j++)
        if (j * groups->count / groups->m != t && p[j] > 0) {
            left += p[j];
            logs[keys++] = log(p[j]);
        }
    for (size_t j = 0; j < keys; j++)
        logs[j] -= log(left);
    *outside = sink > 0 ? sink / left : 0;
    return keys;
}

typedef struct {
    double rows, with_keys, with_two, entries;
    dense_values sums;
    double log_keys;
} dense_sums;

/* Adds a row to the means. */
static inline void dense_add(const double *logs, size_t keys, double o,
                             dense_sums *to)
{
    double entropy = 0, squares = 0, top = 0, mean = 0, m2 = 0;
    double count = (double)keys;
    to->rows++;
    to->sums.entropy.outside += o;
    for (size_t j = 0; j < keys; j++) {
        double p = exp(logs[j]) / (1 - o), log_p = logs[j] - log1p(-o);
        entropy -= p * log_p;
        squares += p * p;
        top = fmax(top, p * (1 - o));
        mean += log_p / count;
    }
    if (keys == 0)
        return;
    for (size_t j = 0; j < keys; j++)
        m2 += pow(logs[j] - log1p(-o) - mean, 2);
    to->with_keys++;
    to->sums.entropy.entropy += entropy;
    to->sums.entropy.effective_keys += 1 / squares;
    to->sums.entropy.top1_mass += top;
    to->sums.entropy.with_sink +=
        o > 0 ? (1 - o) * (entropy - log1p(-o)) - o * log(o) : entropy;
    to->log_keys += log(count);
    if (keys == 1)
        return;
    to->with_two++;
    to->entries += count;
    to->sums.entropy.normalized += entropy / log(count);
    to->sums.moments.variance_row += m2 / (count - 1);
    to->sums.moments.mean += mean * count;
}

/* P without group t, written by the formulas of entropy.h and lognormal.h; m2,
 * m3 and m4 in a second pass over the entries. */
static inline dense_values leave_out_dense(const lln_attention *attention,
                                           const double *p,
                                           const size_t *query_group,
                                           const lln_jackknife *groups,
                                           size_t t)
{
    size_t n = attention->n, m = attention->m, keys_left = 0;
    double *logs = lln_array_alloc(m, sizeof *logs);
    bool sink = attention->tiles.rule.has_sink;
    dense_sums to = {0};
    double power[5] = {0}, mean = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n; i++) {
            double o = sink;
            if (query_group[i] == t)
                continue;
            size_t keys = dense_row(p + i * m, groups, t, logs, &o);
            if (pass == 0 && (keys > 0 || sink))
                dense_add(logs, keys, o, &to);
            for (size_t j = 0; pass == 1 && keys > 1 && j < keys; j++)
                for (int r = 2; r < 5; r++)
                    power[r] += pow(logs[j] - log1p(-o) - mean, r);
        }
        mean = to.sums.moments.mean / to.entries;
    }
    free(logs);
    for (size_t j = 0; j < m; j++)
        keys_left += j * groups->count / m != t;
    lln_entropy *e = &to.sums.entropy;
    e->entropy /= to.with_keys;
    e->normalized /= to.with_two;
    e->effective_keys /= to.with_keys;
    e->top1_mass /= to.rows;
    e->outside /= to.rows;
    e->with_sink /= to.rows;
    e->over_log_n = keys_left > 1 ? e->entropy / log((double)keys_left) : NAN;
    double ceiling = to.log_keys / to.with_keys;
    e->over_ceiling = ceiling > 0 ? e->entropy / ceiling : NAN;
    double variance = power[2] / to.entries;
    to.sums.moments = (lln_lognormal_moments){
        mean, variance, to.sums.moments.variance_row / to.with_two,
        power[3] / to.entries / pow(variance, 1.5),
        power[4] / to.entries / (variance * variance) - 3};
    return to.sums;
}

/* Masks of all kinds; odd sizes, so that groups differ in size; more keys than
 * a tile has. */
static const size_t STARTS[] = {0, 0, 0, 3, 3, 5, 5, 5, 5, 5, 5},
                    ENDS[] = {3, 3, 3, 5, 5, 11, 11, 11, 11, 11, 11};
static const lln_documents PACKED = {11, STARTS, ENDS};

static const struct {
    size_t n, m, d, groups;
    double sigma;
    lln_mask mask;
    const char *kernel;
} HEADS[] = {
    {53, 53, 5, 20, 1, {0}, "softmax"},
    {53, 53, 5, 20, 1, {0}, "lln:alpha=1.1:beta=0.9"},
    {53, 53, 5, 7, 3, {.causal = true}, "softmax"},
    {53, 53, 5, 20, 1, {.causal = true}, "lln:alpha=1.1:beta=0.9"},
    {61, 61, 4, 20, 1, {.causal = true, .window = 9}, "softmax"},
    {61, 61, 4, 20, 1, {.window = 9}, "lln:alpha=2:beta=1"},
    {61, 61, 4, 6, 1, {.causal = true, .prefix = 13}, "softmax"},
    {61, 61, 4, 6, 1, {.chunk = 10}, "softmax"},
    {61, 61, 4, 9, 1, {0}, "blockdiag:block=8"},
    {61, 61, 4, 9, 1, {.causal = true}, "window:reach=7"},
    {61, 61, 4, 9, 1, {0}, "tempscale:divisor=0.5"},
    {11, 11, 3, 4, 1, {.documents = &PACKED}, "softmax"},
    {40, 72, 8, 20, 1, {.causal = true}, "softmax"},
    {40, 72, 8, 20, 1, {.causal = true, .top = true}, "softmax"},
    {48, 90, 12, 20, 1, {0}, "softmax"},
    {90, 48, 12, 20, 1, {0}, "lln:alpha=1:beta=1"},
    {30, 1300, 3, 20, 1, {0}, "softmax"},
    {30, 1300, 3, 3, 1, {0}, "lln:alpha=1:beta=2"},
    {700, 700, 2, 2, 1, {.causal = true}, "softmax"},
    {300, 300, 1, 150, 1, {0}, "softmax"},
    {5, 5, 1, 20, 1, {0}, "softmax"}, /* five groups */
};

enum { HEAD_COUNT = sizeof HEADS / sizeof *HEADS };

static inline lln_head jackknife_head(int i, lln_precision precision)
{
    return dense_head(HEADS[i].n, HEADS[i].m, HEADS[i].d, HEADS[i].sigma,
                      HEADS[i].mask, precision);
}

typedef struct {
    lln_attention attention;
    lln_jackknife groups;
    dense_values *without; /* [groups.count] */
} dense_jackknife;

/* The slow version for all groups; release by dense_jackknife_close. */
static inline dense_jackknife
dense_jackknife_open(const lln_head *head, const char *kernel, size_t count)
{
    dense_jackknife all;
    case_open(head, kernel, &all.attention);
    expect_ok(lln_jackknife_open(&all.attention, count, &all.groups));
    double *p = dense_rows(&all.attention);
    size_t n = all.attention.n, g = all.groups.count;
    size_t *query_group = lln_array_alloc(n, sizeof *query_group);
    all.without = lln_array_alloc(g, sizeof *all.without);
    for (size_t i = 0; i < n; i++)
        query_group[i] = lln_jackknife_query(&all.groups, i);
    for (size_t t = 0; t < g; t++)
        all.without[t] =
            leave_out_dense(&all.attention, p, query_group, &all.groups, t);
    free(p);
    free(query_group);
    return all;
}

static inline void dense_jackknife_close(dense_jackknife *all)
{
    free(all->without);
    lln_jackknife_free(&all->groups);
    lln_attention_close(&all->attention);
}

/* The rows of a matrix that are not in group t. */
static inline lln_matrix keep_rows(lln_matrix a, size_t g, size_t t,
                                   double *out)
{
    size_t kept = 0, d = a.columns;
    for (size_t i = 0; i < a.rows; i++)
        if (i * g / a.rows != t)
            memcpy(out + d * kept++, (const double *)a.data + i * d,
                   d * sizeof *out);
    return (lln_matrix){LLN_FLOAT64, kept, d, out};
}

/* Compares all groups of a head with the slow version; each test program
 * defines it for its measure. */
static void expect_dense_groups(const lln_head *head, const char *kernel,
                                size_t count, double tolerance);

/* Loops over HEADS. */
START_TEST(leave_out_masks)
{
    lln_head head = jackknife_head(_i, LLN_FLOAT64);
    expect_dense_groups(&head, HEADS[_i].kernel, HEADS[_i].groups, 1e-12);
    lln_head_free(&head);
}
END_TEST

/* Float32 tiles. */
START_TEST(leave_out_single)
{
    lln_head head = jackknife_head(_i, LLN_FLOAT32);
    expect_dense_groups(&head, HEADS[_i].kernel, HEADS[_i].groups, 2e-5);
    lln_head_free(&head);
}
END_TEST

#endif
