/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Training against PyTorch: the losses of 50 steps from the same weights and
 * batches. */
#include <string.h>

#include "core/threads.h"
#include "expect.h"
#include "train/model_pass.h"
#include "train/optimiser.h"

enum { STEPS = 50, BATCHES = 4, BATCH = 8 };

/* Printed by tests/train_reference.py with PyTorch 1.13, in float64. */
static const double patches_softmax[] = {
    1.7734548188,   1.80201021342,  1.64023862577,  1.5410853715,
    1.86333610327,  1.4771597676,   1.34332789987,  1.40018367722,
    1.95380129275,  1.41932815969,  1.34173226291,  1.42112261474,
    1.79783331231,  1.37419429543,  1.38172095292,  1.43026598653,
    1.61307958265,  1.36122770783,  1.33147486481,  1.35698692076,
    1.41628334903,  1.31245392292,  1.25776674877,  1.27941398777,
    1.28053772776,  1.24902099754,  1.11540346957,  1.06924548016,
    1.23059408975,  1.10161584499,  0.995366012556, 0.988296309529,
    1.12558041052,  1.05721259516,  0.928596863543, 0.933689829911,
    1.06975105232,  0.926594214199, 0.859336390913, 0.911352982844,
    1.03770383465,  0.895270778211, 0.833692252357, 0.832941917011,
    1.00821012063,  0.888408137609, 0.826498550568, 0.816128274257,
    0.999923037973, 0.8830793388,
};
static const double sequence_softmax[] = {
    2.12951090874, 2.16555593462, 2.19595784097, 2.00157071117,
    1.88221246905, 1.90998924571, 1.92827566618, 1.82160836815,
    1.87385036897, 1.82171451299, 1.78889024104, 1.72249418149,
    1.84918569122, 1.73112895478, 1.67240953876, 1.59726690719,
    1.74942439533, 1.59582952488, 1.58455057609, 1.40924705618,
    1.62972592686, 1.47116823442, 1.48953459734, 1.22371858695,
    1.48997599872, 1.36505613368, 1.3843141588,  1.08093823008,
    1.36829423516, 1.26261248592, 1.28025303731, 0.982663485477,
    1.26443500207, 1.20078059575, 1.19764567615, 0.901482370393,
    1.20274615933, 1.14943941556, 1.14934993254, 0.847530439511,
    1.15691833732, 1.11032625875, 1.12269230794, 0.817444387735,
    1.13661437897, 1.09263848822, 1.11179715734, 0.804280218717,
    1.12973703353, 1.08784879806,
};
static const double sequence_lln[] = {
    2.13694897257, 2.16278357776, 2.1786343898,  2.00513820962, 1.86830753511,
    1.9496345693,  1.90155280875, 1.82658867238, 1.86373823041, 1.85331782986,
    1.78730177994, 1.77384270049, 1.86207645378, 1.81265991477, 1.70412907945,
    1.71629100804, 1.78181731494, 1.71610594952, 1.65329079691, 1.63713662863,
    1.68480253847, 1.63679504219, 1.5654961142,  1.54301456655, 1.60789407221,
    1.57124459504, 1.47602454688, 1.42587651821, 1.54419410905, 1.50130619473,
    1.39802883768, 1.31597008982, 1.47100741948, 1.44496814629, 1.32366811994,
    1.23234007819, 1.40385161111, 1.38619898517, 1.27639344755, 1.17635053832,
    1.3570921772,  1.3458924281,  1.24525598427, 1.14442202463, 1.33214135974,
    1.32843171891, 1.22869297151, 1.13169318107, 1.32378440516, 1.32379331242,
};

static const lln_task_shape patches = {
    .tokens = 9, .input_size = 4, .classes = 5};
static const lln_task_shape sequence = {.tokens = 12,
                                        .vocabulary = 11,
                                        .classes = 7,
                                        .per_token = true,
                                        .causal = true};

static const struct {
    const double *losses;
    const lln_task_shape *shape;
    const char *attention;
    double clip;
} runs[] = {{patches_softmax, &patches, "softmax", 0},
            {sequence_softmax, &sequence, "softmax", 1},
            {sequence_lln, &sequence, "lln:alpha=1.25:beta=0.75", 0}};

