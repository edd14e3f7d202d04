/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of lln-train: one row for each kernel and evaluation, or with
 * --each for each seed and layer of it. */
#ifndef LLN_TOOLS_TRAIN_ROWS_H
#define LLN_TOOLS_TRAIN_ROWS_H

#include "rows.h"
#include "train/readings.h"
#include "train_learner.h"

/* One evaluation of one model. */
typedef struct {
    double epoch, train_loss;
    lln_model_score score;
    lln_readings *layers; /* [depth] */
} train_evaluation;

/* Opens the table of `seeds` seeds on the output. */
row_writer *train_rows_open(size_t seeds);

/* The readings that printed columns need, bits of lln_reading. */
unsigned train_rows_readings(const row_writer *writer);

/* Writes the rows of one step: evaluations[count] of learners[count], which
 * have the same kernel and different seeds. */
void train_rows_put(row_writer *writer, size_t step,
                    const train_evaluation *evaluations,
                    const train_learner *learners, size_t count);

/* The number of these rows. */
size_t train_rows_count(size_t seeds);

#endif
