/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/performer_relu.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/features.h"
#include "kernel/projection.h"
#include "kernel/row_math.h"

typedef struct {
    double *w; /* [rank x d]; NULL: the identity */
    double factor[2], eps;
} relu_state;

static void relu_release(void *state)
{
    free(((relu_state *)state)->w);
}

static void fill(const lln_features *f, lln_side side, size_t first,
                 size_t count, double *out)
{
    const relu_state *state = f->state;
    const double *x = (side == LLN_QUERIES ? f->q : f->k) + first * f->d;
    if (state->w)
        lln_row_products(state->factor[side], x, count, state->w, f->rank, f->d,
                         f->rank, out);
    else
        memcpy(out, x, count * f->d * sizeof *out);
    for (size_t l = 0; l < count * f->rank; l++)
        out[l] = (out[l] > 0 ? out[l] : 0) + state->eps;
}

/* Draws or finds W, and with it the rank. */
static lln_status find_projection(const lln_kernel_choice *choice,
                                  lln_performer_relu form, lln_features *f)
{
    relu_state *state = f->state;
    f->rank = f->d;
    if (form == LLN_PERFORMER_DETERMINISTIC)
        return LLN_OK;
    LLN_TRY(lln_projection_open(choice, LLN_PROJECTION_ORTHOGONAL, f->d,
                                &f->rank, &state->w));
    lln_features_roots(f, state->factor);
    if (form == LLN_PERFORMER_TENSORFLOW)
        state->factor[0] = state->factor[1] = 1 / sqrt((double)f->rank);
    return LLN_OK;
}

lln_status lln_performer_relu_open(const lln_kernel_choice *choice,
                                   const lln_head *head,
                                   lln_performer_relu form,
                                   lln_attention *attention)
{
    lln_features *f;
    double eps;
    LLN_TRY(lln_kernel_real(choice, "eps", 0, 1, &eps));
    LLN_TRY(lln_features_new(choice, head, sizeof(relu_state), &f));
    relu_state *state = f->state;
    state->eps = eps;
    f->release = relu_release;
    f->positive = true;
    f->fill = fill;
    f->divisor = lln_features_sum_plus;
    lln_status status = find_projection(choice, form, f);
    if (status == LLN_OK)
        return lln_features_open(f, attention);
    lln_features_free(f);
    return status;
}
