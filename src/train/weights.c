/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/weights.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "tensor/container.h"

enum { SIZES = 9, STEPS = 8, INPUT = 2, EXTRAS = 4 };

static const char *const size_names[SIZES] = {
    "width",      "layers",     "heads",   "hidden units", "tokens",
    "input size", "vocabulary", "classes", "steps"};

static void get_sizes(const lln_model *model, double sizes[SIZES])
{
    const lln_model_sizes *s = &model->sizes;
    const lln_task_shape *t = &model->task;
    const size_t all[SIZES] = {s->width,      s->depth,   s->head_count,
                               s->mlp,        t->tokens,  t->input_size,
                               t->vocabulary, t->classes, model->steps};
    for (size_t i = 0; i < SIZES; i++)
        sizes[i] = (double)all[i];
}

/* An array of float64 beside the tensors. */
typedef struct {
    const char *key;
    size_t count;
    double *values; /* [count] */
} extra;

static void list_extras(const lln_model *model, double sizes[SIZES],
                        double input[INPUT], extra out[EXTRAS])
{
    size_t depth = model->sizes.depth;
    out[0] = (extra){"sigma_q", depth, model->sigma_q};
    out[1] = (extra){"sigma_k", depth, model->sigma_k};
    out[2] = (extra){"sizes", SIZES, sizes};
    out[3] = (extra){"input", INPUT, input};
}

static void *tensor_of(const lln_model *model, const lln_weight *weight)
{
    return lln_precision_at(model->sizes.precision, model->parameters,
                            weight->offset);
}

static void list_entries(const lln_model *model, const extra extras[EXTRAS],
                         lln_writer_entry *entries)
{
    bool wide = model->sizes.precision == LLN_FLOAT64;
    for (size_t i = 0; i < model->weight_count; i++) {
        const lln_weight *w = &model->weights[i];
        entries[i] =
            (lln_writer_entry){.key = w->name,
                               .dtype = wide ? LLN_DTYPE_F64 : LLN_DTYPE_F32,
                               .axes = 2,
                               .shape = {w->rows, w->columns}};
    }
    for (size_t i = 0; i < EXTRAS; i++)
        entries[model->weight_count + i] =
            (lln_writer_entry){.key = extras[i].key,
                               .dtype = LLN_DTYPE_F64,
                               .axes = 1,
                               .shape = {extras[i].count}};
}

static lln_status append_all(const lln_model *model, const extra extras[EXTRAS],
                             lln_writer *writer)
{
    for (size_t i = 0; i < model->weight_count; i++) {
        const lln_weight *w = &model->weights[i];
        const lln_matrix m = {model->sizes.precision, w->rows, w->columns,
                              tensor_of(model, w)};
        LLN_TRY(lln_writer_append(writer, m));
    }
    for (size_t i = 0; i < EXTRAS; i++) {
        const lln_matrix m = {LLN_FLOAT64, 1, extras[i].count,
                              extras[i].values};
        LLN_TRY(lln_writer_append(writer, m));
    }
    return lln_writer_finish(writer);
}

lln_status lln_weights_write(const lln_model *model, FILE *out,
                             lln_writer_format format)
{
    double sizes[SIZES];
    double input[INPUT] = {model->task.mean, model->task.sd};
    extra extras[EXTRAS];
    lln_writer *writer = NULL;
    size_t count = model->weight_count + EXTRAS;
    lln_writer_entry *entries = lln_array_alloc(count, sizeof *entries);
    if (!entries)
        return LLN_ENOMEM;
    get_sizes(model, sizes);
    list_extras(model, sizes, input, extras);
    list_entries(model, extras, entries);
    lln_status status = lln_writer_open(out, format, entries, count, &writer);
    if (status == LLN_OK)
        status = append_all(model, extras, writer);
    lln_writer_free(writer);
    free(entries);
    return status;
}

/* Copies the elements to out; messages name neither file nor key. */
static lln_status copy_tensor(const lln_tensor *tensor, size_t rows,
                              size_t columns, lln_precision precision,
                              void *out)
{
    size_t bad;
    char shape[LLN_TENSOR_SHAPE_TEXT];
    const lln_tensor_slice slice = {0, rows, columns, columns, 1};
    if (lln_tensor_count(tensor) != rows * columns)
        return lln_fail(LLN_EFORMAT, "shape %s; expected %zu x %zu",
                        lln_tensor_shape_text(tensor, shape, sizeof shape),
                        rows, columns);
    LLN_TRY(lln_tensor_copy(tensor, &slice, precision, out, &bad));
    if (bad < rows * columns)
        return lln_fail(LLN_EFORMAT, "entry %zu is not finite", bad);
    return LLN_OK;
}

