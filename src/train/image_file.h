/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A pair of files of images and labels, checked against each other. */
#ifndef LLN_TRAIN_IMAGE_FILE_H
#define LLN_TRAIN_IMAGE_FILE_H

#include "tensor/data_file.h"

typedef struct {
    lln_data_file images, labels;
    size_t count, rows, columns, channels;
} lln_image_file;

/* Opens both files; lln_image_file_close releases a zeroed one too.
 * LLN_EFORMAT: images of another number of axes, or with 1, 3 or 4 elements in
 * axis 1 and more than 4 in axis 3, as with channels first; labels of more than
 * one axis, or another number of labels than images; also the failures of
 * lln_data_file_open. */
LLN_NODISCARD lln_status lln_image_file_open(const char *images,
                                             const char *labels,
                                             lln_image_file *file);

void lln_image_file_close(lln_image_file *file);

/* Reads labels first .. first + count - 1. LLN_EFORMAT: one that is no whole
 * number from 0 to classes - 1. */
LLN_NODISCARD lln_status lln_image_file_labels(const lln_image_file *file,
                                               size_t first, size_t count,
                                               size_t classes, int32_t *labels);

/* Reads the pixels of images first .. first + count - 1 as patches: values
 * [count x tokens x patch patch channels]. LLN_EFORMAT: a pixel that is not
 * finite in float32. The patch must divide rows and columns. */
LLN_NODISCARD lln_status lln_image_file_patches(const lln_image_file *file,
                                                size_t first, size_t count,
                                                size_t patch, float *values);

#endif
