/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Three kernels that are known as Performer with ReLU: phi(x) = max(factor W x,
 * 0) + eps. They differ because eps is relative to the factor. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/features/features.h"
#include "kernel/features/projection.h"
#include "kernel/row_math.h"

/* The argument of the maximum: x itself, W x sqrt(|scale|), or W x r^-1/2 with
 * W [r x d]. */
typedef enum { DETERMINISTIC, PROJECTED, TENSORFLOW } relu_form;

typedef struct {
    double *w; /* [rank x d]; NULL: the identity */
    double factor[2], eps;
} relu_state;

static void relu_release(void *state)
{
    free(((relu_state *)state)->w);
}

static void fill_performer_relu_features(const lln_features *f, lln_role side,
                                         size_t first, size_t count,
                                         double *out)
{
    const relu_state *state = f->state;
    const double *x = lln_features_tokens(f, side, first);
    if (state->w)
        lln_row_products(state->factor[side], x, count, state->w, f->rank, f->d,
                         f->rank, out);
    else
        memcpy(out, x, count * f->d * sizeof *out);
    for (size_t l = 0; l < count * f->rank; l++)
        out[l] = (out[l] > 0 ? out[l] : 0) + state->eps;
}

/* Draws W or takes it from the arrays, and sets the rank. */
static lln_status find_projection(const lln_kernel_choice *choice,
                                  relu_form form, lln_features *f)
{
    relu_state *state = f->state;
    f->rank = f->d;
    if (form == DETERMINISTIC)
        return LLN_OK;
    LLN_TRY(lln_projection_open(choice, LLN_PROJECTION_ORTHOGONAL, f->d,
                                &f->rank, &state->w));
    lln_features_roots(f, state->factor);
    if (form == TENSORFLOW)
        state->factor[0] = state->factor[1] = 1 / sqrt((double)f->rank);
    return LLN_OK;
}

static lln_status open_form(const lln_kernel_choice *choice,
                            const lln_head *head, relu_form form,
                            lln_attention *attention)
{
    lln_features *f;
    double eps;
    LLN_TRY(lln_kernel_real(choice, "eps", &eps));
    LLN_TRY(lln_features_new(choice, head, sizeof(relu_state), &f));
    relu_state *state = f->state;
    state->eps = eps;
    f->release = relu_release;
    f->positive = true;
    f->fill = fill_performer_relu_features;
    f->divisor = lln_features_sum_plus;
    lln_status status = find_projection(choice, form, f);
    if (status == LLN_OK)
        return lln_features_open(f, attention);
    lln_features_free(f);
    return status;
}

static lln_status open_det(const lln_kernel_choice *choice,
                           const lln_head *head, lln_attention *attention)
{
    return open_form(choice, head, DETERMINISTIC, attention);
}

const lln_kernel lln_kernel_performer_relu_det = {
    .name = "performer-relu-det",
    .summary = "features max(x, 0) + eps",
    .reference = "Choromanski et al. 2021, default of the JAX code",
    .rank = "d",
    .properties = LLN_KERNEL_SUMS_BY_DEFAULT,
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL,
    .parameters = {{"eps", "added to each feature", "1e-3", {0, 1}}},
    .open = open_det,
};

static lln_status open_proj(const lln_kernel_choice *choice,
                            const lln_head *head, lln_attention *attention)
{
    return open_form(choice, head, PROJECTED, attention);
}

const lln_kernel lln_kernel_performer_relu_proj = {
    .name = "performer-relu-proj",
    .summary = "features max(sqrt(scale) W x, 0) + eps, W random",
    .reference = "Choromanski et al. 2021, in PyTorch by P. Wang",
    .rank = "features",
    .properties = LLN_KERNEL_SUMS_BY_DEFAULT | LLN_KERNEL_RANDOM,
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL | LLN_HONOURS_SCALE,
    .arrays = {{.name = "w",
                .shapes = {{"features", "d"}},
                .unit = "replaces the random matrix",
                .finite = true}},
    .parameters = {{"features",
                    "rows of the random matrix",
                    "256",
                    {1, LLN_PROJECTION_MOST, true}},
                   {"eps", "added to each feature", "1e-3", {0, 1}}},
    .open = open_proj,
};

static lln_status open_tf(const lln_kernel_choice *choice, const lln_head *head,
                          lln_attention *attention)
{
    return open_form(choice, head, TENSORFLOW, attention);
}

const lln_kernel lln_kernel_performer_relu_tf = {
    .name = "performer-relu-tf",
    .summary = "features max(W x / sqrt(features), 0) + eps, W random",
    .reference = "Choromanski et al. 2021, TensorFlow code",
    .rank = "features",
    .properties = LLN_KERNEL_SUMS_BY_DEFAULT | LLN_KERNEL_RANDOM,
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL,
    .arrays = {{.name = "w",
                .shapes = {{"features", "d"}},
                .unit = "replaces the random matrix",
                .finite = true}},
    .parameters = {{"features",
                    "rows of the random matrix",
                    "256",
                    {1, LLN_PROJECTION_MOST, true}},
                   {"eps", "added to each feature", "1e-3", {0, 1}}},
    .open = open_tf,
};
