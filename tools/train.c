/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "lines.h"
#include "listing.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "signals.h"
#include "train_files.h"
#include "train_rows.h"

typedef struct {
    lln_task task;
    lln_train_attention *kernels; /* [kernel_count] */
    char **seeds;                 /* [seed_count], as they were given */
    size_t kernel_count, seed_count;
    row_writer *writer;
    unsigned readings;
    lln_examples held;         /* the examples whose heads are measured */
    train_heads heads;         /* of these */
    size_t written, total;     /* rows */
    size_t done;               /* steps, of all models */
    char failure[LLN_MESSAGE]; /* the last one; "": none */
    /* of the current kernel */
    train_setting setting;
    train_learner *learners;       /* [seed_count] */
    train_evaluation *evaluations; /* [seed_count] */
} training;

/* Cuts a list at its commas; release by free_parts. */
static char **cut(const char *list, size_t *count)
{
    char *rest = cli_copy(list);
    *count = cli_count_parts(list, ',');
    char **parts = cli_alloc(*count, sizeof *parts);
    for (size_t i = 0; i < *count; i++)
        parts[i] = strsep(&rest, ",");
    return parts;
}

/* The first part is the beginning of the copy that holds all of them. */
static void free_parts(char **parts)
{
    free(parts[0]);
    free(parts);
}

static void read_kernels(training *t)
{
    char **parts = cut(train_asked.kernels, &t->kernel_count);
    t->kernels = cli_alloc(t->kernel_count, sizeof *t->kernels);
    for (size_t i = 0; i < t->kernel_count; i++) {
        if (lln_train_attention_parse(parts[i], &t->kernels[i]) != LLN_OK)
            cli_usage("--kernel: %s", lln_error_message());
        for (size_t j = 0; j < i; j++) {
            if (strcmp(parts[i], parts[j]) == 0)
                cli_usage("--kernel: '%s' is given twice", parts[i]);
            if (lln_train_attention_same(&t->kernels[i], &t->kernels[j]))
                cli_usage("--kernel: '%s' and '%s' are the same", parts[j],
                          parts[i]);
        }
    }
    free_parts(parts);
}

static void read_seeds(training *t)
{
    t->seeds = cut(train_asked.seeds, &t->seed_count);
    t->learners = cli_alloc(t->seed_count, sizeof *t->learners);
    t->evaluations = cli_alloc(t->seed_count, sizeof *t->evaluations);
    for (size_t i = 0; i < t->seed_count; i++) {
        t->learners[i].seed_text = t->seeds[i];
        if (lln_number_read_whole(t->seeds[i], &t->learners[i].seed) !=
            LLN_NUMBER)
            cli_usage("--seeds: '%s': expected whole numbers from 0 to 2^64 - "
                      "1, such as 1,2,3",
                      t->seeds[i]);
        for (size_t j = 0; j < i; j++)
            if (t->learners[i].seed == t->learners[j].seed)
                cli_usage("--seeds: %s is given twice", t->seeds[j]);
        t->evaluations[i].layers =
            cli_alloc(train_asked.depth, sizeof(lln_readings));
    }
}

/* The first held-out examples, and space for their heads. */
static void open_heads(training *t)
{
    const lln_task_shape *shape = &t->task.shape;
    const train_options *o = &train_asked;
    size_t count = lln_size_smaller(o->examples, t->task.test_count);
    cli_check(lln_examples_alloc(shape, count, &t->held));
    t->task.test(&t->task, 0, &t->held);
    size_t role = o->depth * count * shape->tokens * o->width;
    t->heads = (train_heads){.depth = o->depth,
                             .count = count,
                             .head_count = o->head_count,
                             .tokens = shape->tokens,
                             .size = o->width / o->head_count};
    t->heads.all = cli_alloc(3 * role, sizeof *t->heads.all);
    t->heads.q = t->heads.all;
    t->heads.k = t->heads.q + role;
    t->heads.v = t->heads.k + role;
}

/* Adds which model failed. step: training steps of this run, with the present
 * one. */
