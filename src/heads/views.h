/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The matrix of one head in an array. */
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
} lln_view;

/* "layer 0, head 3, " without the axes that the array does not have. */
enum { LLN_PLACE_TEXT = 100 };
const char *lln_place_text(const lln_layout *layout, lln_place at,
                           char text[LLN_PLACE_TEXT]);

/* Makes a view of the first `rows` tokens of a head. LLN_EINVAL, LLN_EFORMAT:
 * those of lln_layout_read. */
LLN_NODISCARD lln_status lln_view_open(const char *name,
                                       const lln_tensor *tensor,
                                       const char *layout, lln_place at,
                                       size_t rows, lln_view *view);

/* LLN_EFORMAT if a number is not finite; the message says where it stands. */
LLN_NODISCARD lln_status lln_view_check(const lln_view *view);

/* Copies the view to out [rows x columns]. LLN_EUNDEFINED: a number beyond the
 * precision. */
LLN_NODISCARD lln_status lln_view_copy(const lln_view *view,
                                       lln_precision precision, void *out);

/* Copies the view to out [rows x columns] whatever its numbers are. */
LLN_NODISCARD lln_status lln_view_copy_any(const lln_view *view, double *out);

#endif
