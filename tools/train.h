/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What lln-train was asked to do. */
#ifndef LLN_TOOLS_TRAIN_H
#define LLN_TOOLS_TRAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "train/task.h"

typedef struct {
    const char *task; /* "images" or "recall" */
    const char *images, *labels, *test_images, *test_labels;
    size_t train, test, patch, classes;
    size_t tokens, pairs, vocabulary;
    const char *kernels, *seeds;
    size_t width, depth, head_count, mlp;
    size_t steps, epochs, batch, warm_up, every;
    double rate, decay, clip;
    size_t examples; /* held-out examples whose heads are measured */
    const char *dump, *save, *load; /* NULL: not given */
} train_options;

extern train_options train_asked; /* initialised with the defaults */

/* Whether the task is recall. */
bool train_recalls(void);

/* Opens the task that the options describe, and sets the options whose default
 * depends on it. Ends the process on failure. */
lln_task train_task_open(void);

/* Trains all kernels and writes the table; returns the exit status for main. */
int train_write(void);

#endif
