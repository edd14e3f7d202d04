/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/layout.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"

enum {
    FITTING_TEXT = 64, /* bytes of a list of layouts */
    LIST_TEXT = 200    /* bytes of a list of numbers */
};

/* In the order of LLN_AXIS_BATCH ... LLN_AXIS_FEATURE. */
static const char axis_letters[] = "blhnd";
static const char stored_letters[] = "blhnm";

const char *const *lln_stored_layouts(size_t axes)
{
    static const char *const layouts[][4] = {
        {"nm"}, {"hnm", "lnm", "bnm"}, {"bhnm", "lhnm"}, {"lbhnm", "blhnm"}};
    return axes >= 2 && axes <= 5 ? layouts[axes - 2] : NULL;
}

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

/* "lhnd, bhnd or bnhd" */
static const char *list_layouts(const char *const *layouts,
                                char text[FITTING_TEXT])
{
    text[0] = '\0';
    for (; layouts && *layouts; layouts++)
        lln_layouts_append(text, FITTING_TEXT, *layouts, !layouts[1]);
    return text;
}

/* The usual layouts with `axes` axes. */
static const char *fitting_layouts(size_t axes, char text[FITTING_TEXT])
{
    return list_layouts(lln_layouts(axes), text);
}

static lln_status wrong_stored_axes(const char *letters, const char *name,
                                    const lln_tensor *tensor)
{
    char shape[200], fit[FITTING_TEXT];
    lln_tensor_shape_text(tensor, shape, sizeof shape);
    list_layouts(lln_stored_layouts(tensor->axes), fit);
    if (!*fit)
        return lln_fail(LLN_EFORMAT,
                        "%s: shape %s; expected 2 to 5 axes, queries n and "
                        "keys m among them",
                        name, shape);
    if (!letters)
        return lln_fail(LLN_EFORMAT, "%s: shape %s needs a layout; expected %s",
                        name, shape, fit);
    return lln_fail(LLN_EFORMAT,
                    "%s: shape %s does not have layout '%s'; expected %s", name,
                    shape, letters, fit);
}

/* ", or bnD with --split-heads": layouts with heads side by side, or with all
 * three roles in one array, that may fit the tensor. */
static const char *other_layouts(const lln_tensor *tensor)
{
    bool three = false;
    for (size_t a = 0; a < tensor->axes && a < LLN_TENSOR_AXES; a++)
        three = three || tensor->shape[a] == 3;
    if (tensor->axes == 5 && three)
        return ", or such as bn3hd with queries, keys and values in one array";
    return tensor->axes == 2   ? ", or nD with --split-heads"
           : tensor->axes == 3 ? ", or bnD with --split-heads"
           : tensor->axes == 4 ? ", or lbnD with --split-heads"
                               : "";
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
        return lln_fail(LLN_EFORMAT,
                        "%s: shape %s needs a layout; expected %s%s", name,
                        shape, fit, other_layouts(tensor));
    return lln_fail(
        LLN_EFORMAT, "%s: shape %s does not have layout '%s'; expected %s%s",
        name, shape, letters, fit,
        tensor->axes == 5 || strchr(letters, 'D') ? other_layouts(tensor) : "");
}

static lln_status check_letters(const char *letters)
{
    bool whole = strchr(letters, 'D') != NULL;
    bool good = strchr(letters, 'n') && whole != (strchr(letters, 'd') != NULL);
    good = good && !(whole && strchr(letters, 'h'));
    for (const char *c = letters; *c; c++)
        good = good && (strchr(axis_letters, *c) || *c == 'D' || *c == '3') &&
               !strchr(c + 1, *c);
    if (!good)
        return lln_fail(
            LLN_EINVAL,
            "layout '%s': expected n (tokens), d (features) and optionally h "
            "(heads), l (layers), b (batch), 3 (queries, keys, values), each "
            "once; D (heads side by side) may replace h and d",
            letters);
    return LLN_OK;
}

static lln_status check_stored_letters(const char *letters)
{
    bool good = strchr(letters, 'n') && strchr(letters, 'm');
    for (const char *c = letters; *c; c++)
        good = good && strchr(stored_letters, *c) && !strchr(c + 1, *c);
    if (good)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "layout '%s': expected n (queries) and m (keys), and "
                    "optionally h (heads), l (layers) and b (batch), each "
                    "once",
                    letters);
}

