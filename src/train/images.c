/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/images.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/random.h"
#include "core/text.h"
#include "train/image_file.h"

/* Examples in memory. */
typedef struct {
    size_t count;
    float *values;   /* [count x tokens x input_size], owned */
    int32_t *labels; /* [count], owned */
} stored;

typedef struct {
    stored train, test;
    double mean, sd; /* of the pixels of training images */
} images;

static void free_stored(stored *s)
{
    free(s->values);
    free(s->labels);
}

static void free_images(images *state)
{
    if (!state)
        return;
    free_stored(&state->train);
    free_stored(&state->test);
    free(state);
}

static void close_images(lln_task *task)
{
    free_images(task->state);
}

/* Copies example `from` to example `to` of a batch. */
static void copy_example(const lln_task_shape *shape, const stored *s,
                         size_t from, lln_examples *examples, size_t to)
{
    size_t size = shape->tokens * shape->input_size;
    memcpy(examples->values + to * size, s->values + from * size,
           size * sizeof *s->values);
    examples->answers[to] = s->labels[from];
}

static void get_batch(const lln_task *task, uint64_t seed, size_t step,
                      lln_examples *examples)
{
    const images *state = task->state;
    size_t all = state->train.count, count = examples->count;
    size_t batches = count <= all ? all / count : 1;
    uint64_t epoch = lln_random_number(seed, step / batches);
    for (size_t i = 0; i < count; i++) {
        size_t at = (step % batches * count + i) % all;
        copy_example(&task->shape, &state->train,
                     lln_random_permuted(epoch, all, at), examples, i);
    }
}

static void get_test(const lln_task *task, size_t first, lln_examples *examples)
{
    const images *state = task->state;
    for (size_t i = 0; i < examples->count; i++)
        copy_example(&task->shape, &state->test, first + i, examples, i);
}

/* Which examples of which file are used. */
typedef struct {
    lln_image_file train, test; /* test: zeroed without test files */
    size_t train_count, test_first, test_count;
} sources;

static const lln_image_file *test_file(const sources *from)
{
    return from->test.count > 0 ? &from->test : &from->train;
}

static lln_status too_few(const lln_image_file *file, size_t wanted,
                          const char *why)
{
    return lln_fail(LLN_EFORMAT, "%s: %zu image%s; expected at least %zu%s",
                    file->images.name, file->count,
                    lln_text_plural(file->count), wanted, why);
}

/* Images of both files must have the same size and kind of number. */
static lln_status compare_files(const sources *from)
{
    const lln_tensor *train = &from->train.images.elements.tensor;
    const lln_tensor *test = &from->test.images.elements.tensor;
    const char *name = from->test.images.name, *other = from->train.images.name;
    if (from->test.rows != from->train.rows ||
        from->test.columns != from->train.columns ||
        from->test.channels != from->train.channels) {
        char a[LLN_TENSOR_SHAPE_TEXT], b[LLN_TENSOR_SHAPE_TEXT];
        return lln_fail(LLN_EFORMAT,
                        "%s: shape %s, but %s has %s; expected images of the "
                        "same size",
                        name, lln_tensor_shape_text(test, a, sizeof a), other,
                        lln_tensor_shape_text(train, b, sizeof b));
    }
    if (from->test.images.elements.kind != from->train.images.elements.kind)
        return lln_fail(LLN_EFORMAT,
                        "%s and %s have different types; expected pixels of "
                        "the same scale",
                        name, other);
    return LLN_OK;
}

static lln_status choose_examples(const lln_images_options *o, sources *from)
{
    size_t all = from->train.count;
    if (from->test.count > 0) {
        LLN_TRY(compare_files(from));
        from->test_count = o->test > 0 ? o->test : from->test.count;
        if (from->test_count > from->test.count)
            return too_few(&from->test, o->test, " (--test)");
        from->train_count = o->train > 0 ? o->train : all;
        return from->train_count <= all
                   ? LLN_OK
                   : too_few(&from->train, o->train, " (--train)");
    }
    size_t tenth = all < 10 ? 1 : all / 10;
    from->test_count = o->test > 0 ? o->test : tenth;
    size_t train = o->train > 0 ? o->train : 1, wanted;
    char why[96];
    snprintf(why, sizeof why,
             ": %zu to train on (--train), %zu held out "
             "(--test)",
             train, from->test_count);
    if (__builtin_add_overflow(train, from->test_count, &wanted) ||
        wanted > all)
        return too_few(&from->train, wanted, why);
    from->test_first = all - from->test_count;
    from->train_count = o->train > 0 ? o->train : from->test_first;
    return LLN_OK;
}

