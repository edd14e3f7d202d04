/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gradients of whole models against central differences, and training. */
#include "train/model_pass.h"

#include "core/random.h"
#include "core/threads.h"
#include "expect.h"
#include "train/optimiser.h"

static const lln_task_shape patches = {
    .tokens = 5, .input_size = 3, .classes = 4};
static const lln_task_shape sequence = {.tokens = 6,
                                        .vocabulary = 7,
                                        .classes = 7,
                                        .per_token = true,
                                        .causal = true};

static double uniform(size_t i)
{
    return (double)(lln_random_number(21, i) >> 11) * 0x1p-52 - 1;
}

/* Examples of a task. Every third position of a sequence has an answer. */
static lln_examples make_examples(const lln_task_shape *shape, size_t count)
{
    size_t rows = count * shape->tokens;
    size_t answers = shape->per_token ? rows : count;
    lln_examples examples = {.count = count};
    examples.values = calloc(rows * shape->input_size + 1, sizeof(float));
    examples.symbols = calloc(rows, sizeof(int32_t));
    examples.answers = calloc(answers, sizeof(int32_t));
    for (size_t i = 0; i < rows * shape->input_size; i++)
        examples.values[i] = (float)uniform(i);
    for (size_t i = 0; i < rows && shape->vocabulary; i++)
        examples.symbols[i] = (int32_t)(i * i % shape->vocabulary);
    for (size_t i = 0; i < answers; i++)
        examples.answers[i] =
            shape->per_token && i % 3 ? -1 : (int32_t)(i * 5 % shape->classes);
    return examples;
}

static void drop(lln_examples *examples)
{
    free(examples->values);
    free(examples->symbols);
    free(examples->answers);
}

static void open_model(const lln_task_shape *shape, const char *attention_name,
                       lln_precision precision, lln_model *model)
{
    lln_model_sizes sizes = {6, 2, 2, 10, precision};
    lln_train_attention attention;
    expect_ok(lln_train_attention_parse(attention_name, &attention));
    expect_ok(lln_model_open(shape, &sizes, &attention, 3, model));
}

static double loss_of(lln_model *model, const lln_examples *examples,
                      lln_model_workspace *space)
{
    lln_model_score score;
    expect_ok(lln_model_evaluate(model, examples, space, &score));
    return score.loss;
}

/* The first model has patches and pooling, the second tokens, a causal mask and
 * an answer at some positions. */
START_TEST(learn_gradient)
{
    static const char *const names[] = {"softmax", "lln+diag:ratio=learned",
                                        "lln"};
    const lln_task_shape *shape = _i == 2 ? &sequence : &patches;
    lln_examples examples = make_examples(shape, 3);
    lln_model model;
    lln_model_workspace *space;
    lln_model_score score;
    open_model(shape, names[_i], LLN_FLOAT64, &model);
    double *gradients = calloc(model.count, sizeof *gradients);
    double *x = model.parameters, step = 1e-5;
    for (size_t i = 0; i < model.count; i++) /* no parameter is 0 or 1 */
        x[i] += 0.3 * uniform(i + 1000);
    expect_ok(lln_model_workspace_alloc(&model, 3, &space));
    expect_ok(lln_model_learn(&model, &examples, space, gradients, &score));
    expect_relative(score.loss, loss_of(&model, &examples, space), 1e-14);
    for (size_t i = 0; i < model.count; i++) {
        double middle = x[i];
        x[i] = middle + step;
        double above = loss_of(&model, &examples, space);
        x[i] = middle - step;
        double below = loss_of(&model, &examples, space);
        x[i] = middle;
        expect_absolute(gradients[i], (above - below) / (2 * step), 1e-9);
    }
    free(gradients);
    lln_model_workspace_free(space);
    lln_model_close(&model);
    drop(&examples);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("train_model");
    TCase *model = tcase_create("model");
    lln_threads_set(0);
    tcase_add_loop_test(model, learn_gradient, 0, 3);
    suite_add_tcase(suite, model);
    return run_suite(suite);
}
