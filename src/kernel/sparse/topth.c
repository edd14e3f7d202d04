/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Top-Theta attention: keeps the keys whose logit, or probability, exceeds a
 * threshold of the row, and compensates for the others. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "kernel/arrays.h"
#include "kernel/row_math.h"
#include "kernel/sparse/sparse.h"
#include "kernel/sparse/top_keys.h"

/* Whether the threshold is compared with logits or probabilities. */
enum { PRE, POST };
static const char *const MODES[] = {"pre", "post", NULL};

/* How the denominator accounts for the keys left out. */
enum { NONE, EXACT, THRESHOLD, THRESHOLD_ALL };
static const char *const DENOMINATORS[] = {"none", "exact", "exp-threshold",
                                           "exp-threshold-all", NULL};

static const char *const NO_YES[] = {"no", "yes", NULL};

typedef struct {
    size_t k, m, mode, denominator, compensate;
    double *theta;   /* [n], or NULL: the k largest of each row are kept */
    double rounding; /* relative error of logits in the precision of the head */
} topth;

/* The value that a key must exceed. A given threshold is usually the value of a
 * key, computed by sums in another order: a key within rounding of it counts as
 * at the threshold, not above it. */
static double find_bar(const topth *state, double theta, double max)
{
    double unit = fmax(fabs(max), state->mode == POST ? 1 : fabs(theta));
    if (!isfinite(theta))
        return theta;
    return theta + state->rounding * unit * (state->mode == POST ? theta : 1);
}

/* Sums of the weights of the keys kept and left out, and the threshold between
 * them. */
typedef struct {
    double kept, dropped, theta;
} split;

static void keep_key(const lln_sparse_query *query, size_t j,
                     const double *weights, lln_sparse_row *out, split *sum)
{
    out->keys[out->count] = (uint32_t)(query->first + j);
    out->values[out->count++] = weights[j];
    sum->kept += weights[j];
}

/* Keeps the keys whose x [run] exceeds theta. */
static split keep_above(const topth *state, const lln_sparse_query *query,
                        double theta, const double *x, size_t run, double max,
                        const double *weights, lln_sparse_row *out)
{
    double bar = find_bar(state, theta, max);
    split sum = {0, 0, theta};
    for (size_t j = 0; j < run; j++)
        if (x[j] > bar)
            keep_key(query, j, weights, out, &sum);
        else
            sum.dropped += weights[j];
    return sum;
}

/* keys are the k + 1 largest, ascending by index. Moves the smallest of them,
 * the last if there are several, to the end. */
static void put_least_last(const double *x, uint32_t *keys, size_t k)
{
    size_t least = k;
    for (size_t e = k; e-- > 0;)
        if (x[keys[e]] < x[keys[least]])
            least = e;
    uint32_t key = keys[least];
    memmove(keys + least, keys + least + 1, (k - least) * sizeof *keys);
    keys[k] = key;
}

/* Keeps the k < run largest of x [run], the first if values are equal. The
 * threshold is the largest of the others. */
static split keep_largest(const topth *state, const lln_sparse_query *query,
                          const double *x, size_t run, const double *weights,
                          lln_sparse_row *out)
{
    uint32_t *top = out->keys; /* entry e is read before it is overwritten */
    lln_top_keys(x, run, state->k + 1, top);
    put_least_last(x, top, state->k);
    split sum = {0, 0, x[top[state->k]]};
    for (size_t j = 0; j < run; j++)
        if (out->count < state->k && top[out->count] == j)
            keep_key(query, j, weights, out, &sum);
        else
            sum.dropped += weights[j];
    return sum;
}

/* Rows with at most k keys are dense. */
static split select_keys(const topth *state, const lln_sparse_query *query,
                         const double *x, size_t run, double max,
                         const double *weights, lln_sparse_row *out)
{
    bool dense = run <= state->k;
    if (!dense && !state->theta)
        return keep_largest(state, query, x, run, weights, out);
    double theta = dense ? -INFINITY : state->theta[query->i];
    return keep_above(state, query, theta, x, run, max, weights, out);
}

/* The term of the denominator for the keys left out, relative to exp(max). */
static double missing(const topth *state, size_t run, size_t kept,
                      double dropped, double theta, double max)
{
    size_t all = state->denominator == THRESHOLD_ALL ? state->m : run;
    if (state->mode == POST || state->denominator == EXACT)
        return dropped;
    if (state->denominator == NONE)
        return 0;
    return (double)(all - kept) * exp(theta - max);
}

