/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/shared_keys.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 1024 }; /* bytes of the name of an array in a message */

struct lln_shared_keys {
    lln_kernel_arrays *arrays;
};

/* The numbers for one head. */
typedef struct {
    char name[NAME];
    lln_tensor tensor;
    lln_tensor_slice slice;
} part;

lln_status lln_shared_keys_open(const char *list, lln_shared_keys **shared)
{
    *shared = calloc(1, sizeof **shared);
    if (!*shared)
        return lln_fail(LLN_ENOMEM, "out of memory");
    lln_status status = lln_kernel_arrays_open(list, NULL, &(*shared)->arrays);
    if (status == LLN_OK)
        return LLN_OK;
    lln_shared_keys_free(*shared);
    *shared = NULL;
    return status == LLN_EINVAL ? lln_fail_in(status, "--arrays") : status;
}

void lln_shared_keys_free(lln_shared_keys *shared)
{
    if (shared)
        lln_kernel_arrays_free(shared->arrays);
    free(shared);
}

bool lln_shared_keys_are_double(const lln_shared_keys *shared,
                                const lln_head *head)
{
    char name[NAME];
    lln_tensor tensor;
    return lln_kernel_arrays_tensor(shared->arrays, 0, head, name, sizeof name,
                                    &tensor) == LLN_OK &&
           tensor.dtype == LLN_DTYPE_F64;
}

/* The size of an axis of the array; 0: it does not have the axis. */
static size_t size_of(char letter, const lln_head *head, size_t features)
{
    switch (letter) {
    case 'b':
        return head->of.batch;
    case 'l':
        return head->of.layer;
    case 'n':
        return head->keys;
    case 'd':
    case 'D':
        return features;
    default:
        return 0;
    }
}

/* Moves the slice to the head along an axis. */
static void take_axis(char letter, const lln_head *head, size_t stride,
                      lln_tensor_slice *slice)
{
    if (letter == 'b')
        slice->offset += head->at.batch * stride;
    else if (letter == 'l')
        slice->offset += head->at.layer * stride;
    else if (letter == 'n')
        slice->row_stride = stride;
    else
        slice->column_stride = stride;
}

/* Whether the axes, but for those of size 1, are those of the letters. */
static bool match(const char *letters, const lln_head *head, size_t features,
                  part *p)
{
    size_t axis = 0, axes = p->tensor.axes;
    const size_t *shape = p->tensor.shape;
    p->slice = (lln_tensor_slice){.rows = head->k.rows, .columns = features};
    for (const char *letter = letters; *letter; letter++) {
        size_t size = size_of(*letter, head, features);
        if (size <= 1)
            continue;
        while (axis < axes && shape[axis] == 1)
            axis++;
        if (axis == axes || shape[axis] != size)
            return false;
        take_axis(*letter, head, p->tensor.strides[axis++], &p->slice);
    }
    while (axis < axes && shape[axis] == 1)
        axis++;
    p->slice.offset += head->first_key * p->slice.row_stride;
    return axis == axes;
}

/* "(2, 512, 64)", the shape that was expected. */
static void write_expected(const char *letters, const lln_head *head,
                           size_t features, char *text, size_t size)
{
    lln_tensor wanted = {.axes = 0};
    for (const char *letter = letters; *letter; letter++)
        if (size_of(*letter, head, features) > 0)
            wanted.shape[wanted.axes++] = size_of(*letter, head, features);
    lln_tensor_shape_text(&wanted, text, size);
}

/* Features of the keys in their own array. */
static size_t own_features(const lln_bundle_shape *shape)
{
    return shape->layout[LLN_KEYS].size[LLN_AXIS_FEATURE];
}

static lln_status find_part(const lln_shared_keys *shared,
                            const lln_bundle_shape *shape, const lln_head *head,
                            part *p)
{
    char found[LLN_TENSOR_SHAPE_TEXT], wanted[LLN_TENSOR_SHAPE_TEXT];
    char one[LLN_LETTERS];
    const lln_layout *keys = &shape->layout[LLN_KEYS];
    size_t features = head->k.columns - own_features(shape);
    const char *letters = lln_letters_of_one(
        lln_axes_letters(&shape->axes, 2 + keys->present[LLN_AXIS_BATCH]), one);
    LLN_TRY(lln_kernel_arrays_tensor(shared->arrays, 0, head, p->name,
                                     sizeof p->name, &p->tensor));
    if (match(letters, head, features, p))
        return LLN_OK;
    write_expected(letters, head, features, wanted, sizeof wanted);
    return lln_fail(LLN_EINVAL,
                    "%s: shape %s; expected %s, the %zu features of keys that "
                    "all heads share",
                    p->name,
                    lln_tensor_shape_text(&p->tensor, found, sizeof found),
                    wanted, features);
}

static lln_status refuse(lln_status status, const part *p, size_t row,
                         size_t column, const char *expected)
{
    const lln_tensor_slice *slice = &p->slice;
    size_t at =
        slice->offset + row * slice->row_stride + column * slice->column_stride;
    double value = lln_tensor_get(&p->tensor, at);
    return lln_fail(status, "%s: row %zu, column %zu: %g; expected %s", p->name,
                    row, column, isnan(value) ? fabs(value) : value, expected);
}

lln_status lln_shared_keys_check(const lln_shared_keys *shared,
                                 const lln_bundle_shape *shape,
                                 const lln_head *head)
{
    part p;
    size_t bad;
    LLN_TRY(find_part(shared, shape, head, &p));
    lln_status status = lln_tensor_find_nonfinite(&p.tensor, &p.slice, &bad);
    if (status != LLN_OK)
        return lln_fail_in(status, p.name);
    size_t columns = p.slice.columns;
    if (bad == p.slice.rows * columns)
        return LLN_OK;
    return refuse(LLN_EFORMAT, &p, bad / columns, bad % columns,
                  "finite numbers");
}

/* Copies row i to its end of row i of k. */
static lln_status copy_row(const part *p, size_t i, size_t own,
                           const lln_matrix_output *k)
{
    size_t bad,
        size = k->precision == LLN_FLOAT64 ? sizeof(double) : sizeof(float);
    lln_tensor_slice row = p->slice;
    row.offset += i * row.row_stride;
    row.rows = 1;
    char *to = (char *)k->data + (i * k->columns + own) * size;
    lln_status status =
        lln_tensor_copy(&p->tensor, &row, k->precision, to, &bad);
    if (status != LLN_OK)
        return lln_fail_in(status, p->name);
    return bad == row.columns ? LLN_OK
                              : refuse(LLN_EUNDEFINED, p, i, bad,
                                       "numbers in the range of float32");
}

lln_status lln_shared_keys_add(const lln_shared_keys *shared,
                               const lln_bundle_shape *shape,
                               const lln_head *head, const lln_matrix_output *k)
{
    part p;
    size_t own = own_features(shape);
    size_t size = k->precision == LLN_FLOAT64 ? sizeof(double) : sizeof(float);
    char *data = k->data;
    LLN_TRY(find_part(shared, shape, head, &p));
    for (size_t i = k->rows; i-- > 0;)
        memmove(data + i * k->columns * size, data + i * own * size,
                own * size);
    for (size_t i = 0; i < k->rows; i++)
        LLN_TRY(copy_row(&p, i, own, k));
    return LLN_OK;
}
