/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The weights of a model in a file. */
#include "train/weights.h"

#include "expect.h"
#include "npy_file.h"
#include "train/model_pass.h"

static const lln_task_shape shape = {
    .tokens = 3, .input_size = 2, .classes = 2};

static void open_model(const char *attention_name, size_t width, uint64_t seed,
                       lln_precision precision, lln_model *model)
{
    lln_model_sizes sizes = {width, 2, 2, 5, precision};
    lln_train_attention attention;
    expect_ok(lln_train_attention_parse(attention_name, &attention));
    expect_ok(lln_model_open(&shape, &sizes, &attention, seed, model));
}

/* One step on a batch, for the running values; the weights stay. */
static void learn(lln_model *model)
{
    lln_model_workspace *space;
    lln_model_score score;
    lln_examples examples;
    double *gradients = calloc(model->count, sizeof *gradients);
    expect_ok(lln_examples_alloc(&shape, 4, &examples));
    for (size_t i = 0; i < 4 * shape.tokens * shape.input_size; i++)
        examples.values[i] = (float)(i * 7 % 5) - 2;
    expect_ok(lln_model_workspace_alloc(model, 4, &space));
    expect_ok(lln_model_learn(model, &examples, space, gradients, &score));
    lln_model_workspace_free(space);
    lln_examples_free(&examples);
    free(gradients);
}

static void save(const lln_model *model, const char *path,
                 lln_writer_format format)
{
    FILE *out = fopen(path, "w");
    expect_ok(lln_weights_write(model, out, format));
    ck_assert_int_eq(fclose(out), 0);
}

/* Both formats and precisions, into a model with other weights. */
START_TEST(weights_round_trip)
{
    const char *path = _i % 2 ? "w.npz" : "w.safetensors";
    lln_precision precision = _i / 2 ? LLN_FLOAT64 : LLN_FLOAT32;
    lln_model a, b;
    open_model("lln+diag:ratio=learned", 4, 1, precision, &a);
    open_model("lln+diag:ratio=learned", 4, 2, precision, &b);
    learn(&a);
    lln_precision_set(precision, a.parts.blocks[1].attention.mixture, 0, 0.75);
    save(&a, path, _i % 2 ? LLN_WRITER_NPZ : LLN_WRITER_SAFETENSORS);
    expect_ok(lln_weights_read(path, &b));
    ck_assert_mem_eq(b.parameters, a.parameters,
                     a.count * lln_precision_size(precision));
    ck_assert_uint_eq(b.steps, 1);
    for (size_t i = 0; i < 2; i++) {
        lln_train_constants c = lln_model_constants(&a, i),
                            d = lln_model_constants(&b, i);
        ck_assert(a.sigma_q[i] > 0 && a.sigma_k[i] > 0);
        expect_relative(b.sigma_q[i], a.sigma_q[i], 0);
        expect_relative(b.sigma_k[i], a.sigma_k[i], 0);
        expect_relative(d.alpha, c.alpha, 0);
        expect_relative(d.beta, c.beta, 0);
        expect_relative(d.mixture, i == 1 ? 0.75 : 0, 0);
    }
    lln_model_close(&a);
    lln_model_close(&b);
}
END_TEST

static lln_status read_into(const char *kernel, size_t width)
{
    lln_model model;
    open_model(kernel, width, 1, LLN_FLOAT32, &model);
    lln_status status = lln_weights_read("w.npz", &model);
    lln_model_close(&model);
    return status;
}

static void expect_failure(const char *kernel, size_t width, lln_status status,
                           const char *message)
{
    expect_status(read_into(kernel, width), status);
    ck_assert_str_eq(lln_error_message(), message);
}

/* The message lists the arrays of the file after this beginning. */
static void expect_missing(const char *kernel, const char *begin)
{
    expect_status(read_into(kernel, 4), LLN_EFORMAT);
    ck_assert_int_eq(strncmp(lln_error_message(), begin, strlen(begin)), 0);
}

