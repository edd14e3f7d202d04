/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/layout.h"

#include <stdio.h>
#include <string.h>

/* In the order of LLN_AXIS_BATCH and the others. */
static const char axis_letters[] = "blhnd";

/* Layouts that fit an array with so many axes. */
static const char *fitting(size_t axes)
{
    static const char *layouts[] = {
        [2] = "nd",
        [3] = "hnd or nhd",
        [4] = "lhnd, bhnd or bnhd",
        [5] = "lbhnd or blhnd",
    };
    return axes >= 2 && axes <= 5 ? layouts[axes] : NULL;
}

static lln_status wrong_axes(const char *letters, const char *name,
                             const lln_tensor *tensor)
{
    char shape[200];
    const char *fit = fitting(tensor->axes);
    lln_tensor_shape_text(tensor, shape, sizeof shape);
    if (!fit)
        return lln_fail(LLN_EFORMAT,
                        "%s: shape %s; expected 2 axes (layout nd), 3 (%s), "
                        "4 (%s) or 5 (%s)",
                        name, shape, fitting(3), fitting(4), fitting(5));
    if (!letters)
        return lln_fail(LLN_EFORMAT, "%s: shape %s needs a layout; expected %s",
                        name, shape, fit);
    return lln_fail(LLN_EFORMAT,
                    "%s: shape %s does not have layout '%s'; expected %s", name,
                    shape, letters, fit);
}

static lln_status check_letters(const char *letters)
{
    bool good = strchr(letters, 'n') && strchr(letters, 'd');
    for (const char *c = letters; *c; c++)
        good = good && strchr(axis_letters, *c) && !strchr(c + 1, *c);
    if (!good)
        return lln_fail(LLN_EINVAL,
                        "layout '%s': expected n (tokens), d (features) and "
                        "perhaps h (heads), l (layers), b (batch), each once",
                        letters);
    return LLN_OK;
}

lln_status lln_layout_read(const char *letters, const char *name,
                           const lln_tensor *tensor, lln_layout *layout)
{
    if (letters)
        LLN_TRY(check_letters(letters));
    if (tensor->axes != (letters ? strlen(letters) : 2))
        return wrong_axes(letters, name, tensor);
    for (int kind = 0; kind < LLN_AXIS_KINDS; kind++) {
        const char *found = strchr(letters ? letters : "nd", //
                                   axis_letters[kind]);
        size_t axis = found ? (size_t)(found - (letters ? letters : "nd")) : 0;
        layout->present[kind] = found != NULL;
        layout->size[kind] = found ? tensor->shape[axis] : 1;
        layout->stride[kind] = found ? tensor->strides[axis] : 0;
    }
    return LLN_OK;
}

lln_tensor_slice lln_layout_slice(const lln_layout *layout, size_t batch,
                                  size_t layer, size_t head)
{
    return (lln_tensor_slice){
        .offset = batch * layout->stride[LLN_AXIS_BATCH] +
                  layer * layout->stride[LLN_AXIS_LAYER] +
                  head * layout->stride[LLN_AXIS_HEAD],
        .rows = layout->size[LLN_AXIS_TOKEN],
        .columns = layout->size[LLN_AXIS_FEATURE],
        .row_stride = layout->stride[LLN_AXIS_TOKEN],
        .column_stride = layout->stride[LLN_AXIS_FEATURE],
    };
}

/* Digits at *text; the value stops growing at `limit`. */
static bool read_index(const char **text, size_t limit, size_t *index)
{
    const char *first = *text;
    *index = 0;
    for (; **text >= '0' && **text <= '9'; ++*text) {
        size_t digit = (size_t)(**text - '0');
        *index = *index > (limit - digit) / 10 ? limit : *index * 10 + digit;
    }
    return *text > first;
}

/* "3" or "0-3" and the comma behind it, if there is one. */
static bool read_range(const char **text, size_t *low, size_t *high)
{
    const size_t limit = (size_t)-1;
    if (!read_index(text, limit, low))
        return false;
    *high = *low;
    if (**text == '-') {
        ++*text;
        if (!read_index(text, limit, high) || *high < *low)
            return false;
    }
    if (**text == ',')
        return *++*text != '\0';
    return **text == '\0';
}

lln_status lln_selection_read(const char *text, const char *option,
                              const char *name, size_t size, bool *chosen)
{
    for (size_t i = 0; i < size; i++)
        chosen[i] = text == NULL;
    size_t low, high;
    const char *rest = text;
    while (text && (*rest || rest == text)) {
        if (!read_range(&rest, &low, &high))
            return lln_fail(LLN_EINVAL,
                            "--%s '%s': expected numbers and ranges such as "
                            "0-3,7",
                            option, text);
        if (high >= size)
            return lln_fail(LLN_EFORMAT, "--%s %s: %s has %s 0-%zu", option,
                            text, name, option, size - 1);
        for (size_t i = low; i <= high; i++)
            chosen[i] = true;
    }
    return LLN_OK;
}
