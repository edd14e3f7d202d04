/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A pattern in a file: a number for each query and key of a head. */
#ifndef LLN_HEADS_PATTERN_FILE_H
#define LLN_HEADS_PATTERN_FILE_H

#include "heads/heads.h"

typedef struct lln_pattern_file lln_pattern_file;

/* The part of a pattern that is for one head. */
typedef struct {
    lln_logit_grid grid;   /* of numbers or flags */
    const size_t *numbers; /* instead of them, if the array has integers */
} lln_pattern_grid;

/* Opens FILE[:KEY], an array of booleans or numbers; KEY may be a pattern with
 * an array for each layer. A .npy file may also have integers of at least 0,
 * which are kept in memory; of others no element is read. LLN_EINVAL,
 * LLN_EFORMAT: no such file or array; else the statuses of
 * lln_kernel_arrays_open. Messages begin with --pattern. */
LLN_NODISCARD lln_status lln_pattern_file_open(const char *place,
                                               lln_pattern_file **file);

/* NULL is legal. */
void lln_pattern_file_close(lln_pattern_file *file);

/* The name of the file. */
const char *lln_pattern_file_name(const lln_pattern_file *file);

/* The part for a described head, which lives as long as the file. Shapes are
 * those of lln_grid_find. LLN_EINVAL: the shape does not go with the head. */
LLN_NODISCARD lln_status lln_pattern_file_find(const lln_pattern_file *file,
                                               const lln_head *head,
                                               lln_pattern_grid *grid);

/* The numbers of query i for the keys first, first + 1, ...: out [count]. May
 * be called by several threads. LLN_EFORMAT: a number is not finite; the
 * statuses of lln_tensor_copy. */
LLN_NODISCARD lln_status lln_pattern_row(const lln_pattern_grid *grid, size_t i,
                                         size_t first, size_t count,
                                         double *out);

#endif