/* The finaliser of MurmurHash3. */
static uint32_t mixed(size_t index)
{
    uint32_t i = (uint32_t)index;
    i = (i ^ i >> 16) * UINT32_C(0x85ebca6b);
    i = (i ^ i >> 13) * UINT32_C(0xc2b2ae35);
    return i ^ i >> 16;
}

static double uniform(size_t i)
{
    return mixed(i) / 2147483648.0 - 1;
}

static void set_weights(lln_model *model)
{
    for (size_t t = 0; t < model->weight_count; t++) {
        const lln_weight *w = &model->weights[t];
        const char *norm = strstr(w->name, "norm");
        double middle = norm && strstr(norm, ".weight") ? 1 : 0;
        for (size_t i = w->offset; i < w->offset + w->rows * w->columns; i++)
            lln_precision_set(model->sizes.precision, model->parameters, i,
                              middle + 0.3 * uniform(i));
    }
}

static void set_batch(const lln_task_shape *shape, size_t step,
                      lln_examples *examples)
{
    size_t first = 100000 * (step % BATCHES + 1), rows = BATCH * shape->tokens;
    for (size_t i = 0; i < rows * shape->input_size; i++)
        examples->values[i] = (float)uniform(first + i);
    for (size_t i = 0; i < rows && shape->vocabulary; i++)
        examples->symbols[i] = (int32_t)(mixed(first + i) % shape->vocabulary);
    for (size_t i = 0; i < BATCH && !shape->per_token; i++)
        examples->answers[i] = (int32_t)(mixed(first + i) % shape->classes);
    for (size_t i = 0; i < rows && shape->per_token; i++)
        examples->answers[i] =
            i % 3 ? -1 : (int32_t)(mixed(first + rows + i) % shape->classes);
}

/* Largest distance of the loss from that of PyTorch. */
static double farthest(const lln_task_shape *shape, lln_model *model,
                       double clip, const double *losses)
{
    lln_optimiser_options options = {1e-2, 0.05, 0.9, 0.999,
                                     1e-8, clip, 5,   STEPS};
    lln_optimiser optimiser;
    lln_model_workspace *space;
    lln_model_score score;
    lln_examples examples;
    double far = 0, *gradients = calloc(model->count, sizeof *gradients);
    expect_ok(lln_examples_alloc(shape, BATCH, &examples));
    expect_ok(lln_model_workspace_alloc(model, BATCH, &space));
    expect_ok(lln_optimiser_open(model, &options, &optimiser));
    for (size_t step = 0; step < STEPS; step++) {
        set_batch(shape, step, &examples);
        expect_ok(lln_model_learn(model, &examples, space, gradients, &score));
        lln_optimiser_step(&optimiser, model, gradients);
        far = fmax(far, fabs(score.loss - losses[step]));
    }
    free(gradients);
    lln_optimiser_close(&optimiser);
    lln_model_workspace_free(space);
    lln_examples_free(&examples);
    return far;
}

static double distance_of(int run, lln_precision precision)
{
    lln_model_sizes sizes = {16, 2, 2, 24, precision};
    lln_train_attention attention;
    lln_model model;
    expect_ok(lln_train_attention_parse(runs[run].attention, &attention));
    expect_ok(lln_model_open(runs[run].shape, &sizes, &attention, 1, &model));
    set_weights(&model);
    double far =
        farthest(runs[run].shape, &model, runs[run].clip, runs[run].losses);
    lln_model_close(&model);
    return far;
}

START_TEST(float64)
{
    ck_assert_double_le(distance_of(_i, LLN_FLOAT64), 1e-9);
}
END_TEST

START_TEST(float32)
{
    ck_assert_double_le(distance_of(_i, LLN_FLOAT32), 1e-5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("train_reference");
    TCase *reference = tcase_create("reference");
    lln_threads_set(0);
    tcase_add_loop_test(reference, float64, 0, 3);
    tcase_add_loop_test(reference, float32, 0, 3);
    suite_add_tcase(suite, reference);
    return run_suite(suite);
}