const char *lln_axes_letters(const lln_axes *axes, size_t count)
{
    if (axes->letters)
        return axes->letters;
    if (axes->stored)
        return "nm";
    if (axes->split.heads[LLN_QUERIES] == 0)
        return "nd";
    return count == 3 ? "bnD" : "nD";
}

const char *lln_letters_of_one(const char *letters, char out[LLN_LETTERS])
{
    size_t length = 0;
    for (const char *c = letters ? letters : "nd"; *c; c++)
        if (*c != '3' && length + 1 < LLN_LETTERS)
            out[length++] = *c;
    out[length] = '\0';
    return out;
}

/* Index of an axis among the letters; -1: none. */
static int find_axis(const char *letters, char letter)
{
    const char *found = strchr(letters, letter);
    return found ? (int)(found - letters) : -1;
}

/* Replaces an axis of features, whose stride is `stride`, by the part of the
 * role. */
static void apply_part(const lln_split_part *part, size_t stride,
                       lln_layout *layout)
{
    layout->offset += part->offset * stride;
    layout->size[LLN_AXIS_FEATURE] = part->features;
    layout->stride[LLN_AXIS_FEATURE] = stride;
    if (layout->present[LLN_AXIS_HEAD])
        return; /* heads have an axis of their own */
    layout->present[LLN_AXIS_HEAD] = true;
    layout->size[LLN_AXIS_HEAD] = part->heads;
    layout->stride[LLN_AXIS_HEAD] = part->stride * stride;
    layout->group = part->group;
    layout->group_stride = part->group_stride * stride;
}

/* Splits the axis of features into heads, and into queries, keys and values. */
static lln_status split_features(const lln_axes *axes, lln_role role,
                                 const char *letters, const char *name,
                                 const lln_tensor *tensor, lln_layout *layout)
{
    const lln_split *split = &axes->split;
    lln_split_part part;
    bool whole = strchr(letters, 'D') != NULL;
    size_t axis = strcspn(letters, "dD"), width = tensor->shape[axis];
    if (!whole && split->heads[LLN_QUERIES] > 0)
        return lln_fail(LLN_EINVAL,
                        "--split-heads: layout '%s' has no axis D (heads side "
                        "by side)",
                        letters);
    if ((whole && split->heads[LLN_QUERIES] == 0) ||
        (!whole && split->fused && !strchr(letters, 'h')))
        return lln_split_missing(split, name, width);
    if (!whole && !split->fused)
        return LLN_OK;
    if (whole)
        LLN_TRY(lln_split_find(split, role, name, width, &part));
    else
        LLN_TRY(lln_split_thirds(role, name, width, &part));
    apply_part(&part, tensor->strides[axis], layout);
    return LLN_OK;
}

/* Selects the role along an axis 3. */
static lln_status choose_third(lln_role role, const char *letters,
                               const char *name, const lln_tensor *tensor,
                               lln_layout *layout)
{
    int axis = find_axis(letters, '3');
    if (axis < 0)
        return LLN_OK;
    if (tensor->shape[axis] != 3)
        return lln_fail(LLN_EFORMAT,
                        "%s: %zu entries along axis 3 of layout '%s'; expected "
                        "3: queries, keys and values",
                        name, tensor->shape[axis], letters);
    layout->offset = (size_t)role * tensor->strides[axis];
    return LLN_OK;
}

/* Finds the axes of the kinds whose letters are in `kinds`. */
static void find_kinds(const char *letters, const char *kinds,
                       const lln_tensor *tensor, lln_layout *layout)
{
    *layout = (lln_layout){.offset = 0};
    for (int kind = 0; kind < LLN_AXIS_KINDS; kind++) {
        int axis = find_axis(letters, kinds[kind]);
        layout->present[kind] = axis >= 0;
        layout->size[kind] = axis >= 0 ? tensor->shape[axis] : 1;
        layout->stride[kind] = axis >= 0 ? tensor->strides[axis] : 0;
    }
}

