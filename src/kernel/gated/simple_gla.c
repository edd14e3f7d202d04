/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Linear attention with one gate a token,
 *     P_ts = scale q_t.k_s write_s exp(g_(s+1) + ... + g_t),
 * and models that are cases of it: retention, mamba2, lightning. P is not
 * normalised. */
#include <math.h>

#include "kernel/arrays.h"
#include "kernel/gated/gated.h"

/* The array of that name; without data if the kernel does not take it. */
static lln_status find_array(const lln_kernel_choice *choice, const char *name,
                             lln_matrix *array)
{
    *array = (lln_matrix){0};
    return lln_kernel_array_find(choice->kernel, name)
               ? lln_kernel_array_values(choice, name, array)
               : LLN_OK;
}

/* Value t of an array [n x 1] or [1 x n]. */
static double value_at(lln_matrix array, size_t t)
{
    return lln_matrix_get(array, t / array.columns, t % array.columns);
}

/* LLN_EINVAL: a value of `array` times `sign` is negative. */
static lln_status check_sign(const lln_kernel_choice *choice, const char *name,
                             lln_matrix array, int sign)
{
    for (size_t t = 0; t < array.rows * array.columns; t++)
        if (value_at(array, t) * sign < 0)
            return lln_fail(
                LLN_EINVAL,
                "kernel '%s': array '%s': token %zu: %g; expected at %s 0",
                choice->text, name, t, value_at(array, t),
                sign < 0 ? "most" : "least");
    return LLN_OK;
}

/* From the array `decay`, or else `gate`, or else `constant`, the last two to
 * the power 1/normalizer. */
static lln_status fill_gates(const lln_kernel_choice *choice, double constant,
                             double normalizer, lln_gated *g)
{
    lln_matrix decay, gate;
    LLN_TRY(find_array(choice, "decay", &decay));
    LLN_TRY(find_array(choice, "gate", &gate));
    LLN_TRY(check_sign(choice, "decay", decay, -1));
    for (size_t i = 0; decay.data && i < g->n * g->rank; i++)
        g->gate[i] = exp(value_at(decay, i / g->rank));
    if (decay.data)
        return LLN_OK;
    if (gate.data)
        return lln_gated_read_root(choice, "gate", g->n, g->rank, constant,
                                   normalizer, g->gate);
    for (size_t i = 0; i < g->n * g->rank; i++)
        g->gate[i] = pow(constant, 1 / normalizer);
    return LLN_OK;
}

/* left = scale q, right = write k */
static lln_status fill_factors(const lln_kernel_choice *choice,
                               const lln_head *head, double scale, lln_gated *g)
{
    lln_matrix write;
    LLN_TRY(find_array(choice, "write", &write));
    LLN_TRY(check_sign(choice, "write", write, 1));
    lln_matrix_convert(head->q, LLN_FLOAT64, g->left);
    lln_matrix_convert(head->k, LLN_FLOAT64, g->right);
    for (size_t i = 0; i < g->n * g->rank; i++) {
        g->left[i] *= scale;
        if (write.data)
            g->right[i] *= value_at(write, i / g->rank);
    }
    return LLN_OK;
}

static lln_status open_gates(const lln_kernel_choice *choice,
                             const lln_head *head, double scale,
                             double constant, double normalizer,
                             lln_attention *attention)
{
    lln_gated g;
    LLN_TRY(lln_gated_check(choice, head));
    LLN_TRY(lln_gated_alloc(head->q.rows, head->q.columns, &g));
    lln_status status = fill_gates(choice, constant, normalizer, &g);
    if (status == LLN_OK)
        status = fill_factors(choice, head, scale, &g);
    if (status == LLN_OK)
        return lln_gated_open(&g, head->rule.mask, false, attention);
    lln_gated_free(&g);
    return status;
}

static lln_status simple_gla_open(const lln_kernel_choice *choice,
                                  const lln_head *head,
                                  lln_attention *attention)
{
    double gate, span, normalizer;
    LLN_TRY(lln_kernel_real(choice, "span", &span));
    LLN_TRY(lln_kernel_real_or(choice, "gate", 1 - 1 / span, &gate));
    LLN_TRY(lln_kernel_real(choice, "normalizer", &normalizer));
    return open_gates(choice, head, head->rule.scale, gate, normalizer,
                      attention);
}

static lln_status mamba2_open(const lln_kernel_choice *choice,
                              const lln_head *head, lln_attention *attention)
{
    double span;
    LLN_TRY(lln_kernel_real(choice, "span", &span));
    return open_gates(choice, head, 1, 1 - 1 / span, 1, attention);
}

/* The parameter `name`, or the number of the head or layer from 0; 0 for
 * sampled heads. */
static lln_status find_number(const lln_kernel_choice *choice, const char *name,
                              long known, double *number)
{
    return lln_kernel_real_or(choice, name, known > 0 ? (double)known : 0,
                              number);
}

static lln_status retention_open(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_attention *attention)
{
    double number;
    LLN_TRY(find_number(choice, "head", head->head, &number));
    return open_gates(choice, head, head->rule.scale, 1 - exp2(-5 - number), 1,
                      attention);
}

