/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/readings.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/ordered.h"
#include "core/threads.h"
#include "heads/temperature.h"
#include "kernel/table/table.h"
#include "measure/entropy.h"
#include "measure/spectrum.h"

/* One measurement of all heads. */
typedef struct {
    const lln_layer_heads *heads;
    lln_kernel_choice choice;
    unsigned what;
    lln_readings *of; /* [heads->count] */
} reading;

/* The kernel of kernel/table that computes the P of the layer. */
static lln_status choose_kernel(const lln_model *model, size_t layer,
                                lln_kernel_choice *choice)
{
    lln_train_constants constants = lln_model_constants(model, layer);
    return lln_train_choice(&model->attention, &constants, choice);
}

/* A failure that concerns one head leaves its value NaN. */
static lln_status excuse(lln_status status)
{
    return lln_status_is_local(status) ? LLN_OK : status;
}

static lln_status read_entropy(const reading *r, const lln_head *head,
                               double *entropy)
{
    lln_attention attention;
    lln_entropy measured;
    LLN_TRY(lln_kernel_open(&r->choice, head, &attention));
    lln_status status =
        lln_entropy_measure(&attention, NULL, 0, &measured, NULL);
    if (status == LLN_OK)
        *entropy = measured.entropy;
    lln_attention_close(&attention);
    return status;
}

static lln_status read_lambda2(const reading *r, const lln_head *head,
                               double *lambda2)
{
    const lln_spectrum_options options = {.eigenvalues = 2};
    lln_spectrum spectrum;
    LLN_TRY(lln_spectrum_measure_head(&r->choice, head, &options, &spectrum));
    *lambda2 = spectrum.lambda2;
    lln_spectrum_free(&spectrum);
    return LLN_OK;
}

static lln_head head_at(const lln_layer_heads *heads, size_t index)
{
    size_t at = index * heads->tokens * heads->size;
    lln_matrix q = {LLN_FLOAT32, heads->tokens, heads->size, heads->q + at};
    lln_matrix k = {LLN_FLOAT32, heads->tokens, heads->size, heads->k + at};
    lln_head head = lln_head_of(q, k, (lln_matrix){0});
    head.rule.mask.causal = heads->causal;
    return head;
}

static lln_status read_head(void *context, size_t item, size_t slot)
{
    reading *r = context;
    lln_readings *of = &r->of[item];
    lln_head head = head_at(r->heads, item);
    double cross;
    (void)slot;
    *of = (lln_readings){NAN, NAN, NAN, NAN, NAN, NAN};
    if (r->what & LLN_READ_SIGMAS)
        LLN_TRY(excuse(lln_temperature_moments(&head, &of->sigma_q,
                                               &of->sigma_k, &cross)));
    if (r->what & LLN_READ_TAU)
        LLN_TRY(excuse(lln_temperature_measure(&head, &of->tau)));
    if (r->what & LLN_READ_ENTROPY)
        LLN_TRY(excuse(read_entropy(r, &head, &of->entropy)));
    if (r->what & LLN_READ_SPECTRUM)
        LLN_TRY(excuse(read_lambda2(r, &head, &of->lambda2)));
    return LLN_OK;
}

/* Nothing is done in the order of the heads. */
static lln_status hand_on(void *context, size_t item, size_t slot)
{
    (void)context, (void)item, (void)slot;
    return LLN_OK;
}

/* The mean of one value over the heads that have it. */
static double mean_of(const reading *r, size_t offset)
{
    double sum = 0;
    size_t defined = 0;
    for (size_t i = 0; i < r->heads->count; i++) {
        double x;
        memcpy(&x, (const char *)&r->of[i] + offset, sizeof x);
        sum += isnan(x) ? 0 : x;
        defined += !isnan(x);
    }
    return defined > 0 ? sum / (double)defined : NAN;
}

static double share_undefined(const reading *r)
{
    size_t undefined = 0;
    for (size_t i = 0; i < r->heads->count; i++)
        undefined += isnan(r->of[i].entropy) != 0;
    return r->what & LLN_READ_ENTROPY
               ? (double)undefined / (double)r->heads->count
               : NAN;
}

static lln_readings average(const reading *r)
{
    return (lln_readings){
        .sigma_q = mean_of(r, offsetof(lln_readings, sigma_q)),
        .sigma_k = mean_of(r, offsetof(lln_readings, sigma_k)),
        .tau = mean_of(r, offsetof(lln_readings, tau)),
        .entropy = mean_of(r, offsetof(lln_readings, entropy)),
        .lambda2 = mean_of(r, offsetof(lln_readings, lambda2)),
        .undefined = share_undefined(r)};
}

lln_status lln_readings_measure(const lln_model *model, size_t layer,
                                const lln_layer_heads *heads, unsigned what,
                                lln_readings *out)
{
    reading r = {.heads = heads, .what = what};
    LLN_TRY(choose_kernel(model, layer, &r.choice));
    r.of = lln_array_alloc(heads->count, sizeof *r.of);
    if (!r.of)
        return LLN_ENOMEM;
    const lln_ordered job = {heads->count, heads->count, read_head, hand_on,
                             &r};
    lln_status status = lln_ordered_run(&job, lln_threads_count());
    if (status == LLN_OK)
        *out = average(&r);
    free(r.of);
    return status;
}
