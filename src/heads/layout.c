/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/layout.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"

enum {
    FITTING_TEXT = 64, /* bytes of a list of layouts */
    LIST_TEXT = 200    /* and of numbers */
};

/* In the order of LLN_AXIS_BATCH and the others. */
static const char axis_letters[] = "blhnd";

const char *const *lln_layouts(size_t axes)
{
    static const char *const layouts[][4] = {
        {"nd"}, {"hnd", "nhd"}, {"lhnd", "bhnd", "bnhd"}, {"lbhnd", "blhnd"}};
    return axes >= 2 && axes <= 5 ? layouts[axes - 2] : NULL;
}

void lln_layouts_append(char *text, size_t size, const char *layout, bool last)
{
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s",
             used == 0 ? ""
             : last    ? " or "
                       : ", ",
             layout);
}

/* "lhnd, bhnd or bnhd": the layouts with so many axes. */
static const char *fitting_layouts(size_t axes, char text[FITTING_TEXT])
{
    const char *const *layouts = lln_layouts(axes);
    text[0] = '\0';
    for (; layouts && *layouts; layouts++)
        lln_layouts_append(text, FITTING_TEXT, *layouts, !layouts[1]);
    return text;
}

static lln_status wrong_axes(const char *letters, const char *name,
                             const lln_tensor *tensor)
{
    char shape[200], fit[FITTING_TEXT], four[FITTING_TEXT], five[FITTING_TEXT];
    lln_tensor_shape_text(tensor, shape, sizeof shape);
    if (!lln_layouts(tensor->axes))
        return lln_fail(LLN_EFORMAT,
                        "%s: shape %s; expected 2 axes (layout nd), 3 (%s), "
                        "4 (%s) or 5 (%s)",
                        name, shape, fitting_layouts(3, fit),
                        fitting_layouts(4, four), fitting_layouts(5, five));
    fitting_layouts(tensor->axes, fit);
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

void lln_layout_tensor(const char *letters, const size_t size[LLN_AXIS_KINDS],
                       lln_tensor *tensor)
{
    *tensor = (lln_tensor){.axes = 0};
    for (const char *c = letters ? letters : "nd"; *c; c++)
        tensor->shape[tensor->axes++] =
            size[strchr(axis_letters, *c) - axis_letters];
    lln_tensor_set_strides(tensor, false);
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

/* "0-3, 7": the numbers that there are. */
static const char *list_numbers(const size_t *numbers, size_t count,
                                char text[LIST_TEXT])
{
    text[0] = '\0';
    for (size_t i = 0; i < count;) {
        char item[64];
        size_t first = i++;
        while (i < count && numbers[i] == numbers[i - 1] + 1)
            i++;
        snprintf(item, sizeof item, i > first + 1 ? "%zu-%zu" : "%zu",
                 numbers[first], numbers[i - 1]);
        lln_text_append(text, LIST_TEXT, item);
    }
    return text;
}

/* Chooses the numbers low .. high, which must all be there. */
static bool choose_numbers(size_t low, size_t high, const size_t *numbers,
                           size_t count, bool *chosen)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (numbers[i] >= low && numbers[i] <= high) {
            chosen[i] = true;
            found++;
        }
    return found > 0 && found - 1 == high - low;
}

lln_status lln_selection_read(const char *text, const char *option,
                              const char *name, const size_t *numbers,
                              size_t count, bool *chosen)
{
    for (size_t i = 0; i < count; i++)
        chosen[i] = text == NULL;
    size_t low, high;
    const char *rest = text;
    while (text && (*rest || rest == text)) {
        if (!read_range(&rest, &low, &high))
            return lln_fail(LLN_EINVAL,
                            "--%s '%s': expected numbers and ranges such as "
                            "0-3,7",
                            option, text);
        if (!choose_numbers(low, high, numbers, count, chosen)) {
            char there[LIST_TEXT];
            return lln_fail(LLN_EFORMAT, "--%s %s: %s has %s %s", option, text,
                            name, option, list_numbers(numbers, count, there));
        }
    }
    return LLN_OK;
}
