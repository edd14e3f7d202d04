/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train_rows.h"

#include <math.h>

#include "listing.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "train.h"

typedef struct {
    double tau;
    const char *seed;
    double epoch, train_loss, test_loss, accuracy, seconds;
    double sigma_q, sigma_k, alpha, beta, ratio, entropy, lambda2, undefined;
} train_record;

enum { PASS_MOMENTS = 1, PASS_ENTROPY = 2, PASS_SPECTRUM = 4 };

#define COLUMN(field, name, pass)                                              \
    RECORD_REAL(train_record, field, name, COLUMNS_DEFAULT, pass)

/* tau comes first: it continues the columns of the identity. */
static const record_column columns[] = {
    RECORD_REAL(train_record, tau, "tau", COLUMNS_ID, PASS_TEMPERATURE),
    {"seed", LLN_CELL_DIGITS, offsetof(train_record, seed), COLUMNS_ID, 0,
     false, false},
    {"epoch", LLN_CELL_REAL, offsetof(train_record, epoch), COLUMNS_DEFAULT, 0,
     true, false},
    COLUMN(train_loss, "train_loss", 0),
    COLUMN(test_loss, "test_loss", 0),
    COLUMN(accuracy, "accuracy", 0),
    COLUMN(seconds, "seconds", 0),
    COLUMN(sigma_q, "sigma_q", PASS_MOMENTS),
    COLUMN(sigma_k, "sigma_k", PASS_MOMENTS),
    COLUMN(alpha, "alpha", 0),
    COLUMN(beta, "beta", 0),
    COLUMN(ratio, "ratio", 0),
    COLUMN(entropy, "entropy_nats", PASS_ENTROPY),
    COLUMN(lambda2, "lambda2", PASS_SPECTRUM),
    {"share_undefined", LLN_CELL_REAL, offsetof(train_record, undefined),
     COLUMNS_DEFAULT, PASS_ENTROPY, true, false},
    {0},
};

static const record_type type = {columns, sizeof(train_record)};

row_writer *train_rows_open(size_t seeds)
{
    row_identity_show_training();
    FILE *out = cli_output_table(run_shared.output);
    row_writer *writer = row_writer_open(
        out, type, seeds > 1 && !run_shared.each ? SPREAD_ERROR : SPREAD_NONE,
        run_table_style());
    if (run_shared.comments)
        run_table_comment(out, false);
    return writer;
}

unsigned train_rows_readings(const row_writer *writer)
{
    unsigned passes = row_writer_passes(writer);
    return (passes & PASS_MOMENTS ? LLN_READ_SIGMAS : 0) |
           (passes & PASS_TEMPERATURE ? LLN_READ_TAU : 0) |
           (passes & PASS_ENTROPY ? LLN_READ_ENTROPY : 0) |
           (passes & PASS_SPECTRUM ? LLN_READ_SPECTRUM : 0);
}

size_t train_rows_count(size_t seeds)
{
    return run_shared.each ? seeds * train_asked.depth : 1;
}

/* The row of one layer of one model. The caller frees the block. */
static run_block block_of(const train_evaluation *e,
                          const train_learner *learner, size_t layer)
{
    run_block block = {.type = type};
    const lln_readings *readings = &e->layers[layer];
    const lln_train_attention *attention = &learner->model.attention;
    lln_train_constants constants = lln_model_constants(&learner->model, layer);
    bool lln = attention->match != LLN_TRAIN_NONE;
    cli_check(run_block_resize(&block, 1));
    *(train_record *)run_block_record(&block, 0) = (train_record){
        .tau = readings->tau,
        .seed = learner->seed_text,
        .epoch = e->epoch,
        .train_loss = e->train_loss,
        .test_loss = e->score.loss,
        .accuracy = (double)e->score.correct / (double)e->score.answers,
        .seconds = learner->seconds,
        .sigma_q = readings->sigma_q,
        .sigma_k = readings->sigma_k,
        .alpha = lln ? constants.alpha : NAN,
        .beta = lln ? constants.beta : NAN,
        .ratio = lln_train_ratio(attention, &constants),
        .entropy = readings->entropy,
        .lambda2 = readings->lambda2,
        .undefined = readings->undefined,
    };
    return block;
}

static row_identity identity_of(const train_learner *learner, size_t step)
{
    const lln_task_shape *shape = &learner->model.task;
    return (row_identity){
        .source = train_asked.task,
        .file = train_asked.task,
        .step = (long)step,
        .layer = NAN,
        .head = NAN,
        .key_head = NAN,
        .kernel = learner->model.attention.name,
        .n = (long)shape->tokens,
        .d = (long)(train_asked.width / train_asked.head_count),
        .causal = shape->causal,
        .samples = 1,
        .tau = NAN,
    };
}

/* Writes a row. The identity has a tau for messages. */
static void put(row_writer *writer, row_identity *identity,
                const row_average *average)
{
    identity->tau = row_average_cell(average, 0, 0)->mean.mean;
    row_writer_put(writer, identity, average);
}

static void put_each(row_writer *writer, size_t step, const train_evaluation *e,
                     const train_learner *learner)
{
    row_identity identity = identity_of(learner, step);
    for (size_t layer = 0; layer < train_asked.depth; layer++) {
        row_average average = {0};
        run_block block = block_of(e, learner, layer);
        row_average_add(&average, &block);
        identity.layer = (double)layer;
        put(writer, &identity, &average);
        run_block_free(&block);
        row_average_reset(&average);
    }
}

/* The mean over the layers of a model. */
static run_block average_layers(const train_evaluation *e,
                                const train_learner *learner)
{
    run_block mean = {.type = type};
    row_average average = {0};
    for (size_t layer = 0; layer < train_asked.depth; layer++) {
        run_block block = block_of(e, learner, layer);
        row_average_add(&average, &block);
        run_block_free(&block);
    }
    row_average_take(&average, &mean);
    return mean;
}

void train_rows_put(row_writer *writer, size_t step,
                    const train_evaluation *evaluations,
                    const train_learner *learners, size_t count)
{
    row_average average = {0};
    row_identity identity = identity_of(learners, step);
    row_writer_compare(writer, step == train_asked.steps);
    for (size_t i = 0; i < count; i++) {
        if (run_shared.each) {
            put_each(writer, step, &evaluations[i], &learners[i]);
            continue;
        }
        run_block block = average_layers(&evaluations[i], &learners[i]);
        row_average_add(&average, &block);
        run_block_free(&block);
    }
    identity.samples = (long)count;
    if (!run_shared.each)
        put(writer, &identity, &average);
    row_average_reset(&average);
}
