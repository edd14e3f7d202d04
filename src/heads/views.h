/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The matrix of one head in an array.
 * Example: layers.3.q [2, 12, 512, 64] with layout bhnd and at = {batch 1,
 * layer 0, head 7} gives a view with slice {offset 622592, rows 512, columns
 * 64, row_stride 64, column_stride 1}. lln_view_cut(&view, 0, 300) leaves the
 * first 300 tokens in it. */
#ifndef LLN_HEADS_VIEWS_H
#define LLN_HEADS_VIEWS_H

#include "heads/heads.h"
#include "heads/layout.h"

typedef struct {
    const char *name; /* of the array, for messages */
    lln_tensor tensor;
    lln_layout layout;
    lln_place at;
    lln_tensor_slice slice;
    size_t first; /* index of the first token in the view */
    size_t first_column;
} lln_view;

/* Makes a view of all tokens of the head at `at` in the array of a role.
 * Statuses are those of lln_layout_read. */
LLN_NODISCARD lln_status lln_view_open(const char *name,
                                       const lln_tensor *tensor,
                                       const lln_axes *axes, lln_role role,
                                       lln_place at, lln_view *view);

/* Keeps only tokens first ... first + rows - 1 in the view. */
void lln_view_cut(lln_view *view, size_t first, size_t rows);

/* Leaves columns first ... first + columns - 1 in the view. */
void lln_view_cut_columns(lln_view *view, size_t first, size_t columns);

/* Writes "q.npy: layer 0, head 3, row 17" to text [size]: the row of an array,
 * with padding. */
void lln_view_place(const lln_view *view, size_t row, char *text, size_t size);

/* LLN_EFORMAT, with the place and the value of entry (i, j) of the view, and
 * what was expected. */
lln_status lln_view_refuse(const lln_view *view, size_t i, size_t j,
                           const char *expected);

/* LLN_EFORMAT if a value is not finite; the message states its row and
 * column. */
LLN_NODISCARD lln_status lln_view_check(const lln_view *view);

/* Copies the view to out [rows x columns]. LLN_EUNDEFINED: a value is outside
 * the range of the precision. */
LLN_NODISCARD lln_status lln_view_copy(const lln_view *view,
                                       lln_precision precision, void *out);

/* Copies the view to out [rows x columns] without checking its values. */
LLN_NODISCARD lln_status lln_view_copy_any(const lln_view *view, double *out);

#endif
