/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Hedgehog feature map before training, in two published forms:
 *   joint     phi(x) = softmax over 2 d channels of (2 x, -2 x)
 *   separate  phi(x) = (softmax(x), softmax(-x)), at least 1e-12 */
#include <math.h>

#include "kernel/features/features.h"
#include "kernel/row_math.h"

enum { JOINT };
static const char *const FORMS[] = {"joint", "separate", NULL};

static const double LEAST_FEATURE = 1e-12;

/* out [2 d] of one token. */
static void map_token(const double *x, size_t d, bool joint, double *out)
{
    double factor = joint ? 2 : 1;
    for (size_t l = 0; l < d; l++) {
        out[l] = factor * x[l];
        out[d + l] = -factor * x[l];
    }
    if (joint) {
        lln_row_softmax(out, 2 * d);
        return;
    }
    lln_row_softmax(out, d);
    lln_row_softmax(out + d, d);
    for (size_t l = 0; l < 2 * d; l++)
        out[l] = fmax(out[l], LEAST_FEATURE);
}

static void fill_hedgehog_features(const lln_features *f, lln_role side,
                                   size_t first, size_t count, double *out)
{
    size_t d = f->d;
    const size_t *form = f->state;
    const double *x = lln_features_tokens(f, side, first);
    for (size_t i = 0; i < count; i++, x += d, out += 2 * d)
        map_token(x, d, *form == JOINT, out);
}

/* The published code scales queries by (2 d)^-1/2, which only matters beside
 * eps. */
static double divisor(const lln_features *f, size_t i, double sum)
{
    (void)i;
    return sum + f->eps * sqrt((double)f->rank);
}

static lln_status hedgehog_open(const lln_kernel_choice *choice,
                                const lln_head *head, lln_attention *attention)
{
    lln_features *f;
    double eps;
    size_t form;
    LLN_TRY(lln_kernel_real(choice, "eps", &eps));
    LLN_TRY(lln_kernel_word(choice, "form", &form));
    LLN_TRY(lln_features_new(choice, head, sizeof form, &f));
    *(size_t *)f->state = form;
    f->rank = 2 * f->d;
    f->positive = true;
    f->fill = fill_hedgehog_features;
    f->divisor = divisor;
    f->eps = eps;
    return lln_features_open(f, attention);
}

const lln_kernel lln_kernel_hedgehog = {
    .name = "hedgehog",
    .summary = "features softmax(x) and softmax(-x), the map before training",
    .reference = "Zhang, Bhatia, Kumbong, Re 2024",
    .rank = "2 d",
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL,
    .parameters =
        {{"form",
          "joint: softmax of (2 x, -2 x); separate: softmax of x and of -x",
          "joint", .words = FORMS},
         {"eps",
          "eps sqrt(2 d) is added to the sum of a row",
          "1e-10",
          {0, 1}}},
    .open = hedgehog_open,
};
