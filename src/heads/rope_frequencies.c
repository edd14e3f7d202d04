/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/rope_frequencies.h"

#include <math.h>

typedef lln_rope_scaling scaling_t;
typedef lln_rope_inputs inputs_t;

/* base^(-2c/width) for all pairs. */
static void set_powers(double base, size_t width, size_t pairs, double *f)
{
    for (size_t c = 0; c < pairs; c++)
        f[c] = pow(base, -2 * (double)c / (double)width);
}

static double clip01(double x)
{
    return fmin(fmax(x, 0), 1);
}

static lln_status set_dynamic(const scaling_t *s, const inputs_t *in, double *f)
{
    double r = (double)in->dims;
    if (in->dims <= 2)
        return lln_fail(LLN_EINVAL,
                        "scaling=dynamic: %zu rotated features; expected more "
                        "than 2",
                        in->dims);
    double length = fmax(in->length, s->original);
    double growth = s->factor * length / s->original - (s->factor - 1);
    set_powers(in->theta * pow(growth, r / (r - 2)), in->dims, in->dims / 2, f);
    return LLN_OK;
}

static void scale_llama3(const scaling_t *s, size_t pairs, double *f)
{
    for (size_t c = 0; c < pairs; c++) {
        double turns = s->original * f[c] / (2 * M_PI);
        double range = s->high - s->low; /* 0: a step */
        double t = range > 0 ? clip01((turns - s->low) / range)
                             : (double)(turns > s->low);
        f[c] *= (1 - t) / s->factor + t;
    }
}

/* The channel whose pair turns b times in the original length. */
static double channel_of_turns(const scaling_t *s, const inputs_t *in, double b)
{
    return (double)in->dims * log(s->original / (2 * M_PI * b)) /
           (2 * log(in->theta));
}

static void scale_yarn(const scaling_t *s, const inputs_t *in, double *f)
{
    double low = channel_of_turns(s, in, s->beta_fast);
    double high = channel_of_turns(s, in, s->beta_slow);
    if (s->truncate) {
        low = floor(low);
        high = ceil(high);
    }
    low = fmax(low, 0);
    high = fmin(high, (double)in->dims - 1);
    if (low == high)
        high += 0.001;
    for (size_t c = 0; c < in->dims / 2; c++) {
        double u = clip01(((double)c - low) / (high - low));
        f[c] = f[c] * (1 - u) + f[c] * u / s->factor;
    }
}

static lln_status divide_longrope(const scaling_t *s, const inputs_t *in,
                                  double *f)
{
    bool is_long = in->length > s->original;
    const double *by = is_long ? in->long_divisors : in->short_divisors;
    if (!by)
        return lln_fail(LLN_EINVAL, "scaling=longrope: no divisors for %s",
                        is_long ? "long texts (rope_long)"
                                : "short texts (rope_short)");
    for (size_t c = 0; c < in->dims / 2; c++)
        f[c] /= by[c];
    return LLN_OK;
}

/* f_c are set for the default. */
static lln_status scale_frequencies(const scaling_t *s, const inputs_t *in,
                                    double *f)
{
    size_t pairs = in->dims / 2;
    switch (s->kind) {
    case LLN_ROPE_DEFAULT:
        break;
    case LLN_ROPE_LINEAR:
        for (size_t c = 0; c < pairs; c++)
            f[c] /= s->factor;
        break;
    case LLN_ROPE_DYNAMIC:
        return set_dynamic(s, in, f);
    case LLN_ROPE_LLAMA3:
        scale_llama3(s, pairs, f);
        break;
    case LLN_ROPE_YARN:
        scale_yarn(s, in, f);
        break;
    case LLN_ROPE_LONGROPE:
        return divide_longrope(s, in, f);
    case LLN_ROPE_PROPORTIONAL:
        set_powers(in->theta, in->d, pairs, f);
        break;
    }
    return LLN_OK;
}

static double yarn_growth(double factor, double m)
{
    return factor <= 1 ? 1 : 0.1 * m * log(factor) + 1;
}

/* Not NaN and not 0. */
static bool is_set(double x)
{
    return x < 0 || x > 0;
}

static double find_attention(const scaling_t *s, bool list)
{
    if ((list || s->kind == LLN_ROPE_YARN || s->kind == LLN_ROPE_LONGROPE) &&
        !isnan(s->attention))
        return s->attention;
    if (list)
        return 1;
    if (s->kind == LLN_ROPE_YARN && is_set(s->mscale) &&
        is_set(s->mscale_all_dim))
        return yarn_growth(s->factor, s->mscale) /
               yarn_growth(s->factor, s->mscale_all_dim);
    if (s->kind == LLN_ROPE_YARN)
        return yarn_growth(s->factor, 1);
    if (s->kind == LLN_ROPE_LONGROPE && s->factor > 1)
        return sqrt(1 + log(s->factor) / log(s->original));
    return 1;
}

lln_status lln_rope_frequencies(const lln_rope_scaling *scaling,
                                const lln_rope_inputs *inputs, double *f,
                                double *attention)
{
    size_t pairs = inputs->dims / 2;
    if (inputs->list) {
        for (size_t c = 0; c < pairs; c++)
            f[c] = inputs->list[c];
    } else {
        set_powers(inputs->theta, inputs->dims, pairs, f);
        LLN_TRY(scale_frequencies(scaling, inputs, f));
    }
    *attention = find_attention(scaling, inputs->list != NULL);
    for (size_t c = 0; c < pairs; c++)
        if (!isfinite(f[c]))
            return lln_fail(LLN_EINVAL,
                            "inverse frequency %zu of rotary embedding is %g",
                            c, f[c]);
    if (isfinite(*attention))
        return LLN_OK;
    return lln_fail(LLN_EINVAL, "attention factor of rotary embedding is %g",
                    *attention);
}