/* Copies the array `key`, of these elements, to out. */
static lln_status read_array(lln_container *file, const char *key, size_t rows,
                             size_t columns, lln_precision precision, void *out)
{
    size_t index;
    lln_tensor tensor;
    char place[64];
    LLN_TRY(lln_container_find(file, key, &index));
    LLN_TRY(lln_container_read(file, index, &tensor));
    lln_status status = copy_tensor(&tensor, rows, columns, precision, out);
    lln_container_release(file, index);
    if (status == LLN_OK)
        return LLN_OK;
    snprintf(place, sizeof place, "key '%s'", key);
    return lln_fail_in(lln_fail_in(status, place), lln_container_name(file));
}

/* Compares all sizes except the steps. */
static lln_status check_sizes(lln_container *file, lln_model *model)
{
    double own[SIZES], stored[SIZES];
    size_t index;
    if (lln_container_find(file, "sizes", &index) != LLN_OK)
        return lln_fail(LLN_EFORMAT,
                        "%s: no weights of a model, as there is no array "
                        "'sizes'; expected a file that --save wrote",
                        lln_container_name(file));
    get_sizes(model, own);
    LLN_TRY(read_array(file, "sizes", 1, SIZES, LLN_FLOAT64, stored));
    for (size_t i = 0; i < STEPS; i++)
        if (stored[i] != own[i])
            return lln_fail(LLN_EFORMAT,
                            "%s: %s: %.0f in the file, but the options say "
                            "%.0f",
                            lln_container_name(file), size_names[i], stored[i],
                            own[i]);
    if (stored[STEPS] >= 0 && stored[STEPS] < 1e15)
        model->steps = (size_t)stored[STEPS];
    return LLN_OK;
}

static lln_status read_layers(lln_container *file, lln_model *model)
{
    size_t depth = model->sizes.depth;
    LLN_TRY(read_array(file, "sigma_q", 1, depth, LLN_FLOAT64, model->sigma_q));
    LLN_TRY(read_array(file, "sigma_k", 1, depth, LLN_FLOAT64, model->sigma_k));
    for (size_t i = 0; i < depth; i++) {
        lln_status status = lln_model_set_constants(model, i);
        if (status != LLN_OK)
            return lln_fail_in(status, lln_container_name(file));
    }
    return LLN_OK;
}

/* Lets the embedding take values (x - m) / s instead of the stored (x - m0) /
 * s0, with the same result: W (x - m0) / s0 = W s/s0 (x - m) / s + W (m - m0) /
 * s0. */
static lln_status adapt_embedding(lln_container *file, lln_model *model)
{
    const lln_linear *map = &model->parts.embedding.map;
    double mean = model->task.mean, sd = model->task.sd;
    double stored[INPUT];
    LLN_TRY(read_array(file, "input", 1, INPUT, LLN_FLOAT64, stored));
    if (!(sd > 0 && stored[1] > 0) || (stored[0] == mean && stored[1] == sd))
        return LLN_OK;
    const lln_matrix weight = {map->precision, map->outputs, map->inputs,
                               map->weight};
    const lln_matrix bias = {map->precision, 1, map->outputs, map->bias};
    for (size_t i = 0; i < map->outputs; i++) {
        double sum = 0;
        for (size_t j = 0; j < map->inputs; j++) {
            double w = lln_matrix_get(weight, i, j);
            sum += w;
            lln_precision_set(map->precision, map->weight, i * map->inputs + j,
                              w * sd / stored[1]);
        }
        lln_precision_set(map->precision, map->bias, i,
                          lln_matrix_get(bias, 0, i) +
                              sum * (mean - stored[0]) / stored[1]);
    }
    return LLN_OK;
}

static lln_status read_all(lln_container *file, lln_model *model)
{
    LLN_TRY(check_sizes(file, model));
    for (size_t i = 0; i < model->weight_count; i++) {
        const lln_weight *w = &model->weights[i];
        size_t index;
        if (w->optional && lln_container_find(file, w->name, &index) != LLN_OK)
            continue;
        LLN_TRY(read_array(file, w->name, w->rows, w->columns,
                           model->sizes.precision, tensor_of(model, w)));
    }
    LLN_TRY(adapt_embedding(file, model));
    return read_layers(file, model);
}

lln_status lln_weights_read(const char *path, lln_model *model)
{
    lln_container *file;
    LLN_TRY(lln_container_open(path, &file));
    lln_status status = read_all(file, model);
    lln_container_close(file);
    return status;
}
