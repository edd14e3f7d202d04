/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/image_file.h"

#include <math.h>

#include "core/text.h"

/* Whether images are [count x channels x rows x columns]: 1, 3 or 4 of them in
 * axis 1, and more than 4 elements in the last axis. */
static bool has_channels_first(const lln_tensor *images)
{
    size_t second = images->shape[1];
    return images->axes == 4 && images->shape[3] > 4 &&
           (second == 1 || second == 3 || second == 4);
}

static lln_status find_shape(lln_image_file *file)
{
    const lln_tensor *images = &file->images.elements.tensor;
    const lln_tensor *labels = &file->labels.elements.tensor;
    char shape[LLN_TENSOR_SHAPE_TEXT];
    if (images->axes != 3 && images->axes != 4)
        return lln_fail(LLN_EFORMAT,
                        "%s: shape %s; expected images [count x rows x "
                        "columns] or [count x rows x columns x channels]",
                        file->images.name,
                        lln_tensor_shape_text(images, shape, sizeof shape));
    if (has_channels_first(images))
        return lln_fail(LLN_EFORMAT,
                        "%s: shape %s; expected channels last, [count x rows x "
                        "columns x channels], but axis 1 seems to have them",
                        file->images.name,
                        lln_tensor_shape_text(images, shape, sizeof shape));
    if (labels->axes == 0 || file->labels.elements.count != labels->shape[0])
        return lln_fail(LLN_EFORMAT, "%s: shape %s; expected labels [count]",
                        file->labels.name,
                        lln_tensor_shape_text(labels, shape, sizeof shape));
    if (labels->shape[0] != images->shape[0])
        return lln_fail(LLN_EFORMAT, "%s: %zu label%s, but %s has %zu image%s",
                        file->labels.name, labels->shape[0],
                        lln_text_plural(labels->shape[0]), file->images.name,
                        images->shape[0], lln_text_plural(images->shape[0]));
    file->count = images->shape[0];
    file->rows = images->shape[1];
    file->columns = images->shape[2];
    file->channels = images->axes == 4 ? images->shape[3] : 1;
    return LLN_OK;
}

lln_status lln_image_file_open(const char *images, const char *labels,
                               lln_image_file *file)
{
    *file = (lln_image_file){.count = 0};
    lln_status status = lln_data_file_open(images, &file->images);
    if (status == LLN_OK)
        status = lln_data_file_open(labels, &file->labels);
    if (status == LLN_OK)
        status = find_shape(file);
    if (status != LLN_OK)
        lln_image_file_close(file);
    return status;
}

void lln_image_file_close(lln_image_file *file)
{
    lln_data_file_close(&file->images);
    lln_data_file_close(&file->labels);
    *file = (lln_image_file){.count = 0};
}

lln_status lln_image_file_labels(const lln_image_file *file, size_t first,
                                 size_t count, size_t classes, int32_t *labels)
{
    for (size_t i = 0; i < count; i++) {
        double label = lln_elements_get(&file->labels.elements, first + i);
        if (!(label >= 0 && label < (double)classes && label == floor(label)))
            return lln_fail(LLN_EFORMAT,
                            "%s: the label of image %zu, counted from 0, is "
                            "%g; expected a whole number from 0 to %zu",
                            file->labels.name, first + i, label, classes - 1);
        labels[i] = (int32_t)label;
    }
    return LLN_OK;
}

/* Reads the number at place `at` of the images. */
static lln_status get_value(const lln_image_file *file, size_t at, float *out)
{
    const lln_elements *elements = &file->images.elements;
    double value = lln_elements_get(elements, at);
    char place[LLN_TENSOR_SHAPE_TEXT];
    *out = (float)value;
    if (isfinite(*out))
        return LLN_OK;
    return lln_fail(
        LLN_EFORMAT, "%s: entry %s: %g; expected %s", file->images.name,
        lln_elements_place(elements, at, place, sizeof place), value,
        isfinite(value) ? "numbers within the range of float32"
                        : "finite numbers");
}

/* Where pixel (row, column) begins among the values of its image. */
static size_t find_value(const lln_image_file *file, size_t patch, size_t row,
                         size_t column)
{
    size_t token = row / patch * (file->columns / patch) + column / patch;
    size_t inside = row % patch * patch + column % patch;
    return (token * patch * patch + inside) * file->channels;
}

lln_status lln_image_file_patches(const lln_image_file *file, size_t first,
                                  size_t count, size_t patch, float *values)
{
    size_t pixels = file->rows * file->columns;
    for (size_t i = 0; i < count * pixels; i++) {
        size_t image = i / pixels, row = i % pixels / file->columns;
        float *out = values + image * pixels * file->channels +
                     find_value(file, patch, row, i % file->columns);
        for (size_t c = 0; c < file->channels; c++)
            LLN_TRY(get_value(file, (first * pixels + i) * file->channels + c,
                              &out[c]));
    }
    return LLN_OK;
}