/* The number of heads or layers: the parameter `name`, or that in the file. */
static lln_status find_total(const lln_kernel_choice *choice, const char *name,
                             size_t known, const char *what, double number,
                             double *total)
{
    LLN_TRY(
        lln_kernel_real_or(choice, name, known > 1 ? (double)known : 1, total));
    if (number < *total)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "kernel '%s': %s %g, counted from 0, but only %g in all; "
                    "set %s",
                    choice->text, what, number, *total, name);
}

/* The slopes of lightning attention in MiniMax-01 and in the library fla. */
enum { MINIMAX, FLA };
static const char *const SLOPES[] = {"minimax", "fla", NULL};

static lln_status lightning_open(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_attention *attention)
{
    double number, heads, layer, layers;
    size_t slopes;
    LLN_TRY(lln_kernel_word(choice, "slopes", &slopes));
    LLN_TRY(find_number(choice, "head", head->head, &number));
    LLN_TRY(find_number(choice, "layer", head->layer, &layer));
    LLN_TRY(find_total(choice, "heads", head->of.head, "head", number, &heads));
    LLN_TRY(
        find_total(choice, "layers", head->of.layer, "layer", layer, &layers));
    double slope = slopes == FLA ? 8 / heads * (1 - layer / layers) * number
                                 : exp2(-8 * (number + 1) / heads) *
                                       (1 - layer / (layers - 1 + 1e-5) + 1e-5);
    return open_gates(choice, head, head->rule.scale, exp(-slope), 1,
                      attention);
}

const lln_kernel lln_kernel_simple_gla = {
    .name = "simple-gla",
    .summary = "linear attention with one gate a token: scale q.k times the "
               "gates of the tokens after the key, up to the query",
    .reference = "Yang et al. 2024 (GLA)",
    .rank = "full",
    .properties = LLN_KERNEL_SIGNED,
    .honours = LLN_HONOURS_CAUSAL | LLN_HONOURS_SCALE,
    .arrays = {{.name = "gate",
                .shapes = {{"n", "1"}, {"1", "n"}},
                .unit = "logits of the gates"},
               {.name = "decay",
                .shapes = {{"n", "1"}, {"1", "n"}},
                .unit = "ln of the gates, instead of gate"},
               {.name = "write",
                .shapes = {{"n", "1"}, {"1", "n"}},
                .unit = "factors of the keys",
                .finite = true}},
    .parameters =
        {{"gate",
          "constant gate, if no array is given (default: 1 - 1/span)",
          NULL,
          {0, 1}},
         {"span", "sets the constant gate 1 - 1/span", "64", {1, 1e12}},
         {"normalizer",
          "order of the root: gates but not decay are raised to the power "
          "1/normalizer",
          "1",
          {1e-3, 1e6}}},
    .open = simple_gla_open,
};

const lln_kernel lln_kernel_retention = {
    .name = "retention",
    .summary = "one gate a head, 1 - 2^(-5 - head); see simple-gla",
    .reference = "Sun et al. 2023",
    .rank = "full",
    .properties = LLN_KERNEL_SIGNED,
    .honours = LLN_HONOURS_CAUSAL | LLN_HONOURS_SCALE,
    .parameters = {{"head",
                    "number of the head in the model, from 0 (default: that of "
                    "the head)",
                    NULL,
                    {0, 1e6, true}}},
    .open = retention_open,
};

const lln_kernel lln_kernel_mamba2 = {
    .name = "mamba2",
    .summary =
        "state space duality: q = C, k = B, decay = A dt, write = dt, no "
        "scale; see simple-gla",
    .reference = "Dao, Gu 2024",
    .rank = "full",
    .properties = LLN_KERNEL_SIGNED,
    .honours = LLN_HONOURS_CAUSAL,
    .arrays = {{.name = "decay",
                .shapes = {{"n", "1"}, {"1", "n"}},
                .unit = "ln of the gates"},
               {.name = "write",
                .shapes = {{"n", "1"}, {"1", "n"}},
                .unit = "factors of the keys",
                .finite = true}},
    .parameters = {{"span",
                    "constant gate 1 - 1/span, if no decay is given",
                    "64",
                    {1, 1e12}}},
    .open = mamba2_open,
};

const lln_kernel lln_kernel_lightning = {
    .name = "lightning",
    .summary = "one gate for each head and layer; see simple-gla",
    .reference = "Qin et al. 2024",
    .rank = "full",
    .properties = LLN_KERNEL_SIGNED,
    .honours = LLN_HONOURS_CAUSAL | LLN_HONOURS_SCALE,
    .parameters =
        {{"slopes", "those of MiniMax-01 or of the library fla", "minimax",
          .words = SLOPES},
         {"head",
          "number of the head in the model, from 0 (default: that of the head)",
          NULL,
          {0, 1e6, true}},
         {"heads",
          "heads of a layer (default: those of the file)",
          NULL,
          {1, 1e6, true}},
         {"layer",
          "number of the layer, from 0 (default: that of the head)",
          NULL,
          {0, 1e6, true}},
         {"layers",
          "layers of the model (default: those of the array)",
          NULL,
          {1, 1e6, true}}},
    .open = lightning_open,
};