static lln_status read_stored(const lln_axes *axes, lln_role role,
                              const char *name, const lln_tensor *tensor,
                              lln_layout *layout)
{
    const char *letters = lln_axes_letters(axes, tensor->axes);
    LLN_TRY(check_stored_letters(letters));
    if (tensor->axes != strlen(letters))
        return wrong_stored_axes(axes->letters, name, tensor);
    find_kinds(letters, role == LLN_QUERIES ? stored_letters : "blhmn", tensor,
               layout);
    return LLN_OK;
}

lln_status lln_layout_read(const lln_axes *axes, lln_role role,
                           const char *name, const lln_tensor *tensor,
                           lln_layout *layout)
{
    if (axes->stored)
        return read_stored(axes, role, name, tensor, layout);
    const char *letters = lln_axes_letters(axes, tensor->axes);
    LLN_TRY(check_letters(letters));
    if (tensor->axes != strlen(letters))
        return wrong_axes(axes->letters, name, tensor);
    find_kinds(letters, axis_letters, tensor, layout);
    LLN_TRY(choose_third(role, letters, name, tensor, layout));
    return split_features(axes, role, letters, name, tensor, layout);
}

void lln_layout_tensor(const char *letters, const size_t size[LLN_AXIS_KINDS],
                       lln_tensor *tensor)
{
    char one[LLN_LETTERS];
    *tensor = (lln_tensor){.dtype = LLN_DTYPE_F32};
    for (const char *c = lln_letters_of_one(letters, one); *c; c++)
        tensor->shape[tensor->axes++] =
            *c == 'D' ? size[LLN_AXIS_HEAD] * size[LLN_AXIS_FEATURE]
                      : size[find_axis(axis_letters, *c)];
    lln_tensor_set_strides(tensor, false);
}

/* Offset of a head from the first head. */
static size_t head_offset(const lln_layout *layout, size_t head)
{
    size_t stride = layout->stride[LLN_AXIS_HEAD];
    if (layout->group == 0)
        return head * stride;
    return head / layout->group * layout->group_stride +
           head % layout->group * stride;
}

lln_tensor_slice lln_layout_slice(const lln_layout *layout, size_t batch,
                                  size_t layer, size_t head)
{
    return (lln_tensor_slice){
        .offset = layout->offset + batch * layout->stride[LLN_AXIS_BATCH] +
                  layer * layout->stride[LLN_AXIS_LAYER] +
                  head_offset(layout, head),
        .rows = layout->size[LLN_AXIS_TOKEN],
        .columns = layout->size[LLN_AXIS_FEATURE],
        .row_stride = layout->stride[LLN_AXIS_TOKEN],
        .column_stride = layout->stride[LLN_AXIS_FEATURE],
    };
}

/* Reads digits at *text. The value does not exceed `limit`. */
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

/* Reads "3" or "0-3", and the comma after it, if there is one. */
static bool read_range(const char **text, size_t *low, size_t *high)
{
    const size_t limit = (size_t)-1;
    if (!read_index(text, limit, low))
        return false;
    *high = *low;
    if (**text == '-') {
        ++*text;
        if (!read_index(text, limit, high))
            return false;
    }
    if (**text == ',')
        return *++*text != '\0';
    return **text == '\0';
}

/* "0-3, 7": lists the numbers in text. */
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

/* Chooses the numbers low .. high; false if one of them is missing. */
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

/* "--layers 4: a.npz has only layer 0" */
static lln_status refuse_numbers(const char *text, const char *option,
                                 const char *name, const size_t *numbers,
                                 size_t count)
{
    char there[LIST_TEXT];
    bool one = count == 1;
    return lln_fail(LLN_EFORMAT, "--%s %s: %s has %s%.*s %s", option, text,
                    name, one ? "only " : "", (int)strlen(option) - one, option,
                    list_numbers(numbers, count, there));
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
        if (low > high)
            return lln_fail(LLN_EINVAL,
                            "--%s '%s': range '%zu-%zu' is empty; write "
                            "%zu-%zu",
                            option, text, low, high, high, low);
        if (!choose_numbers(low, high, numbers, count, chosen))
            return refuse_numbers(text, option, name, numbers, count);
    }
    return LLN_OK;
}
