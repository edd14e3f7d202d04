/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Entmax and sparsemax: P_ij = max((alpha - 1) s_ij - tau_i, 0)^(1 / (alpha -
 * 1)), where tau_i makes the row sum to 1. */
#include <math.h>

#include "kernel/row_math.h"
#include "kernel/sparse/sparse.h"

/* Newton's method needs about ln(keys) steps to come near, then few. */
enum { STEPS = 1000 };

/* Keeps the entries of out with a value x > tau. */
static void keep_above(double tau, lln_sparse_row *out)
{
    size_t kept = 0;
    for (size_t e = 0; e < out->count; e++)
        if (out->values[e] > tau) {
            out->keys[kept] = out->keys[e];
            out->values[kept++] = out->values[e];
        }
    out->count = kept;
}

/* The sum over the entries of (x - tau)^power, and its derivative by -tau. */
static double sum_powers(const lln_sparse_row *row, double tau, double power,
                         double *slope)
{
    double sum = 0;
    *slope = 0;
    for (size_t e = 0; e < row->count; e++) {
        double y = row->values[e] - tau;
        double below = power == 1 ? 1 : power == 2 ? y : pow(y, power - 1);
        sum += y * below;
        *slope += power * below;
    }
    return sum;
}

/* Removes the entries outside the support; returns tau. The largest x is 0. The
 * sum is convex in tau and at least 1 at tau = -1, so that Newton's method
 * approaches the solution from below and never passes it, except by rounding.
 * Entries below tau are not needed again. */
static double find_threshold(double power, lln_sparse_row *out)
{
    double tau = -1, slope;
    for (int step = 0; step < STEPS; step++) {
        keep_above(tau, out);
        double sum = sum_powers(out, tau, power, &slope);
        double next = tau + (sum - 1) / slope;
        if (!(next > tau) || next >= 0)
            break;
        tau = next;
    }
    return tau;
}

static void make(const void *context, const lln_sparse_query *query,
                 lln_sparse_row *out)
{
    const double *alpha = context;
    double power = 1 / (*alpha - 1), sum = 0;
    size_t run = query->end - query->first;
    double max = lln_row_max(query->logits, run);
    for (size_t j = 0; j < run; j++) {
        double x = (*alpha - 1) * (query->logits[j] - max);
        if (x > -1) {
            out->keys[out->count] = (uint32_t)(query->first + j);
            out->values[out->count++] = x;
        }
    }
    double tau = find_threshold(power, out);
    for (size_t e = 0; e < out->count; e++) {
        double y = out->values[e] - tau;
        out->values[e] = power == 1 ? y : power == 2 ? y * y : pow(y, power);
        sum += out->values[e];
    }
    for (size_t e = 0; e < out->count; e++)
        out->values[e] /= sum;
}

static lln_status open_alpha(const lln_kernel_choice *choice,
                             const lln_head *head, double alpha,
                             lln_attention *attention)
{
    lln_sparse_kernel kernel = {.choice = choice,
                                .head = head,
                                .most = head->k.rows,
                                .expect = 16,
                                .logits = true,
                                .state = &alpha,
                                .make = make};
    return lln_sparse_open(&kernel, attention);
}

static lln_status entmax_open(const lln_kernel_choice *choice,
                              const lln_head *head, lln_attention *attention)
{
    double alpha;
    LLN_TRY(lln_kernel_real(choice, "alpha", &alpha));
    return open_alpha(choice, head, alpha, attention);
}

static lln_status sparsemax_open(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_attention *attention)
{
    return open_alpha(choice, head, 2, attention);
}

const lln_kernel lln_kernel_entmax = {
    .name = "entmax",
    .summary = "max((alpha - 1) s - tau, 0)^(1/(alpha - 1)), tau such that "
               "rows sum to 1",
    .reference = "Peters, Niculae, Martins 2019",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_TO_ONE,
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE | LLN_HONOURS_LOGITS,
    .parameters =
        {{"alpha", "1: softmax (limit), 2: sparsemax", "1.5", {1.01, 2}}},
    .open = entmax_open,
};

const lln_kernel lln_kernel_sparsemax = {
    .name = "sparsemax",
    .summary = "the distribution nearest to the logits, max(s - tau, 0)",
    .reference = "Martins, Astudillo 2016",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_TO_ONE,
    .honours = LLN_HONOURS_MASKS | LLN_HONOURS_SCALE | LLN_HONOURS_LOGITS,
    .open = sparsemax_open,
};
