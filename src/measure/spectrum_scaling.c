/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/spectrum_scaling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector_math.h"

enum {
    STEPS = 40,     /* of power iteration */
    SWEEPS = 24,    /* of balancing */
    POLICIES = 200, /* of Howard's algorithm */
};

static const double SPREAD = 4, /* of p in a step: square of largest norm */
    GAIN = 0.95,       /* a scaling must reduce row and column to this */
    IMPROVEMENT = 0.1; /* least increase of a value for another policy */

/* next = p' |B| / row sums */
LLN_CLONES static void step(const double *b, size_t n, const double *sums,
                            const double *p, double *next)
{
    memset(next, 0, n * sizeof *next);
    for (size_t i = 0; i < n; i++) {
        const double *row = b + i * n;
        double factor = p[i] / sums[i];
#pragma omp simd
        for (size_t j = 0; j < n; j++)
            next[j] += factor * fabs(row[j]);
    }
}

LLN_CLONES static void absolute_sums(const double *b, size_t n, double *sums)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t j = 0; j < n; j++)
            sum += fabs(b[i * n + j]);
        sums[i] = sum;
    }
}

bool lln_scaling_stationary(const double *b, size_t n, double *p,
                            double *exponent)
{
    double *next = lln_array_alloc(2 * n, sizeof *next);
    bool reached = false;
    if (!next)
        return false;
    double *sums = next + n;
    absolute_sums(b, n, sums);
    for (size_t i = 0; i < n; i++)
        p[i] = 1 / (double)n;
    for (int k = 0; k < STEPS && !reached; k++) {
        double largest = 0;
        step(b, n, sums, p, next);
        for (size_t j = 0; j < n; j++) {
            largest = fmax(largest, p[j] > 0 ? next[j] / p[j] : INFINITY);
            exponent[j] = nearbyint(-0.5 * log2(p[j]));
            p[j] = next[j];
        }
        reached = largest <= SPREAD;
    }
    free(next);
    return reached;
}

/* A policy gives each node i its next node; from any node it leads into a
 * cycle. The weight of an edge is logs[i down + j along]. */
typedef struct {
    size_t n, down, along;
    const double *logs;
    double *value; /* [n] */
    size_t *next;  /* [n] */
    size_t *mark;  /* [n]: the walk that visited the node, from 1 */
    size_t *walk;  /* [n] */
    double mean;   /* of the best cycle */
} howard;

static double weight(const howard *h, size_t i, size_t j)
{
    return h->logs[i * h->down + j * h->along];
}

/* Finds the cycle with the largest mean; returns one of its nodes. */
static size_t best_cycle(howard *h)
{
    size_t best = 0;
    memset(h->mark, 0, h->n * sizeof *h->mark);
    h->mean = -INFINITY;
    for (size_t first = 0; first < h->n; first++) {
        size_t i = first, length = 0;
        for (; h->mark[i] == 0; i = h->next[i])
            h->mark[i] = first + 1;
        if (h->mark[i] != first + 1)
            continue; /* joined an earlier walk */
        double sum = 0;
        size_t j = i;
        do {
            sum += weight(h, j, h->next[j]);
            j = h->next[j];
            length++;
        } while (j != i);
        if (sum / (double)length > h->mean) {
            h->mean = sum / (double)length;
            best = i;
        }
    }
    return best;
}

enum { UNKNOWN, LEADS, ELSEWHERE }; /* whether a node leads to the root */

static void join(howard *h, size_t i)
{
    h->mark[i] = LEADS;
    h->value[i] = weight(h, i, h->next[i]) - h->mean + h->value[h->next[i]];
}

/* Redirects nodes that lead elsewhere towards the root. */
static void turn_others(howard *h)
{
    size_t count = 0;
    for (size_t i = 0; i < h->n; i++)
        if (h->mark[i] == LEADS)
            h->walk[count++] = i;
    for (size_t k = 0; k < count && count < h->n; k++)
        for (size_t i = 0; i < h->n; i++)
            if (h->mark[i] != LEADS && weight(h, i, h->walk[k]) > -INFINITY) {
                h->next[i] = h->walk[k];
                join(h, i);
                h->walk[count++] = i;
            }
}

