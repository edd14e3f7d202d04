/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ReGLA: P_ts = a sum_l f(q)_tl f(k)_sl c_(s+1)l ... c_tl with a = 1 / (e
 * sqrt(d (e^2 - 1))), f(q_t) = exp(q_t - max_l q_tl) and f(k_s) = exp(k_s -
 * max_sl k_sl). The gates c = (1 - r) g^2 + r (1 - (1 - g)^2) apply to channels
 * of keys, where g and r are the logistic of learned values. P is not
 * normalised. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "kernel/gated/gated.h"
#include "kernel/row_math.h"

/* On entry g->gate is g and `refine` is r; on return g->gate is c. */
static void fill_regla_factors(const lln_head *head, const double *refine,
                               lln_gated *g)
{
    size_t n = g->n, d = g->rank;
    const double e = exp(1);
    double factor = 1 / (e * sqrt((double)d * (e * e - 1)));
    lln_matrix_convert(head->q, LLN_FLOAT64, g->left);
    lln_matrix_convert(head->k, LLN_FLOAT64, g->right);
    for (size_t t = 0; t < n; t++) {
        double *row = g->left + t * d;
        lln_row_exp(row, d, lln_row_max(row, d) - log(factor), 0);
    }
    lln_row_exp(g->right, n * d, lln_row_max(g->right, n * d), 0);
    for (size_t i = 0; i < n * d; i++) {
        double open = g->gate[i], r = refine[i];
        g->gate[i] = (1 - r) * open * open + r * (1 - (1 - open) * (1 - open));
    }
}

static lln_status regla_open(const lln_kernel_choice *choice,
                             const lln_head *head, lln_attention *attention)
{
    lln_gated g;
    size_t n = head->q.rows, d = head->q.columns;
    double gate, refine;
    LLN_TRY(lln_gated_check(choice, head));
    LLN_TRY(lln_kernel_real(choice, "gate", &gate));
    LLN_TRY(lln_kernel_real(choice, "refine", &refine));
    LLN_TRY(lln_gated_alloc(n, d, &g));
    double *r = lln_array_alloc(n * d, sizeof *r);
    lln_status status = r ? LLN_OK : LLN_ENOMEM;
    if (status == LLN_OK)
        status = lln_gated_read(choice, "gate", n, d, gate, g.gate);
    if (status == LLN_OK)
        status = lln_gated_read(choice, "refine", n, d, refine, r);
    if (status == LLN_OK) {
        fill_regla_factors(head, r, &g);
        status = lln_gated_open(&g, head->rule.mask, false, attention);
    } else {
        lln_gated_free(&g);
    }
    free(r);
    return status;
}

const lln_kernel lln_kernel_regla = {
    .name = "regla",
    .summary = "refined gated linear attention: features exp(q) and exp(k), "
               "gates on key channels",
    .reference = "Lu et al. 2025",
    .rank = "full",
    .honours = LLN_HONOURS_CAUSAL,
    .arrays = {{.name = "gate",
                .shapes = {{"n", "d"}, {"n", "1"}, {"1", "n"}},
                .unit = "logits of g"},
               {.name = "refine",
                .shapes = {{"n", "d"}, {"n", "1"}, {"1", "n"}},
                .unit = "logits of r"}},
    .parameters =
        {{"gate", "constant g if no array is given; 1: no gate", "0.5", {0, 1}},
         {"refine", "constant r if no array is given", "0.5", {0, 1}}},
    .open = regla_open,
};
