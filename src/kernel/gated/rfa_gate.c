/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random feature attention with a gate. f are the features of rfa, and
 *     P_ts ~ f(q_t).f(k_s) (1 - g_s) g_(s+1) ... g_t,
 * divided by the sum over s. */
#include <stdlib.h>

#include "core/memory.h"
#include "kernel/features/projection.h"
#include "kernel/gated/gated.h"

/* out [n x 2 rows] = (sin, cos) of W x / |x|, up to a factor that cancels; x:
 * scratch [n x d]. */
static void random_features(lln_matrix from, const double *w, size_t rows,
                            double *x, double *out)
{
    lln_matrix_convert(from, LLN_FLOAT64, x);
    lln_projection_fourier(x, from.rows, from.columns, w, rows, 0, 1, out);
}

/* x: scratch [n x d]; gate: [n] */
static void fill_rfa_gate_factors(const lln_head *head, const double *w,
                                  const double *gate, double *x, lln_gated *g)
{
    size_t r = g->rank;
    random_features(head->q, w, r / 2, x, g->left);
    random_features(head->k, w, r / 2, x, g->right);
    for (size_t t = 0; t < g->n; t++)
        for (size_t l = 0; l < r; l++) {
            g->right[t * r + l] *= 1 - gate[t];
            g->gate[t * r + l] = gate[t];
        }
}

/* Fills the factors and opens the attention; w [rows x d]. */
static lln_status open_with(const lln_kernel_choice *choice,
                            const lln_head *head, const double *w, size_t rows,
                            double constant, lln_attention *attention)
{
    lln_gated g;
    size_t n = head->q.rows, d = head->q.columns;
    LLN_TRY(lln_gated_alloc(n, 2 * rows, &g));
    double *scratch = lln_array_alloc_raw(n * d + n, sizeof *scratch);
    double *gate = scratch + n * d;
    lln_status status =
        scratch ? lln_gated_read(choice, "gate", n, 1, constant, gate)
                : LLN_ENOMEM;
    if (status == LLN_OK) {
        fill_rfa_gate_factors(head, w, gate, scratch, &g);
        status = lln_gated_open(&g, head->rule.mask, true, attention);
    } else {
        lln_gated_free(&g);
    }
    free(scratch);
    return status;
}

static lln_status rfa_gate_open(const lln_kernel_choice *choice,
                                const lln_head *head, lln_attention *attention)
{
    double span, *w = NULL;
    size_t rows = 0;
    LLN_TRY(lln_gated_check(choice, head));
    LLN_TRY(lln_kernel_real(choice, "span", &span));
    lln_status status = lln_projection_open(choice, LLN_PROJECTION_NORMAL,
                                            head->q.columns, &rows, &w);
    if (status == LLN_OK)
        status = open_with(choice, head, w, rows, 1 - 1 / span, attention);
    free(w);
    return status;
}

const lln_kernel lln_kernel_rfa_gate = {
    .name = "rfa-gate",
    .summary = "random Fourier features of q/|q| and k/|k|, with a gate for "
               "each token",
    .reference = "Peng et al. 2021",
    .rank = "full",
    .properties =
        LLN_KERNEL_SUMS_BY_DEFAULT | LLN_KERNEL_SIGNED | LLN_KERNEL_RANDOM,
    .honours = LLN_HONOURS_CAUSAL,
    .arrays = {{.name = "w",
                .shapes = {{"features", "d"}},
                .unit = "replaces the random matrix",
                .finite = true},
               {.name = "gate",
                .shapes = {{"n", "1"}, {"1", "n"}},
                .unit = "logits of the gates"}},
    .parameters = {{"features",
                    "rows of the random matrix",
                    "64",
                    {1, LLN_PROJECTION_MOST, true}},
                   {"span",
                    "constant gate 1 - 1/span if no array is given",
                    "64",
                    {1, 1e12}}},
    .open = rfa_gate_open,
};
