/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train_learner.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "core/memory.h"
#include "core/threads.h"
#include "options.h"
#include "train.h"
#include "train/weights.h"
#include "train_files.h"

static lln_model_sizes sizes_asked(void)
{
    const train_options *o = &train_asked;
    return (lln_model_sizes){o->width, o->depth, o->head_count, o->mlp,
                             run_shared.use_double ? LLN_FLOAT64 : LLN_FLOAT32};
}

static lln_optimiser_options optimiser_asked(void)
{
    const train_options *o = &train_asked;
    return (lln_optimiser_options){.rate = o->rate,
                                   .decay = o->decay,
                                   .beta1 = 0.9,
                                   .beta2 = 0.999,
                                   .epsilon = 1e-8,
                                   .clip = o->clip,
                                   .warm_up = o->warm_up,
                                   .steps = o->steps};
}

lln_status train_learner_open(const train_setting *setting,
                              train_learner *learner)
{
    const lln_model_sizes sizes = sizes_asked();
    const lln_optimiser_options options = optimiser_asked();
    LLN_TRY(lln_model_open(&setting->task->shape, &sizes, &setting->attention,
                           learner->seed, &learner->model));
    if (train_asked.load) {
        char *path = train_file_name(train_asked.load, setting->attention.name,
                                     learner->seed_text);
        lln_status status = lln_weights_read(path, &learner->model);
        free(path);
        LLN_TRY(status);
    }
    LLN_TRY(lln_optimiser_open(&learner->model, &options, &learner->optimiser));
    learner->gradients = lln_array_alloc(learner->model.count,
                                         lln_precision_size(sizes.precision));
    return learner->gradients ? LLN_OK : LLN_ENOMEM;
}

void train_learner_close(train_learner *learner)
{
    lln_optimiser_close(&learner->optimiser);
    lln_model_close(&learner->model);
    free(learner->gradients);
    learner->gradients = NULL;
}

lln_status train_learner_begin(train_setting *setting, train_learner *learner)
{
    if (train_asked.load)
        return LLN_OK;
    setting->batch.count = train_asked.batch;
    setting->task->batch(setting->task, learner->seed, 0, &setting->batch);
    return lln_model_calibrate(&learner->model, &setting->batch,
                               setting->space);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

lln_status train_learner_step(train_setting *setting, train_learner *learner)
{
    double start = now();
    lln_model_score score;
    setting->batch.count = train_asked.batch;
    setting->task->batch(setting->task, learner->seed, learner->model.steps,
                         &setting->batch);
    LLN_TRY(lln_model_learn(&learner->model, &setting->batch, setting->space,
                            learner->gradients, &score));
    lln_optimiser_step(&learner->optimiser, &learner->model,
                       learner->gradients);
    learner->loss += score.loss * (double)score.answers;
    learner->answers += score.answers;
    learner->seconds += now() - start;
    return LLN_OK;
}

lln_status train_learner_test(train_setting *setting,
                              const train_learner *learner,
                              lln_model_score *score)
{
    const lln_task *task = setting->task;
    *score = (lln_model_score){0};
    for (size_t first = 0; first < task->test_count;
         first += setting->batch.count) {
        lln_model_score part;
        setting->batch.count =
            lln_size_smaller(train_asked.batch, task->test_count - first);
        task->test(task, first, &setting->batch);
        LLN_TRY(lln_threads_check_stop());
        LLN_TRY(lln_model_evaluate(&learner->model, &setting->batch,
                                   setting->space, &part));
        score->loss += part.loss * (double)part.answers;
        score->answers += part.answers;
        score->correct += part.correct;
    }
    score->loss /= (double)score->answers;
    if (isfinite(score->loss))
        return LLN_OK;
    return lln_fail(LLN_ENOCONV,
                    "the loss on held-out examples is not finite%s",
                    train_asked.steps > 0 ? "; lower --rate" : "");
}