START_TEST(weights_refused)
{
    lln_model model;
    expect_failure("softmax", 4, LLN_EIO, "w.npz: No such file or directory");
    open_model("softmax", 4, 1, LLN_FLOAT32, &model);
    learn(&model);
    save(&model, "w.npz", LLN_WRITER_NPZ);
    model.weight_count--;
    save(&model, "w.npz", LLN_WRITER_NPZ);
    expect_missing("softmax", "w.npz: key 'classifier.bias': no such array; "
                              "the file contains ");
    model.weight_count++;
    save(&model, "w.npz", LLN_WRITER_NPZ);
    expect_failure("softmax", 6, LLN_EFORMAT,
                   "w.npz: width: 4 in the file, but the options say 6");
    ((float *)model.parts.classifier.bias)[1] = INFINITY;
    save(&model, "w.npz", LLN_WRITER_NPZ);
    expect_failure("softmax", 4, LLN_EFORMAT,
                   "w.npz: key 'classifier.bias': entry 1 is not finite");
    write_doubles("w.npz", "(2,)", (double[]){1, 2}, 2);
    expect_failure("softmax", 4, LLN_EFORMAT,
                   "w.npz: no weights of a model, as there is no array "
                   "'sizes'; expected a file that --save wrote");
    lln_model_close(&model);
}
END_TEST

/* A learned ratio begins at 0.5, whose logit is 0, if the file has none. */
START_TEST(weights_without_ratio)
{
    lln_model a, b;
    open_model("softmax", 4, 1, LLN_FLOAT32, &a);
    open_model("lln+diag:ratio=learned", 4, 2, LLN_FLOAT32, &b);
    learn(&a);
    save(&a, "w.npz", LLN_WRITER_NPZ);
    expect_ok(lln_weights_read("w.npz", &b));
    ck_assert_mem_eq(b.parameters, a.parameters, a.count * sizeof(float));
    for (size_t i = 0; i < 2; i++) {
        lln_train_constants c = lln_model_constants(&b, i);
        expect_relative(c.mixture, 0, 0);
        expect_relative(lln_train_ratio(&b.attention, &c), 0.5, 0);
        ck_assert(isnan(lln_train_ratio(&a.attention, &c)));
    }
    lln_model_close(&a);
    lln_model_close(&b);
}
END_TEST

/* The loss on pixels that were standardised as the model expects. */
static double loss_on_pixels(const lln_model *model)
{
    lln_model_workspace *space;
    lln_model_score score;
    lln_examples examples;
    expect_ok(lln_examples_alloc(&shape, 4, &examples));
    for (size_t i = 0; i < 4 * shape.tokens * shape.input_size; i++)
        examples.values[i] = (float)(((double)(i * 7 % 5) - model->task.mean) /
                                     model->task.deviation);
    expect_ok(lln_model_workspace_alloc(model, 4, &space));
    expect_ok(lln_model_evaluate(model, &examples, space, &score));
    lln_model_workspace_free(space);
    lln_examples_free(&examples);
    return score.loss;
}

/* The same pixels, standardised in another way, give the same loss. Both means
 * and deviations are such that inputs are exact in float32. */
START_TEST(weights_adapt_to_standardisation)
{
    lln_model a, b;
    open_model("lln", 4, 1, LLN_FLOAT64, &a);
    open_model("lln", 4, 2, LLN_FLOAT64, &b);
    learn(&a);
    a.task.mean = 1;
    a.task.deviation = 2;
    b.task.mean = 3.5;
    b.task.deviation = 0.25;
    save(&a, "w.npz", LLN_WRITER_NPZ);
    expect_ok(lln_weights_read("w.npz", &b));
    expect_relative(loss_on_pixels(&b), loss_on_pixels(&a), 1e-13);
    b.task.mean = 3;
    ck_assert(fabs(loss_on_pixels(&b) - loss_on_pixels(&a)) > 1e-4);
    lln_model_close(&a);
    lln_model_close(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("weights");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, enter_folder, remove_folder);
    tcase_add_loop_test(files, weights_round_trip, 0, 4);
    tcase_add_test(files, weights_refused);
    tcase_add_test(files, weights_without_ratio);
    tcase_add_test(files, weights_adapt_to_standardisation);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