/* Computes the values of the nodes and makes all of them lead to `root`. */
static void evaluate(howard *h, size_t root)
{
    memset(h->mark, 0, h->n * sizeof *h->mark);
    h->mark[root] = LEADS;
    for (size_t first = 0; first < h->n; first++) {
        size_t i = first, length = 0;
        for (; h->mark[i] == UNKNOWN; i = h->next[i]) {
            h->mark[i] = ELSEWHERE;
            h->walk[length++] = i;
        }
        if (h->mark[i] != LEADS)
            continue;
        while (length-- > 0)
            join(h, h->walk[length]);
    }
    turn_others(h);
}

/* Improves the policy; returns false if it cannot be improved. */
static bool improve(howard *h)
{
    bool improved = false;
    for (size_t i = 0; i < h->n; i++)
        for (size_t j = 0; j < h->n; j++) {
            if (i == j)
                continue;
            double value = weight(h, i, j) - h->mean + h->value[j];
            if (value > h->value[i]) {
                improved |= value > h->value[i] + IMPROVEMENT;
                h->value[i] = value;
                h->next[i] = j;
            }
        }
    return improved;
}

static void solve_tropical(howard *h)
{
    for (size_t i = 0; i < h->n; i++) {
        h->value[i] = 0;
        h->next[i] = i == 0;
        for (size_t j = 0; j < h->n; j++)
            if (j != i && weight(h, i, j) > weight(h, i, h->next[i]))
                h->next[i] = j;
    }
    for (int k = 0; k < POLICIES; k++) {
        evaluate(h, best_cycle(h));
        if (!improve(h))
            break;
    }
}

lln_status lln_scaling_tropical(const double *b, size_t n, double *logs,
                                double *exponent)
{
    double *value = lln_array_alloc(n, sizeof *value);
    size_t *nodes = lln_array_alloc(3 * n, sizeof *nodes);
    lln_status status = value && nodes ? LLN_OK : LLN_ENOMEM;
    if (status == LLN_OK) {
        howard h = {n, n, 1, logs, value, nodes, nodes + n, nodes + 2 * n, 0};
        for (size_t i = 0; i < n * n; i++)
            logs[i] = log2(fabs(b[i]));
        solve_tropical(&h);
        memcpy(exponent, value, n * sizeof *value);
        h.down = 1;
        h.along = n;
        solve_tropical(&h);
        for (size_t i = 0; i < n; i++)
            exponent[i] = nearbyint((exponent[i] - value[i]) / 2);
    }
    free(value);
    free(nodes);
    return status;
}

void lln_scaling_apply(double *b, size_t n, const double *exponent)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (exponent[j] != exponent[i])
                b[i * n + j] =
                    ldexp(b[i * n + j], (int)(exponent[j] - exponent[i]));
}

/* Squares of the norms of row and column i without the diagonal. */
static void norms_of(const double *b, size_t n, size_t i, double *row,
                     double *column)
{
    *row = *column = 0;
    for (size_t j = 0; j < n; j++) {
        *row += j == i ? 0 : b[i * n + j] * b[i * n + j];
        *column += j == i ? 0 : b[j * n + i] * b[j * n + i];
    }
}

/* Scales row and column i if that reduces them enough; returns whether it
 * did. */
static bool balance_row(double *b, size_t n, size_t i, double *exponent)
{
    double row, column;
    norms_of(b, n, i, &row, &column);
    if (!(row > 0) || !(column > 0))
        return false;
    double shift = nearbyint(log2(row / column) / 4);
    double scaled = row * exp2(-2 * shift) + column * exp2(2 * shift);
    if (scaled >= GAIN * GAIN * (row + column))
        return false;
    for (size_t j = 0; j < n; j++) {
        if (j == i)
            continue;
        b[i * n + j] = ldexp(b[i * n + j], (int)-shift);
        b[j * n + i] = ldexp(b[j * n + i], (int)shift);
    }
    exponent[i] += shift;
    return true;
}

void lln_scaling_balance(double *b, size_t n, double *exponent)
{
    bool changed = true;
    for (int sweep = 0; sweep < SWEEPS && changed; sweep++) {
        changed = false;
        for (size_t i = 0; i < n; i++)
            changed |= balance_row(b, n, sweep % 2 ? n - 1 - i : i, exponent);
    }
}
