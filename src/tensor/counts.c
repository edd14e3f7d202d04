/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/counts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "tensor/elements.h"

#define MOST 9007199254740992.0 /* 2^53 */

bool lln_counts_is_npy(const unsigned char *bytes, size_t size)
{
    return size >= 6 && memcmp(bytes, "\x93NUMPY", 6) == 0;
}

/* "entry (3, 17): -1; expected ..." for element i in C order. */
static lln_status bad_number(const lln_elements *elements, size_t i)
{
    char text[LLN_TENSOR_SHAPE_TEXT];
    return lln_fail(LLN_EFORMAT,
                    "entry %s: %g; expected a whole number of at least 0",
                    lln_elements_place(elements, i, text, sizeof text),
                    lln_elements_get(elements, i));
}

static lln_status read_numbers(const lln_elements *elements, lln_counts *counts)
{
    counts->number = lln_array_alloc_raw(counts->count, sizeof(size_t));
    if (!counts->number)
        return LLN_ENOMEM;
    for (size_t i = 0; i < counts->count; i++) {
        double value = lln_elements_get(elements, i);
        if (!(value >= 0) || value > MOST || value != floor(value))
            return bad_number(elements, i);
        counts->number[i] = (size_t)value;
    }
    return LLN_OK;
}

lln_status lln_counts_read(const unsigned char *bytes, size_t size,
                           lln_counts *counts)
{
    lln_elements elements;
    *counts = (lln_counts){.axes = 0};
    LLN_TRY(lln_elements_of_npy(bytes, size, &elements));
    counts->count = elements.count;
    counts->axes = elements.tensor.axes;
    counts->truth = elements.kind == 'b';
    memcpy(counts->shape, elements.tensor.shape, sizeof counts->shape);
    lln_status status = read_numbers(&elements, counts);
    if (status != LLN_OK)
        lln_counts_free(counts);
    return status;
}

void lln_counts_free(lln_counts *counts)
{
    free(counts->number);
    *counts = (lln_counts){.axes = 0};
}
