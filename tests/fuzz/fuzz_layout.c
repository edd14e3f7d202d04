/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the options on the axes of arrays, as lines of a text: sizes of the
 * axes (bcd), a layout, heads side by side (8:2), their order (qkv), and a
 * selection (0-3,7). No head is outside its array. */
#include "heads/layout.h"
#include "text.h"

enum { LINES = 5, NUMBERS = 12 };

/* One letter for each axis: a is 1, z is 26. */
static void read_sizes(const char *text, lln_tensor *tensor)
{
    for (; *text && tensor->axes < LLN_TENSOR_AXES; text++)
        if (*text >= 'a' && *text <= 'z')
            tensor->shape[tensor->axes++] = (size_t)(*text - 'a') + 1;
    lln_tensor_set_strides(tensor, false);
}

static void check_slice(const lln_layout *layout, const lln_tensor *tensor,
                        size_t batch, size_t layer, size_t head)
{
    lln_tensor_slice slice = lln_layout_slice(layout, batch, layer, head);
    size_t last = slice.offset + (slice.rows - 1) * slice.row_stride +
                  (slice.columns - 1) * slice.column_stride;
    require(slice.rows > 0 && slice.columns > 0 &&
                last < lln_tensor_count(tensor),
            "a head outside of the array");
}

static void check_role(const lln_axes *axes, lln_role role,
                       const lln_tensor *tensor)
{
    lln_layout layout;
    if (!is_good(lln_layout_read(axes, role, "fuzz", tensor, &layout)))
        return;
    for (size_t b = 0; b < layout.size[LLN_AXIS_BATCH]; b++)
        for (size_t l = 0; l < layout.size[LLN_AXIS_LAYER]; l++)
            for (size_t h = 0; h < layout.size[LLN_AXIS_HEAD]; h++)
                check_slice(&layout, tensor, b, l, h);
}

/* Numbers with a gap. */
static void check_selection(const char *text)
{
    size_t numbers[NUMBERS], count = 0;
    bool chosen[NUMBERS];
    for (size_t i = 0; i < NUMBERS; i++)
        numbers[i] = i < 8 ? i : 2 * i;
    if (!is_good(lln_selection_read(text, "layers", "fuzz", numbers, NUMBERS,
                                    chosen)))
        return;
    for (size_t i = 0; i < NUMBERS; i++)
        count += chosen[i];
    require(count > 0, "nothing is chosen");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = text_of(bytes, size), *rest = text, *line[LINES];
    lln_tensor tensor = {.dtype = LLN_DTYPE_F32};
    lln_axes axes = {0};
    for (int i = 0; i < LINES; i++)
        line[i] = rest ? strsep(&rest, "\n") : "";
    read_sizes(line[0], &tensor);
    axes.letters = *line[1] ? line[1] : NULL;
    if (*line[2])
        (void)is_good(lln_split_read(line[2], &axes.split));
    if (*line[3])
        (void)is_good(lln_fused_read(line[3], &axes.split.fused));
    for (int role = LLN_QUERIES; role < LLN_ROLES; role++) {
        size_t *heads = axes.split.heads;
        heads[role] = heads[role] ? heads[role] : heads[LLN_QUERIES];
    }
    for (int role = LLN_QUERIES; role < LLN_ROLES; role++)
        check_role(&axes, (lln_role)role, &tensor);
    check_selection(line[4]);
    free(text);
    return 0;
}
