/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Flow attention. phi is the logistic function and eps is 1e-6; eps is added to
 * every entry of both factors of a dot product:
 *     I_i = 1/(phi(q_i).sum_j phi(k_j)),   J_j = 1/(phi(k_j).sum_i phi(q_i)),
 *     c_i = phi(q_i).sum_j J_j phi(k_j),   e_j = phi(k_j).sum_i I_i phi(q_i),
 *     P_ij = logistic(c_i n/m) I_i phi(q_i).phi(k_j) m softmax_j(e), |e| <= 1.
 * With a causal mask, sums end at the token's own position t, counted from 1. I
 * and J are multiplied by t, c and e are divided by t, and P_ij = logistic(c_i)
 * (I_i / t_i) phi(q_i).phi(k_j) t_j exp(e_j) / sum_{l <= j} exp(e_l). */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "kernel/features/features.h"

static const double EPS = 1e-6;

typedef struct {
    double *phi[2];    /* logistic of queries [n x d] and keys [m x d] */
    double *weight[2]; /* factors of the rows of P [n] and of its columns [m] */
    double *memory;
} flow;

static void flow_release(void *state)
{
    free(((flow *)state)->memory);
}

static void fill_flow_features(const lln_features *f, lln_role side,
                               size_t first, size_t count, double *out)
{
    const flow *state = f->state;
    const double *phi = state->phi[side] + first * f->d;
    for (size_t i = 0; i < count; i++)
        for (size_t l = 0; l < f->d; l++)
            *out++ = *phi++ * state->weight[side][first + i];
}

LLN_CLONES static void logistic(const double *x, size_t count, double *out)
{
#pragma omp simd
    for (size_t l = 0; l < count; l++)
        out[l] = 1 / (1 + lln_exp_f64(-x[l]));
}

static size_t rows_of(const lln_features *f, lln_role side)
{
    return side == LLN_QUERIES ? f->n : f->m;
}

/* sum [d] += weight phi */
static void add_row(const double *phi, double weight, size_t d, double *sum)
{
    for (size_t l = 0; l < d; l++)
        sum[l] += weight * phi[l];
}

static double dot(const double *a, const double *b, size_t d)
{
    double total = 0;
    for (size_t l = 0; l < d; l++)
        total += (a[l] + EPS) * (b[l] + EPS);
    return total;
}

/* out_i = (phi_i + eps).(sum_j weight_j phi_j + eps) for each row i of `side`,
 * summed over the other side; with a causal mask over j <= i. weight: NULL
 * means 1; sum: scratch [d]. */
static void meet(const lln_features *f, lln_role side, const double *weight,
                 double *sum, double *out)
{
    const flow *state = f->state;
    lln_role other = side == LLN_QUERIES ? LLN_KEYS : LLN_QUERIES;
    const double *phi = state->phi[side], *from = state->phi[other];
    size_t d = f->d;
    for (size_t l = 0; l < d; l++)
        sum[l] = 0;
    for (size_t j = 0; !f->causal && j < rows_of(f, other); j++)
        add_row(from + j * d, weight ? weight[j] : 1, d, sum);
    for (size_t i = 0; i < rows_of(f, side); i++) {
        if (f->causal)
            add_row(from + i * d, weight ? weight[i] : 1, d, sum);
        out[i] = dot(phi + i * d, sum, d);
    }
}

/* t_i of the comment above; 1 without a mask. */
static double position(const lln_features *f, size_t i)
{
    return f->causal ? (double)(i + 1) : 1;
}

/* x = t / x, which gives I and J. */
static void invert(const lln_features *f, size_t count, double *x)
{
    for (size_t i = 0; i < count; i++)
        x[i] = position(f, i) / x[i];
}

/* Replaces e by the factors of columns: competition between the keys. */
static void compete(const lln_features *f, double *e)
{
    double sum = 0;
    for (size_t j = 0; j < f->m; j++) {
        double clipped = fmax(-1, fmin(1, e[j] / position(f, j)));
        e[j] = exp(clipped);
        sum += e[j];
        if (f->causal)
            e[j] *= position(f, j) / sum;
    }
    for (size_t j = 0; !f->causal && j < f->m; j++)
        e[j] *= (double)f->m / sum;
}

/* Replaces I in `in` by the factors of rows. */
static void allocate(const lln_features *f, const double *c, double *in)
{
    double ratio = f->causal ? 1 : (double)f->n / (double)f->m;
    for (size_t i = 0; i < f->n; i++) {
        double t = position(f, i);
        in[i] *= 1 / (1 + exp(-c[i] / t * ratio)) / t;
    }
}

static lln_status find_weights(lln_features *f)
{
    flow *state = f->state;
    size_t n = f->n, m = f->m, d = f->d;
    state->memory = lln_array_alloc_raw((n + m) * (d + 1), sizeof(double));
    double *scratch = lln_array_alloc_raw(n + m + d, sizeof *scratch);
    if (!scratch || !state->memory) {
        free(scratch);
        return LLN_ENOMEM;
    }
    double *in = state->weight[LLN_QUERIES] = state->memory;
    double *e = state->weight[LLN_KEYS] = in + n;
    state->phi[LLN_QUERIES] = e + m;
    state->phi[LLN_KEYS] = state->phi[LLN_QUERIES] + n * d;
    logistic(f->q, n * d, state->phi[LLN_QUERIES]);
    logistic(f->k, m * d, state->phi[LLN_KEYS]);
    double *c = scratch, *out = c + n, *sum = out + m;
    meet(f, LLN_QUERIES, NULL, sum, in);
    invert(f, n, in);
    meet(f, LLN_KEYS, NULL, sum, out);
    invert(f, m, out);
    meet(f, LLN_QUERIES, out, sum, c);
    meet(f, LLN_KEYS, in, sum, e);
    compete(f, e);
    allocate(f, c, in);
    free(scratch);
    return LLN_OK;
}

static lln_status flowformer_open(const lln_kernel_choice *choice,
                                  const lln_head *head,
                                  lln_attention *attention)
{
    lln_features *f;
    if (head->rule.mask.causal && head->q.rows != head->k.rows)
        return lln_fail(LLN_EINVAL,
                        "kernel '%s': %zu queries and %zu keys; a causal mask "
                        "needs equal numbers",
                        choice->text, head->q.rows, head->k.rows);
    LLN_TRY(lln_features_new(choice, head, sizeof(flow), &f));
    f->rank = f->d;
    f->fill = fill_flow_features;
    f->release = flow_release;
    lln_status status = find_weights(f);
    if (status == LLN_OK)
        return lln_features_open(f, attention);
    lln_features_free(f);
    return status;
}

const lln_kernel lln_kernel_flowformer = {
    .name = "flowformer",
    .summary =
        "logistic features; the flow between queries and keys is conserved",
    .reference = "Wu, Wu, Xu, Wang, Long 2022",
    .rank = "d",
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL,
    .open = flowformer_open,
};