static lln_status fail_of(const training *t, size_t index, size_t step,
                          lln_status status)
{
    char place[LLN_KERNEL_TEXT + 96];
    if (status == LLN_OK || status == LLN_EINTERRUPTED)
        return status;
    snprintf(place, sizeof place, "kernel '%s', seed %s, step %zu",
             t->setting.attention.name, t->seeds[index], step);
    return lln_fail_in(status, place);
}

/* Stores the message of a failure; one that was stored before is printed. */
static lln_status note_failure(training *t, lln_status status)
{
    if (status == LLN_OK || status == LLN_EINTERRUPTED)
        return status;
    if (t->failure[0] != '\0')
        cli_warn("%s", t->failure);
    strcpy(t->failure, lln_error_message());
    return status;
}

static void open_kernel(training *t, size_t kernel)
{
    t->setting.attention = t->kernels[kernel];
    for (size_t i = 0; i < t->seed_count; i++) {
        lln_status status = train_learner_open(&t->setting, &t->learners[i]);
        if (status == LLN_EINVAL)
            cli_usage("%s", lln_error_message());
        cli_check(status);
        t->learners[i].seconds = 0;
    }
    cli_check(lln_model_workspace_alloc(&t->learners[0].model,
                                        train_asked.batch, &t->setting.space));
}

static void close_kernel(training *t)
{
    for (size_t i = 0; i < t->seed_count; i++)
        train_learner_close(&t->learners[i]);
    lln_model_workspace_free(t->setting.space);
    t->setting.space = NULL;
}

/* Opens every model once: sizes and files of weights are then known to be
 * right. */
static void check_models(training *t)
{
    for (size_t k = 0; k < t->kernel_count; k++) {
        open_kernel(t, k);
        close_kernel(t);
    }
}

static size_t evaluations_of(size_t steps)
{
    return 1 + (steps + train_asked.every - 1) / train_asked.every;
}

static void open_training(training *t)
{
    read_kernels(t);
    read_seeds(t);
    t->writer = train_rows_open(t->seed_count);
    t->readings = train_rows_readings(t->writer);
    lln_threads_set((int)run_shared.threads);
    cli_check(lln_threads_reserve());
    t->task = train_task_open();
    t->setting.task = &t->task;
    train_files_check(t->kernels, t->kernel_count,
                      (const char *const *)t->seeds, t->seed_count);
    cli_check(lln_examples_alloc(&t->task.shape, train_asked.batch,
                                 &t->setting.batch));
    open_heads(t);
    check_models(t);
    t->total = t->kernel_count * evaluations_of(train_asked.steps) *
               train_rows_count(t->seed_count);
}

static lln_status read_layers(training *t, const train_learner *learner,
                              train_evaluation *evaluation)
{
    const train_heads *h = &t->heads;
    lln_layer_heads layer = {h->count * h->head_count, h->tokens, h->size,
                             t->task.shape.causal,     h->q,      h->k};
    size_t size = layer.count * h->tokens * h->size;
    LLN_TRY(lln_model_heads(&learner->model, &t->held, t->setting.space, h->q,
                            h->k, h->v));
    for (size_t i = 0; i < h->depth; i++) {
        layer.q = h->q + i * size;
        layer.k = h->k + i * size;
        LLN_TRY(lln_readings_measure(&learner->model, i, &layer, t->readings,
                                     &evaluation->layers[i]));
    }
    return LLN_OK;
}

static lln_status evaluate(training *t, size_t index, size_t step)
{
    train_learner *learner = &t->learners[index];
    train_evaluation *evaluation = &t->evaluations[index];
    size_t batches = t->task.train_count / train_asked.batch;
    LLN_TRY(train_learner_test(&t->setting, learner, &evaluation->score));
    LLN_TRY(read_layers(t, learner, evaluation));
    evaluation->epoch = batches > 0 ? (double)step / (double)batches : NAN;
    evaluation->train_loss =
        learner->answers > 0 ? learner->loss / (double)learner->answers : NAN;
    learner->loss = 0;
    learner->answers = 0;
    return LLN_OK;
}

