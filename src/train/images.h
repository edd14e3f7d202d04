/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Classification of images, cut into square patches: each patch is a token.
 * Example: 60,000 images of 28 x 28 in patches of 4 x 4 are examples of 49
 * tokens with 16 values. Tokens follow the rows of patches from the top left;
 * the values of a patch follow its rows, all channels of a pixel together. */
#ifndef LLN_TRAIN_IMAGES_H
#define LLN_TRAIN_IMAGES_H

#include "train/task.h"

/* Files are IDX or .npy, also compressed by gzip, see tensor/data_file.h.
 * Images are [count x rows x columns] or [count x rows x columns x channels]
 * numbers of any type, labels [count] whole numbers from 0. */
typedef struct {
    const char *images, *labels;
    const char *test_images, *test_labels; /* both NULL: see lln_images_open */
    size_t train, test; /* examples; 0: as many as possible, see there */
    size_t patch;       /* side of a patch, a divisor of rows and columns */
    size_t classes;     /* labels are below it */
} lln_images_options;

/* Reads and checks the files, and opens the task.
 * Training examples are the first `train` of the file, and held-out examples
 * the first `test` of the test files. Without test files, held-out examples are
 * the last `test` of the only file (0: a tenth of it, at least 1), which are
 * then never trained on.
 * Pixels become (pixel - m) / s, where m is the mean and s the standard
 * deviation (divisor: count) of all pixels of the training examples. A common
 * scale of all pixels has no effect. Batches: with `count` examples in a batch,
 * an epoch is train / count (rounded down) batches of a permutation of the
 * training examples. The rest, less than a batch, is left out of this epoch.
 * LLN_EFORMAT: a damaged file; images and labels that differ in number; sizes
 * that the patch does not divide; a label that is negative, has a fraction, or
 * is not below `classes`; pixels that are NaN, infinite or all equal; test
 * images of another shape or kind of number; fewer images in a file than
 * `train` or `test`. LLN_EIO, LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_images_open(const lln_images_options *options,
                                         lln_task *task);

#endif
