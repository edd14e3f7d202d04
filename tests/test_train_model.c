/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gradients of whole models against central differences, and training. */
#include <omp.h>
#include <string.h>

#include "core/threads.h"
#include "gradient.h"
#include "train/model_pass.h"
#include "train/optimiser.h"

static const lln_task_shape patches = {
    .tokens = 5, .input_size = 3, .classes = 4};
static const lln_task_shape sequence = {.tokens = 6,
                                        .vocabulary = 7,
                                        .classes = 7,
                                        .per_token = true,
                                        .causal = true};

/* Examples of a task. Every third position of a sequence has an answer. */
static lln_examples make_examples(const lln_task_shape *shape, size_t count)
{
    size_t rows = count * shape->tokens;
    size_t answers = shape->per_token ? rows : count;
    lln_examples examples;
    expect_ok(lln_examples_alloc(shape, count, &examples));
    for (size_t i = 0; i < rows * shape->input_size; i++)
        examples.values[i] = (float)gradient_number(i);
    for (size_t i = 0; i < rows && shape->vocabulary; i++)
        examples.symbols[i] = (int32_t)(i * i % shape->vocabulary);
    for (size_t i = 0; i < answers; i++)
        examples.answers[i] =
            shape->per_token && i % 3 ? -1 : (int32_t)(i * 5 % shape->classes);
    return examples;
}

static void open_model(const lln_task_shape *shape, const char *attention_name,
                       lln_precision precision, lln_model *model)
{
    lln_model_sizes sizes = {6, 2, 2, 10, precision};
    lln_train_attention attention;
    expect_ok(lln_train_attention_parse(attention_name, &attention));
    expect_ok(lln_model_open(shape, &sizes, &attention, 3, model));
}

/* A model with space for passes over its examples. */
typedef struct {
    lln_model model;
    lln_examples examples;
    lln_model_workspace *space;
    void *gradients;
} learner;

static learner open_learner(const lln_task_shape *shape, const char *attention,
                            lln_precision precision, size_t count)
{
    learner l = {.examples = make_examples(shape, count)};
    open_model(shape, attention, precision, &l.model);
    expect_ok(lln_model_workspace_alloc(&l.model, count, &l.space));
    l.gradients = calloc(l.model.count, sizeof(double));
    return l;
}

static void close_learner(learner *l)
{
    free(l->gradients);
    lln_model_workspace_free(l->space);
    lln_model_close(&l->model);
    lln_examples_free(&l->examples);
}

static double learn(learner *l)
{
    lln_model_score score;
    expect_ok(lln_model_learn(&l->model, &l->examples, l->space, l->gradients,
                              &score));
    return score.loss;
}

static double evaluated(void *data)
{
    learner *l = data;
    lln_model_score score;
    expect_ok(lln_model_evaluate(&l->model, &l->examples, l->space, &score));
    return score.loss;
}

/* The last model has tokens, a causal mask and an answer at some positions. */
START_TEST(learn_gradient)
{
    static const char *const names[] = {"softmax", "lln+diag:ratio=learned",
                                        "lln"};
    learner l =
        open_learner(_i == 2 ? &sequence : &patches, names[_i], LLN_FLOAT64, 3);
    double *x = l.model.parameters;
    for (size_t i = 0; i < l.model.count; i++) /* no parameter is 0 or 1 */
        x[i] += 0.3 * gradient_number(i + 1000);
    double loss = learn(&l);
    expect_relative(loss, evaluated(&l), 1e-14);
    gradient_check(x, l.model.count, l.gradients, evaluated, &l);
    close_learner(&l);
}
END_TEST

/* Five steps of `count` examples in several chunks; returns the model. */
static learner trained(const lln_task_shape *shape, size_t count, int threads)
{
    lln_optimiser_options options = {1e-2, 0.1, 0.9, 0.999, 1e-8, 1, 2, 20};
    lln_optimiser optimiser;
    omp_set_num_threads(threads);
    learner l = open_learner(shape, "lln", LLN_FLOAT32, count);
    expect_ok(lln_optimiser_open(&l.model, &options, &optimiser));
    for (int i = 0; i < 5; i++) {
        learn(&l);
        lln_optimiser_step(&optimiser, &l.model, l.gradients);
    }
    lln_optimiser_close(&optimiser);
    return l;
}