/* Trains a model from one step to another and evaluates it. */
static lln_status train_learner_to(training *t, size_t index, size_t from,
                                   size_t step)
{
    train_learner *learner = &t->learners[index];
    for (size_t s = from; s < step; s++) {
        LLN_TRY(lln_threads_check_stop());
        LLN_TRY(
            fail_of(t, index, s + 1, train_learner_step(&t->setting, learner)));
        progress_note("%s, loss %.3f", t->setting.attention.name,
                      learner->loss / (double)learner->answers);
        progress_show(++t->done);
    }
    return fail_of(t, index, step, evaluate(t, index, step));
}

/* Trains each model up to the step, evaluates it, and writes the rows. A failed
 * --dump is returned after the rows are written. */
static lln_status train_to(training *t, size_t from, size_t step)
{
    lln_status dumped = LLN_OK;
    for (size_t i = 0; i < t->seed_count; i++) {
        LLN_TRY(note_failure(t, train_learner_to(t, i, from, step)));
        if (step == train_asked.steps && dumped == LLN_OK)
            dumped =
                note_failure(t, train_files_dump(&t->heads, &t->learners[i]));
    }
    train_rows_put(t->writer, step, t->evaluations, t->learners, t->seed_count);
    (void)lines_flush(); /* a failure is reported at the end */
    t->written += train_rows_count(t->seed_count);
    return dumped;
}

static lln_status train_opened(training *t)
{
    size_t last = train_asked.steps, every = train_asked.every;
    for (size_t i = 0; i < t->seed_count; i++)
        LLN_TRY(note_failure(
            t, fail_of(t, i, 0,
                       train_learner_begin(&t->setting, &t->learners[i]))));
    LLN_TRY(train_to(t, 0, 0));
    for (size_t step = 0; step < last; step += every)
        LLN_TRY(train_to(t, step, lln_size_smaller(step + every, last)));
    for (size_t i = 0; i < t->seed_count; i++)
        LLN_TRY(note_failure(t, train_files_save(&t->learners[i])));
    return LLN_OK;
}

/* A failure that concerns only this kernel is stored, and the others are
 * trained. */
static lln_status train_kernel(training *t, size_t kernel)
{
    open_kernel(t, kernel);
    lln_status status = train_opened(t);
    close_kernel(t);
    t->done = (kernel + 1) * t->seed_count * train_asked.steps;
    return lln_status_is_local(status) ? LLN_OK : status;
}

/* Ends the process after a failure. Keeps finished rows, in FILE.partial if the
 * output is a file. */
__attribute__((noreturn)) static void fail_early(const training *t)
{
    const char *kept = cli_partial_name();
    if (t->written == 0 || !cli_finish_early() || !kept)
        cli_fail("%s", t->failure);
    cli_fail("%s; %zu of %zu rows are in %s", t->failure, t->written, t->total,
             kept);
}

static void close_training(training *t)
{
    for (size_t i = 0; i < t->seed_count; i++)
        free(t->evaluations[i].layers);
    free(t->evaluations);
    free(t->learners);
    free_parts(t->seeds);
    free(t->kernels);
    free(t->heads.all);
    lln_examples_free(&t->held);
    lln_examples_free(&t->setting.batch);
    lln_task_close(&t->task);
}

int train_write(void)
{
    training t = {0};
    lln_status status = LLN_OK;
    open_training(&t);
    signals_catch();
    progress_start(cli_name(), 0,
                   t.kernel_count * t.seed_count * train_asked.steps, "steps",
                   run_shared.quiet);
    for (size_t k = 0; k < t.kernel_count && status == LLN_OK; k++)
        status = train_kernel(&t, k);
    progress_end();
    row_bounds *bounds = row_writer_close(t.writer);
    if (status == LLN_EINTERRUPTED && t.failure[0] != '\0')
        cli_warn("%s", t.failure);
    if (status == LLN_EINTERRUPTED)
        run_table_finish_early(t.written, t.total, "rows", false);
    if (t.failure[0] != '\0')
        fail_early(&t);
    close_training(&t);
    return bounds_close(bounds, cli_finish());
}
