/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/views.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PLACE_TEXT = 100 };

/* "layer 0, head 3, " without the axes that the array does not have. */
static const char *place_text(const lln_layout *layout, lln_place at,
                              char text[PLACE_TEXT])
{
    const size_t index[] = {at.batch, at.layer, at.head};
    static const char *names[] = {"batch", "layer", "head"};
    text[0] = '\0';
    for (int kind = LLN_AXIS_BATCH; kind <= LLN_AXIS_HEAD; kind++) {
        size_t used = strlen(text);
        if (layout->present[kind])
            snprintf(text + used, PLACE_TEXT - used, "%s %zu, ", names[kind],
                     index[kind]);
    }
    return text;
}

lln_status lln_view_open(const char *name, const lln_tensor *tensor,
                         const lln_axes *axes, lln_role role, lln_place at,
                         lln_view *view)
{
    *view = (lln_view){.name = name, .tensor = *tensor, .at = at};
    LLN_TRY(lln_layout_read(axes, role, name, tensor, &view->layout));
    view->slice = lln_layout_slice(&view->layout, at.batch, at.layer, at.head);
    return LLN_OK;
}

void lln_view_cut(lln_view *view, size_t first, size_t rows)
{
    view->first += first;
    view->slice.offset += first * view->slice.row_stride;
    view->slice.rows = rows;
}

void lln_view_cut_columns(lln_view *view, size_t first, size_t columns)
{
    view->first_column += first;
    view->slice.offset += first * view->slice.column_stride;
    view->slice.columns = columns;
}

/* "q.npy: layer 0, head 3, row 17, column 5: nan; expected ..." */
static lln_status bad_entry(lln_status status, const lln_view *view, size_t i,
                            size_t j, const char *wanted)
{
    char where[PLACE_TEXT];
    const lln_tensor_slice *slice = &view->slice;
    double value =
        lln_tensor_get(&view->tensor, slice->offset + i * slice->row_stride +
                                          j * slice->column_stride);
    if (isnan(value))
        value = fabs(value); /* the sign of a NaN means nothing */
    return lln_fail(status, "%s: %srow %zu, column %zu: %g; expected %s",
                    view->name, place_text(&view->layout, view->at, where),
                    view->first + i, view->first_column + j, value, wanted);
}

static lln_status bad_number(lln_status status, const lln_view *view,
                             size_t bad, const char *wanted)
{
    return bad_entry(status, view, bad / view->slice.columns,
                     bad % view->slice.columns, wanted);
}

void lln_view_place(const lln_view *view, size_t row, char *text, size_t size)
{
    char where[PLACE_TEXT];
    snprintf(text, size, "%s: %srow %zu", view->name,
             place_text(&view->layout, view->at, where), row);
}

lln_status lln_view_refuse(const lln_view *view, size_t i, size_t j,
                           const char *expected)
{
    return bad_entry(LLN_EFORMAT, view, i, j, expected);
}

/* Prepends the name of the array to the message of a failure. */
static lln_status in_view(const lln_view *view, lln_status status)
{
    return status == LLN_OK ? LLN_OK : lln_fail_in(status, view->name);
}

lln_status lln_view_check(const lln_view *view)
{
    size_t bad;
    LLN_TRY(in_view(
        view, lln_tensor_find_nonfinite(&view->tensor, &view->slice, &bad)));
    if (bad < view->slice.rows * view->slice.columns)
        return bad_number(LLN_EFORMAT, view, bad, "finite numbers");
    return LLN_OK;
}

lln_status lln_view_copy(const lln_view *view, lln_precision precision,
                         void *out)
{
    size_t bad;
    LLN_TRY(in_view(view, lln_tensor_copy(&view->tensor, &view->slice,
                                          precision, out, &bad)));
    if (bad < view->slice.rows * view->slice.columns)
        return bad_number(LLN_EUNDEFINED, view, bad,
                          "numbers in the range of float32");
    return LLN_OK;
}

lln_status lln_view_copy_any(const lln_view *view, double *out)
{
    size_t bad;
    return in_view(view, lln_tensor_copy(&view->tensor, &view->slice,
                                         LLN_FLOAT64, out, &bad));
}
