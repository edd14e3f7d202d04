/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The files that lln-train writes beside its table: heads and weights. */
#ifndef LLN_TOOLS_TRAIN_FILES_H
#define LLN_TOOLS_TRAIN_FILES_H

#include <stddef.h>

#include "train_learner.h"

/* `pattern` with {kernel} and {seed} replaced; characters of a kernel other
 * than letters, digits and ".+_=-" become '-'. The caller frees it. */
char *train_file_name(const char *pattern, const char *kernel,
                      const char *seed);

/* Ends the process if --dump or --save names a file that cannot be written, an
 * input, or a file that --output, another option, kernel or seed names too. */
void train_files_check(const lln_train_attention *kernels, size_t kernel_count,
                       const char *const *seeds, size_t seed_count);

/* The heads of held-out examples, float32: q, k and v [depth x count x
 * head_count x tokens x size]. */
typedef struct {
    float *all; /* owned: q, k and v */
    float *q, *k, *v;
    size_t depth, count, head_count, tokens, size;
} train_heads;

/* Write what --dump and --save ask for, if they do, of one learner. Statuses of
 * side_file.h and of the writer; the message begins with the file. */
LLN_NODISCARD lln_status train_files_dump(const train_heads *heads,
                                          const train_learner *learner);
LLN_NODISCARD lln_status train_files_save(const train_learner *learner);

#endif
