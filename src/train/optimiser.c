/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/optimiser.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector_math.h"

enum { BLOCK = 4096 /* elements that a thread updates at a time */ };

/* Factors of one step. */
typedef struct {
    double rate;          /* divided by 1 - beta1^t */
    double keep;          /* 1 - rate decay */
    double square_factor; /* 1 / sqrt(1 - beta2^t) */
    double shrink;        /* of the gradient, see clip */
} factors;

#define LLN_BODY "train/optimiser.inc"
#include "core/both_precisions.h"

lln_status lln_optimiser_open(const lln_model *model,
                              const lln_optimiser_options *options,
                              lln_optimiser *optimiser)
{
    size_t size = lln_precision_size(model->sizes.precision);
    *optimiser = (lln_optimiser){.options = *options};
    optimiser->mean = lln_array_alloc(model->count, size);
    optimiser->square = lln_array_alloc(model->count, size);
    if (!optimiser->mean || !optimiser->square) {
        lln_optimiser_close(optimiser);
        return LLN_ENOMEM;
    }
    return LLN_OK;
}

void lln_optimiser_close(lln_optimiser *optimiser)
{
    free(optimiser->mean);
    free(optimiser->square);
    *optimiser = (lln_optimiser){0};
}

double lln_optimiser_rate(const lln_optimiser_options *options, size_t step)
{
    double warm_up = (double)options->warm_up, steps = (double)options->steps;
    if (step < options->warm_up)
        return options->rate * (double)(step + 1) / warm_up;
    if (step >= options->steps)
        return 0;
    double done = ((double)step - warm_up) / (steps - warm_up);
    return options->rate * 0.5 * (1 + cos(M_PI * done));
}

double lln_optimiser_norm(lln_precision precision, size_t count,
                          const void *gradients)
{
    const lln_matrix all = {precision, count, 1, gradients};
    double sum = 0;
    for (size_t from = 0; from < count; from += BLOCK) {
        size_t part = lln_size_smaller(BLOCK, count - from);
        sum += lln_matrix_squares(lln_matrix_rows(all, from, part));
    }
    return sqrt(sum);
}

static factors factors_of(const lln_optimiser *o, double norm)
{
    const lln_optimiser_options *options = &o->options;
    double rate = lln_optimiser_rate(options, o->step);
    double t = (double)o->step + 1;
    return (factors){
        .rate = rate / (1 - pow(options->beta1, t)),
        .keep = 1 - rate * options->decay,
        .square_factor = 1 / sqrt(1 - pow(options->beta2, t)),
        .shrink = options->clip > 0 && norm > options->clip
                      ? options->clip / norm
                      : 1,
    };
}

/* Elements first .. first + count - 1, which all decay or all do not. */
static void step_range(const lln_optimiser *o, const factors *f,
                       lln_precision precision, size_t first, size_t count,
                       const void *gradients, void *parameters)
{
    if (precision == LLN_FLOAT32)
        step_f32(&o->options, f, count, (const float *)gradients + first,
                 (float *)o->mean + first, (float *)o->square + first,
                 (float *)parameters + first);
    else
        step_f64(&o->options, f, count, (const double *)gradients + first,
                 (double *)o->mean + first, (double *)o->square + first,
                 (double *)parameters + first);
}

void lln_optimiser_step(lln_optimiser *o, lln_model *model,
                        const void *gradients)
{
    lln_precision precision = model->sizes.precision;
    double norm = o->options.clip > 0
                      ? lln_optimiser_norm(precision, model->count, gradients)
                      : 0;
    factors f = factors_of(o, norm);
    for (size_t i = 0; i < model->weight_count; i++) {
        const lln_weight *w = &model->weights[i];
        factors own = f;
        size_t count = w->rows * w->columns;
        own.keep = w->decays ? f.keep : 1;
#pragma omp parallel for if (count > 16 * BLOCK)
        for (size_t from = 0; from < count; from += BLOCK)
            step_range(o, &own, precision, w->offset + from,
                       lln_size_smaller(BLOCK, count - from), gradients,
                       model->parameters);
    }
    o->step++;
}