START_TEST(learn_any_threads)
{
    const lln_task_shape *shape = _i ? &sequence : &patches;
    learner a = trained(shape, 150, 1), b = trained(shape, 150, 3);
    size_t depth = a.model.sizes.depth;
    ck_assert_mem_eq(a.model.parameters, b.model.parameters,
                     a.model.count * sizeof(float));
    ck_assert_mem_eq(a.model.sigma_q, b.model.sigma_q, depth * sizeof(double));
    ck_assert_mem_eq(a.model.sigma_k, b.model.sigma_k, depth * sizeof(double));
    ck_assert(evaluated(&a) == evaluated(&b));
    close_learner(&a);
    close_learner(&b);
    omp_set_num_threads(omp_get_num_procs());
}
END_TEST

/* Standard deviation of the entries of a layer, from lln_model_heads. */
static double deviation(const learner *l, const float *x, size_t layer)
{
    size_t count =
        l->examples.count * l->model.task.tokens * l->model.sizes.width;
    double mean, result;
    lln_matrix_moments((lln_matrix){LLN_FLOAT32, 1, count, x + layer * count},
                       &mean, &result);
    return result;
}

/* The first batch counts alone; after that 0.9 of the variance is kept. */
START_TEST(learn_running_deviations)
{
    learner l = open_learner(&patches, "lln", LLN_FLOAT32, 60);
    size_t count = 2 * 60 * 5 * 6;
    float *q = calloc(3 * count, sizeof *q), *k = q + count, *v = k + count;
    double first[2], second[2];
    learn(&l);
    expect_ok(lln_model_heads(&l.model, &l.examples, l.space, q, k, v));
    for (size_t i = 0; i < 2; i++) {
        first[i] = deviation(&l, k, i);
        expect_relative(l.model.sigma_q[i], deviation(&l, q, i), 1e-6);
        expect_relative(l.model.sigma_k[i], first[i], 1e-6);
    }
    for (size_t i = 0; i < l.model.count; i++)
        ((float *)l.model.parameters)[i] *= 1.25f;
    expect_ok(lln_model_heads(&l.model, &l.examples, l.space, q, k, v));
    for (size_t i = 0; i < 2; i++)
        second[i] = deviation(&l, k, i);
    learn(&l);
    for (size_t i = 0; i < 2; i++)
        expect_relative(
            l.model.sigma_k[i],
            sqrt(0.9 * first[i] * first[i] + 0.1 * second[i] * second[i]),
            1e-6);
    ck_assert_uint_eq(l.model.steps, 2);
    free(q);
    close_learner(&l);
}
END_TEST

/* Layer 0 of a model: q, k, v = LayerNorm(x) W^T + b, x by the definition. */
START_TEST(heads_values)
{
    learner l = open_learner(&sequence, "softmax", LLN_FLOAT64, 40);
    size_t size = 3, width = 6, tokens = 6, count = 2 * 40 * tokens * width;
    float *out = calloc(3 * count, sizeof *out);
    size_t e = 37, t = 4, h = 1, column = 2;
    const lln_parts *parts = &l.model.parts;
    int32_t symbol = l.examples.symbols[e * tokens + t];
    double x[6], y[6], qkv[18], normal[6], inverse;
    learn(&l);
    expect_ok(lln_model_heads(&l.model, &l.examples, l.space, out, out + count,
                              out + 2 * count));
    for (size_t j = 0; j < width; j++)
        x[j] = ((double *)parts->embedding.table)[(size_t)symbol * width + j] +
               ((double *)parts->embedding.positions)[t * width + j];
    lln_layer_norm_kept kept = {normal, &inverse};
    lln_layer_norm_forward(&parts->blocks[0].norm1, 1, x, &kept, y);
    lln_linear_forward(&parts->blocks[0].attention.qkv, 1, y, false, qkv);
    for (size_t which = 0; which < 3; which++)
        expect_relative(
            out[which * count + ((e * 2 + h) * tokens + t) * size + column],
            qkv[which * width + h * size + column], 1e-6);
    free(out);
    close_learner(&l);
}
END_TEST

/* The same heads with a workspace for fewer examples, in more chunks than it
 * has results. */
START_TEST(heads_many)
{
    learner l = open_learner(&sequence, "lln", LLN_FLOAT32, 150);
    size_t count = 2 * 150 * 6 * 6;
    float *all = calloc(6 * count, sizeof *all), *again = all + 3 * count;
    lln_model_workspace *small;
    learn(&l);
    expect_ok(lln_model_workspace_alloc(&l.model, 2, &small));
    expect_ok(lln_model_heads(&l.model, &l.examples, l.space, all, all + count,
                              all + 2 * count));
    expect_ok(lln_model_heads(&l.model, &l.examples, small, again,
                              again + count, again + 2 * count));
    ck_assert_mem_eq(again, all, 3 * count * sizeof *all);
    lln_model_workspace_free(small);
    free(all);
    close_learner(&l);
}
END_TEST

