/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Random feature attention: with x^ = x/|x| and W [r x d] of normal random
 * numbers,
 *     phi(x) = r^-1/2 (sin(W x^/tau), cos(W x^/tau)).
 * The mean of phi(q).phi(k) is exp(-|q^ - k^|^2 / (2 tau^2)). Products, and the
 * sum of a row, can be negative. The published code has other constants: |x| +
 * 1e-3, 0.1 in place of r^-1/2, and lower bounds for the sums. */
#include <math.h>
#include <stdlib.h>

#include "kernel/features/features.h"
#include "kernel/features/projection.h"

enum { MATH, MASKED, RECURRENT, CROSS };
static const char *const FORMS[] = {"math", "masked", "recurrent", "cross",
                                    NULL};

typedef struct {
    double *w;            /* [rank/2 x d], divided by tau */
    double factor, added; /* factor of the features; added to |x| */
} rfa;

static void rfa_release(void *state)
{
    free(((rfa *)state)->w);
}

static void fill_rfa_features(const lln_features *f, lln_role side,
                              size_t first, size_t count, double *out)
{
    const rfa *state = f->state;
    lln_projection_fourier(lln_features_tokens(f, side, first), count, f->d,
                           state->w, f->rank / 2, state->added, state->factor,
                           out);
}

/* max(|z|, eps) */
static double away_from_zero(const lln_features *f, size_t i, double sum)
{
    (void)i;
    return fmax(fabs(sum), f->eps);
}

static void set_form(lln_features *f, size_t form)
{
    rfa *state = f->state;
    state->factor = form == MATH ? sqrt(2 / (double)f->rank) : 0.1;
    state->added = form == MATH ? 0 : 1e-3;
    f->eps = form == MATH ? 0 : form == MASKED ? 1e-3 : 1;
    f->divisor = form == MATH        ? lln_features_sum_plus
                 : form == RECURRENT ? lln_features_sum_floor
                                     : away_from_zero;
}

static lln_status rfa_open(const lln_kernel_choice *choice,
                           const lln_head *head, lln_attention *attention)
{
    lln_features *f;
    double tau;
    size_t form, rows = 0;
    LLN_TRY(lln_kernel_real(choice, "tau", &tau));
    LLN_TRY(lln_kernel_word(choice, "form", &form));
    LLN_TRY(lln_features_new(choice, head, sizeof(rfa), &f));
    rfa *state = f->state;
    f->release = rfa_release;
    f->fill = fill_rfa_features;
    lln_status status = lln_projection_open(choice, LLN_PROJECTION_NORMAL, f->d,
                                            &rows, &state->w);
    if (status != LLN_OK) {
        lln_features_free(f);
        return status;
    }
    for (size_t l = 0; l < rows * f->d; l++)
        state->w[l] /= tau;
    f->rank = 2 * rows;
    set_form(f, form);
    return lln_features_open(f, attention);
}

const lln_kernel lln_kernel_rfa = {
    .name = "rfa",
    .summary = "random Fourier features of q/|q| and k/|k|",
    .reference = "Peng et al. 2021",
    .rank = "2 features",
    .properties =
        LLN_KERNEL_SUMS_BY_DEFAULT | LLN_KERNEL_SIGNED | LLN_KERNEL_RANDOM,
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL,
    .arrays = {{.name = "w",
                .shapes = {{"features", "d"}},
                .unit = "replaces the random matrix",
                .finite = true}},
    .parameters =
        {{"features",
          "rows of the random matrix",
          "64",
          {1, LLN_PROJECTION_MOST, true}},
         {"tau", "width of the Gaussian on the sphere", "1", {1e-6, 1e6}},
         {"form", "math, or as in the published code: masked, recurrent, cross",
          "math", .words = FORMS}},
    .open = rfa_open,
};
