/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * AdamW against closed forms; test_train_reference.c follows PyTorch. */
#include "train/optimiser.h"

#include <string.h>

#include "gradient.h"

static const lln_task_shape shape = {
    .tokens = 3, .input_size = 2, .classes = 2};

static void open_model(lln_precision precision, lln_model *model)
{
    lln_model_sizes sizes = {4, 1, 1, 5, precision};
    lln_train_attention attention;
    expect_ok(lln_train_attention_parse("uniform", &attention));
    expect_ok(lln_model_open(&shape, &sizes, &attention, 2, model));
}

/* Linear to step 4, then half a cosine: the middle of steps 4 .. 24 is 14. */
START_TEST(rate_schedule)
{
    lln_optimiser_options o = {.rate = 0.5, .warm_up = 4, .steps = 24};
    expect_relative(lln_optimiser_rate(&o, 0), 0.125, 1e-15);
    expect_relative(lln_optimiser_rate(&o, 3), 0.5, 1e-15);
    expect_relative(lln_optimiser_rate(&o, 4), 0.5, 1e-15);
    expect_relative(lln_optimiser_rate(&o, 14), 0.25, 1e-14);
    expect_relative(lln_optimiser_rate(&o, 9), 0.25 * (1 + sqrt(0.5)), 1e-14);
    expect_relative(lln_optimiser_rate(&o, 24), 0, 0);
    expect_relative(lln_optimiser_rate(&o, 25), 0, 0);
}
END_TEST

START_TEST(norm_values)
{
    float x[] = {3, 4, 12};
    double *many = calloc(10000, sizeof *many);
    for (size_t i = 0; i < 10000; i++)
        many[i] = 0.25;
    expect_relative(lln_optimiser_norm(LLN_FLOAT32, 3, x), 13, 1e-15);
    expect_relative(lln_optimiser_norm(LLN_FLOAT64, 10000, many), 25, 1e-13);
    expect_relative(lln_optimiser_norm(LLN_FLOAT32, 0, x), 0, 0);
    free(many);
}
END_TEST

/* The first step moves each parameter by rate g / (|g| + epsilon), after its
 * decay; the second, with the same gradient, too. Two precisions. */
START_TEST(step_values)
{
    lln_precision precision = _i ? LLN_FLOAT64 : LLN_FLOAT32;
    lln_optimiser_options options = {.rate = 0.01,
                                     .decay = 0.5,
                                     .beta1 = 0.9,
                                     .beta2 = 0.999,
                                     .epsilon = 0.125,
                                     .steps = 1000000000};
    lln_optimiser optimiser;
    lln_model model;
    open_model(precision, &model);
    expect_ok(lln_optimiser_open(&model, &options, &optimiser));
    double *gradients = calloc(model.count, sizeof *gradients);
    double *before = calloc(model.count, sizeof *before);
    lln_matrix now = {precision, 1, model.count, model.parameters};
    lln_matrix_convert(now, LLN_FLOAT64, before);
    for (size_t i = 0; i < model.count; i++)
        lln_precision_set(precision, gradients, i, gradient_number(i));
    lln_optimiser_step(&optimiser, &model, gradients);
    lln_optimiser_step(&optimiser, &model, gradients);
    for (size_t t = 0; t < model.weight_count; t++)
        for (size_t j = 0; j < model.weights[t].rows * model.weights[t].columns;
             j++) {
            size_t i = model.weights[t].offset + j;
            double g = gradient_number(i), move = 0.01 * g / (fabs(g) + 0.125);
            double keep = model.weights[t].decays ? 1 - 0.01 * 0.5 : 1;
            expect_absolute(lln_matrix_get(now, 0, i),
                            keep * (keep * before[i] - move) - move,
                            _i ? 1e-12 : 1e-6);
        }
    free(before);
    free(gradients);
    lln_optimiser_close(&optimiser);
    lln_model_close(&model);
}
END_TEST

/* A gradient above the norm counts as one of this norm; one below is used as it
 * is. */
START_TEST(step_clip)
{
    lln_optimiser_options options = {.rate = 0.01,
                                     .beta1 = 0.9,
                                     .beta2 = 0.999,
                                     .epsilon = 1,
                                     .steps = 1000000000};
    lln_optimiser optimiser;
    lln_model models[3];
    const double clips[] = {0, 0.5, 8}, factor[] = {0.125, 1, 0.125};
    for (int m = 0; m < 3; m++) {
        open_model(LLN_FLOAT64, &models[m]);
        double *gradients = calloc(models[m].count, sizeof *gradients);
        options.clip = clips[m];
        gradients[3] = 2.4 * factor[m];
        gradients[5] = -3.2 * factor[m]; /* norm: 4 factor */
        expect_ok(lln_optimiser_open(&models[m], &options, &optimiser));
        lln_optimiser_step(&optimiser, &models[m], gradients);
        lln_optimiser_close(&optimiser);
        free(gradients);
    }
    for (int m = 1; m < 3; m++)
        for (size_t i = 0; i < models[0].count; i++)
            expect_absolute(((double *)models[m].parameters)[i],
                            ((double *)models[0].parameters)[i], 1e-15);
    for (int m = 0; m < 3; m++)
        lln_model_close(&models[m]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("optimiser");
    TCase *optimiser = tcase_create("optimiser");
    tcase_add_test(optimiser, rate_schedule);
    tcase_add_test(optimiser, norm_values);
    tcase_add_loop_test(optimiser, step_values, 0, 2);
    tcase_add_test(optimiser, step_clip);
    suite_add_tcase(suite, optimiser);
    return run_suite(suite);
}