START_TEST(passes_refuse)
{
    learner l = open_learner(&patches, "lln", LLN_FLOAT32, 4);
    lln_model_score score;
    expect_status(lln_model_evaluate(&l.model, &l.examples, l.space, &score),
                  LLN_EINVAL);
    learn(&l);
    ((float *)l.model.parts.classifier.bias)[1] = NAN;
    expect_status(
        lln_model_learn(&l.model, &l.examples, l.space, l.gradients, &score),
        LLN_ENOCONV);
    ck_assert_str_eq(lln_error_message(),
                     "the loss is not finite; lower --rate");
    close_learner(&l);
    l = open_learner(&sequence, "lln", LLN_FLOAT32, 1);
    for (size_t i = 0; i < sequence.tokens; i++)
        l.examples.answers[i] = -1;
    expect_status(
        lln_model_learn(&l.model, &l.examples, l.space, l.gradients, &score),
        LLN_EINVAL);
    close_learner(&l);
}
END_TEST

START_TEST(open_refuses)
{
    lln_model_sizes sizes = {6, 2, 4, 10, LLN_FLOAT32};
    lln_train_attention attention;
    lln_model model;
    expect_ok(lln_train_attention_parse("softmax", &attention));
    expect_status(lln_model_open(&patches, &sizes, &attention, 1, &model),
                  LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "a width of 6 is not divisible by 4 heads");
    const size_t depths[] = {0, (1 << 20) + 1};
    for (int i = 0; i < 2; i++) {
        sizes = (lln_model_sizes){6, depths[i], 2, 10, LLN_FLOAT32};
        expect_status(lln_model_open(&patches, &sizes, &attention, 1, &model),
                      LLN_EINVAL);
    }
    ck_assert_str_eq(lln_error_message(),
                     "model: layers: 1048577, expected 1 to 1048576");
    lln_model_close(&model);
}
END_TEST

/* Mean and standard deviation of a tensor, within 5 standard errors; those of
 * a uniform distribution from -c to c are 0 and c / sqrt(3). The same seed
 * gives the same weights whatever the attention. */
START_TEST(open_weights)
{
    lln_task_shape shape = {.tokens = 50, .input_size = 16, .classes = 10};
    lln_model_sizes sizes = {64, 1, 4, 128, LLN_FLOAT32};
    lln_train_attention attention, other;
    lln_model model, second;
    expect_ok(lln_train_attention_parse("softmax", &attention));
    expect_ok(lln_train_attention_parse("lln+diag:ratio=learned", &other));
    expect_ok(lln_model_open(&shape, &sizes, &attention, 5, &model));
    expect_ok(lln_model_open(&shape, &sizes, &other, 5, &second));
    ck_assert_uint_eq(second.count, model.count + 1);
    ck_assert_mem_eq(second.parameters, model.parameters,
                     model.count * sizeof(float));
    const struct {
        const char *name;
        double deviation;
    } expected[] = {{"embedding.weight", 0.25 / sqrt(3)},
                    {"positions", 0.02},
                    {"blocks.0.attention.qkv.weight", 0.125 / sqrt(3)},
                    {"blocks.0.mlp.down.weight", 1 / sqrt(384)}};
    size_t found = 0;
    for (size_t i = 0; i < model.weight_count; i++)
        for (size_t j = 0; j < 4; j++) {
            const lln_weight *w = &model.weights[i];
            double mean, deviation, count = (double)(w->rows * w->columns);
            if (strcmp(w->name, expected[j].name) != 0)
                continue;
            lln_matrix_moments(
                (lln_matrix){LLN_FLOAT32, w->rows, w->columns,
                             (float *)model.parameters + w->offset},
                &mean, &deviation);
            expect_absolute(mean, 0, 5 * deviation / sqrt(count));
            expect_relative(deviation, expected[j].deviation,
                            5 / sqrt(2 * count));
            ck_assert(w->decays);
            found++;
        }
    ck_assert_uint_eq(found, 4);
    lln_model_close(&model);
    lln_model_close(&second);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("train_model");
    TCase *model = tcase_create("model");
    lln_threads_set(0);
    tcase_add_loop_test(model, learn_gradient, 0, 3);
    tcase_add_loop_test(model, learn_any_threads, 0, 2);
    tcase_add_test(model, learn_running_deviations);
    tcase_add_test(model, heads_values);
    tcase_add_test(model, heads_many);
    tcase_add_test(model, passes_refuse);
    tcase_add_test(model, open_refuses);
    tcase_add_test(model, open_weights);
    suite_add_tcase(suite, model);
    return run_suite(suite);
}
