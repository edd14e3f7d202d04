/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/model.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"

/* Largest size of each kind: products of three fit into size_t. */
enum { MOST = 1 << 20 };

/* Weight of the running variance in the next one. */
static const double MOMENTUM = 0.9;

static lln_status check(const lln_task_shape *task,
                        const lln_model_sizes *sizes)
{
    const struct {
        const char *name;
        size_t size;
    } all[] = {{"width", sizes->width},
               {"layers", sizes->depth},
               {"heads", sizes->head_count},
               {"hidden units", sizes->mlp},
               {"tokens", task->tokens},
               {"classes", task->classes},
               {task->vocabulary ? "vocabulary" : "numbers of a token",
                task->vocabulary ? task->vocabulary : task->input_size}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].size < 1 || all[i].size > MOST)
            return lln_fail(LLN_EINVAL, "model: %s: %zu, expected 1 to %d",
                            all[i].name, all[i].size, MOST);
    if (sizes->width % sizes->head_count)
        return lln_fail(LLN_EINVAL,
                        "a width of %zu is not divisible by %zu heads",
                        sizes->width, sizes->head_count);
    return LLN_OK;
}

lln_parts_plan lln_model_plan(const lln_model *model)
{
    return (lln_parts_plan){&model->task, &model->sizes, &model->attention};
}

static lln_status list_weights(lln_model *model)
{
    lln_parts_plan plan = lln_model_plan(model);
    model->weight_count = lln_parts_list(&plan, NULL);
    model->weights = lln_array_alloc(model->weight_count, sizeof(lln_weight));
    if (!model->weights)
        return LLN_ENOMEM;
    lln_parts_list(&plan, model->weights);
    lln_weight *last = &model->weights[model->weight_count - 1];
    model->count = last->offset + last->rows * last->columns;
    return LLN_OK;
}

static lln_status alloc(lln_model *model)
{
    size_t depth = model->sizes.depth;
    lln_parts_plan plan = lln_model_plan(model);
    model->parameters = lln_array_alloc(
        model->count, lln_precision_size(model->sizes.precision));
    model->sigma_q = lln_array_alloc(depth, sizeof *model->sigma_q);
    model->sigma_k = lln_array_alloc(depth, sizeof *model->sigma_k);
    model->constants = lln_array_alloc(depth, sizeof *model->constants);
    if (!model->parameters || !model->sigma_q || !model->sigma_k ||
        !model->constants)
        return LLN_ENOMEM;
    for (size_t i = 0; i < depth; i++)
        model->sigma_q[i] = model->sigma_k[i] = NAN;
    return lln_parts_open(&plan, model->parameters, &model->parts);
}

static void set(const lln_task_shape *task, const lln_model_sizes *sizes,
                const lln_train_attention *attention, lln_model *model)
{
    *model = (lln_model){
        .task = *task,
        .sizes = *sizes,
        .attention = *attention,
        .extent = {.precision = sizes->precision,
                   .tokens = task->tokens,
                   .size = sizes->width / sizes->head_count,
                   .stride = 3 * sizes->width,
                   .out_stride = sizes->width,
                   .causal = task->causal},
    };
}

lln_status lln_model_open(const lln_task_shape *task,
                          const lln_model_sizes *sizes,
                          const lln_train_attention *attention, uint64_t seed,
                          lln_model *model)
{
    *model = (lln_model){0};
    LLN_TRY(check(task, sizes));
    set(task, sizes, attention, model);
    lln_status status = list_weights(model);
    if (status == LLN_OK)
        status = alloc(model);
    if (status != LLN_OK) {
        lln_model_close(model);
        return status;
    }
    lln_parts_draw(model->weights, model->weight_count, sizes->precision, seed,
                   model->parameters);
    return LLN_OK;
}

void lln_model_close(lln_model *model)
{
    lln_parts_close(&model->parts);
    free(model->weights);
    free(model->parameters);
    free(model->sigma_q);
    free(model->sigma_k);
    free(model->constants);
    *model = (lln_model){0};
}

lln_train_constants lln_model_constants(const lln_model *model, size_t layer)
{
    lln_train_constants constants = model->constants[layer];
    const void *mixture = model->parts.blocks[layer].attention.mixture;
    constants.mixture_learned = mixture;
    if (mixture)
        constants.mixture = lln_matrix_get(
            (lln_matrix){model->sizes.precision, 1, 1, mixture}, 0, 0);
    return constants;
}

lln_status lln_model_set_constants(lln_model *model, size_t layer)
{
    return lln_train_constants_set(&model->attention, &model->extent,
                                   model->sigma_q[layer], model->sigma_k[layer],
                                   &model->constants[layer]);
}

static void update_sigma(const lln_moments *batch, double *sigma)
{
    double variance = batch->m2 / (batch->count - 1);
    *sigma = sqrt(isnan(*sigma)
                      ? variance
                      : MOMENTUM * *sigma * *sigma + (1 - MOMENTUM) * variance);
}

lln_status lln_model_update_sigmas(lln_model *model, size_t layer,
                                   const lln_moments *q, const lln_moments *k)
{
    update_sigma(q, &model->sigma_q[layer]);
    update_sigma(k, &model->sigma_k[layer]);
    return lln_model_set_constants(model, layer);
}