static lln_status check_patch(const lln_images_options *o,
                              const lln_image_file *file)
{
    if (o->patch > 0 && file->rows % o->patch == 0 &&
        file->columns % o->patch == 0)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT,
                    "%s: images of %zu x %zu; patches of %zu x %zu do not "
                    "divide them",
                    file->images.name, file->rows, file->columns, o->patch,
                    o->patch);
}

static lln_status read_stored(const lln_image_file *file, size_t first,
                              size_t count, const lln_images_options *o,
                              stored *s)
{
    size_t size = file->rows * file->columns * file->channels;
    s->count = count;
    s->values = lln_array_alloc_raw(count * size, sizeof *s->values);
    s->labels = lln_array_alloc_raw(count, sizeof *s->labels);
    if (!s->values || !s->labels)
        return LLN_ENOMEM;
    LLN_TRY(lln_image_file_labels(file, first, count, o->classes, s->labels));
    return lln_image_file_patches(file, first, count, o->patch, s->values);
}

/* Checks all labels of the training file, also those of images that are not
 * used. */
static lln_status check_labels(const lln_images_options *o,
                               const lln_image_file *file)
{
    int32_t label;
    for (size_t i = 0; i < file->count; i++)
        LLN_TRY(lln_image_file_labels(file, i, 1, o->classes, &label));
    return LLN_OK;
}

static void standardise(stored *s, size_t size, double mean, double deviation)
{
    for (size_t i = 0; i < s->count * size; i++)
        s->values[i] = (float)((s->values[i] - mean) / deviation);
}

static lln_status standardise_all(const lln_image_file *file, images *state)
{
    size_t size = file->rows * file->columns * file->channels;
    lln_matrix pixels = {LLN_FLOAT32, state->train.count, size,
                         state->train.values};
    lln_moments moments = lln_matrix_summarise(pixels);
    double deviation = sqrt(moments.m2 / moments.count);
    if (!(deviation > 0))
        return lln_fail(LLN_EFORMAT, "%s: all pixels are equal",
                        file->images.name);
    standardise(&state->train, size, moments.mean, deviation);
    standardise(&state->test, size, moments.mean, deviation);
    state->mean = moments.mean;
    state->sd = deviation;
    return LLN_OK;
}

static lln_status read_images(const lln_images_options *o, const sources *from,
                              images *state)
{
    LLN_TRY(read_stored(&from->train, 0, from->train_count, o, &state->train));
    LLN_TRY(read_stored(test_file(from), from->test_first, from->test_count, o,
                        &state->test));
    return standardise_all(&from->train, state);
}

static lln_status open_sources(const lln_images_options *o, sources *from)
{
    LLN_TRY(lln_image_file_open(o->images, o->labels, &from->train));
    LLN_TRY(check_patch(o, &from->train));
    if (o->test_images)
        LLN_TRY(
            lln_image_file_open(o->test_images, o->test_labels, &from->test));
    return choose_examples(o, from);
}

static lln_status open_images(const lln_images_options *o, sources *from,
                              lln_task *task)
{
    LLN_TRY(open_sources(o, from));
    LLN_TRY(check_labels(o, &from->train));
    images *state = lln_array_alloc(1, sizeof *state);
    lln_status status = state ? read_images(o, from, state) : LLN_ENOMEM;
    if (status != LLN_OK) {
        free_images(state);
        return status;
    }
    size_t input = o->patch * o->patch * from->train.channels;
    *task = (lln_task){.shape = {.tokens = from->train.rows / o->patch *
                                           (from->train.columns / o->patch),
                                 .input_size = input,
                                 .classes = o->classes,
                                 .mean = state->mean,
                                 .sd = state->sd},
                       .train_count = from->train_count,
                       .test_count = from->test_count,
                       .batch = get_batch,
                       .test = get_test,
                       .state = state,
                       .close = close_images};
    return LLN_OK;
}

lln_status lln_images_open(const lln_images_options *options, lln_task *task)
{
    sources from = {.train_count = 0};
    *task = (lln_task){.state = NULL};
    lln_status status = open_images(options, &from, task);
    lln_image_file_close(&from.train);
    lln_image_file_close(&from.test);
    return status;
}