/* weights [run] = exp(logit - max); returns their sum. */
static double weigh(const lln_sparse_query *query, size_t run, double max,
                    double *weights)
{
    double total = 0;
    memcpy(weights, query->logits, run * sizeof *weights);
    lln_row_exp(weights, run, max, 0);
    for (size_t j = 0; j < run; j++)
        total += weights[j];
    return total;
}

/* The mass lost is not computed as 1 minus the kept sum: if nearly nothing is
 * lost, that could be rounding error only, and negative. */
static void make(const void *context, const lln_sparse_query *query,
                 lln_sparse_row *out)
{
    const topth *state = context;
    size_t run = query->end - query->first;
    double max = lln_row_max(query->logits, run), *weights = query->scratch;
    double total = weigh(query, run, max, weights);
    bool post = state->mode == POST;
    for (size_t j = 0; j < run && post; j++)
        weights[j] /= total;
    const double *x = post ? weights : query->logits;
    split sum = select_keys(state, query, x, run, max, weights, out);
    double lost = missing(state, run, out->count, sum.dropped, sum.theta, max);
    double divisor = post ? 1 : sum.kept + lost;
    for (size_t e = 0; e < out->count; e++)
        out->values[e] /= divisor;
    if (state->compensate)
        out->rest = (out->count > 0 ? lost / divisor : 1) / (double)run;
}

/* The array theta, if it was given. */
static lln_status read_theta(lln_matrix given, topth *state)
{
    if (!given.data)
        return LLN_OK;
    state->theta =
        lln_array_alloc_raw(given.rows * given.columns, sizeof *state->theta);
    if (!state->theta)
        return LLN_ENOMEM;
    lln_matrix_convert(given, LLN_FLOAT64, state->theta);
    return LLN_OK;
}

static lln_status check_denominator(const lln_kernel_choice *choice)
{
    size_t mode, denominator;
    LLN_TRY(lln_kernel_word(choice, "mode", &mode));
    LLN_TRY(lln_kernel_word(choice, "sdc", &denominator));
    if (mode != POST || denominator == NONE)
        return LLN_OK;
    return lln_fail(LLN_EINVAL, "kernel '%s': mode=post needs sdc=none",
                    choice->text);
}

static lln_status topth_open(const lln_kernel_choice *choice,
                             const lln_head *head, lln_attention *attention)
{
    bool single = head->q.precision == LLN_FLOAT32;
    topth state = {.m = head->k.rows,
                   .rounding = 32 * (single ? FLT_EPSILON : DBL_EPSILON)};
    lln_sparse_kernel kernel = {.choice = choice,
                                .head = head,
                                .most = head->k.rows,
                                .logits = true,
                                .state = &state,
                                .make = make};
    lln_matrix theta;
    LLN_TRY(lln_kernel_array_values(choice, "theta", &theta));
    LLN_TRY(lln_kernel_count_or(choice, "k", theta.data ? 0 : 256, &state.k));
    kernel.expect = state.k ? state.k : 256;
    LLN_TRY(lln_kernel_word(choice, "mode", &state.mode));
    LLN_TRY(lln_kernel_word(choice, "sdc", &state.denominator));
    LLN_TRY(lln_kernel_word(choice, "vmc", &state.compensate));
    lln_status status = read_theta(theta, &state);
    if (status == LLN_OK)
        status = lln_sparse_open(&kernel, attention);
    free(state.theta);
    return status;
}

const lln_kernel lln_kernel_topth = {
    .name = "topth",
    .summary = "softmax over the keys above a threshold: theta, or the (k+1)st "
               "largest value of the row",
    .reference = "Berestizshevsky et al. 2025",
    .rank = "full",
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE | LLN_HONOURS_LOGITS,
    .arrays = {{.name = "theta",
                .shapes = {{"n", "1"}, {"1", "n"}},
                .unit = "threshold of each row"}},
    .parameters =
        {{"k",
          "keys kept in a row; rows with at most k keys keep all (default: "
          "256, or 0 with theta)",
          NULL,
          {1, UINT32_MAX - 1, true}},
         {"mode",
          "compare the threshold with logits (pre) or probabilities (post)",
          "pre", .words = MODES},
         {"sdc",
          "with mode=pre, correction of the denominator: none, exact, "
          "exp-threshold, or exp-threshold-all, which also counts masked keys",
          "none", .words = DENOMINATORS},
         {"vmc", "yes: spread the lost weight equally over the allowed keys",
          "no", .words = NO_YES}},
    .check = check_denominator,
    .open = topth_open,
};
