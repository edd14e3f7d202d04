/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gated linear attention: P_ts = scale sum_l q_tl k_sl a_(s+1)l ... a_tl with a
 * = logistic(gate)^(1/normalizer). P is not normalised. */
#include "kernel/gated/gated.h"

static void fill_gla_factors(const lln_head *head, lln_gated *g)
{
    lln_matrix_convert(head->q, LLN_FLOAT64, g->left);
    lln_matrix_convert(head->k, LLN_FLOAT64, g->right);
    for (size_t i = 0; i < g->n * g->rank; i++)
        g->left[i] *= head->rule.scale;
}

static lln_status gla_open(const lln_kernel_choice *choice,
                           const lln_head *head, lln_attention *attention)
{
    lln_gated g;
    size_t n = head->q.rows, d = head->q.columns;
    double gate, normalizer;
    LLN_TRY(lln_gated_check(choice, head));
    LLN_TRY(lln_kernel_real(choice, "gate", &gate));
    LLN_TRY(lln_kernel_real(choice, "normalizer", &normalizer));
    LLN_TRY(lln_gated_alloc(n, d, &g));
    lln_status status =
        lln_gated_read_root(choice, "gate", n, d, gate, normalizer, g.gate);
    if (status != LLN_OK) {
        lln_gated_free(&g);
        return status;
    }
    fill_gla_factors(head, &g);
    return lln_gated_open(&g, head->rule.mask, false, attention);
}

const lln_kernel lln_kernel_gla = {
    .name = "gla",
    .summary =
        "gated linear attention: scale q.k times the gates of the tokens "
        "after the key, up to the query",
    .reference = "Yang et al. 2024 (GLA)",
    .rank = "full",
    .properties = LLN_KERNEL_SIGNED,
    .honours = LLN_HONOURS_CAUSAL | LLN_HONOURS_SCALE,
    .arrays = {{.name = "gate",
                .shapes = {{"n", "d"}, {"n", "1"}, {"1", "n"}},
                .unit = "logits of the gates"}},
    .parameters =
        {{"gate",
          "constant gate, before the root is taken, if no array is given",
          "0.5",
          {0, 1}},
         {"normalizer",
          "order of the root: gates are raised to the power 1/normalizer",
          "16",
          {1e-3, 1e6}}},
    .open = gla_open,
};
