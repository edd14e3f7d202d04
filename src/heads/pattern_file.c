/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/pattern_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "heads/kernel_arrays.h"
#include "heads/logit_grid.h"
#include "tensor/counts.h"
#include "tensor/mapping.h"

enum { NAME = 1024 }; /* bytes of the name of an array in a message */

struct lln_pattern_file {
    lln_kernel_arrays *arrays; /* NULL: whole numbers */
    lln_counts counts;
    char *name; /* of the file */
};

/* Reads a .npy file of integers. LLN_EINVAL: not a .npy file. */
static lln_status read_counts(const char *path, lln_pattern_file *file)
{
    lln_mapping mapping;
    LLN_TRY(lln_mapping_open(path, &mapping));
    lln_status status = LLN_EINVAL;
    if (lln_counts_is_npy(mapping.bytes, mapping.size))
        status = lln_counts_read(mapping.bytes, mapping.size, &file->counts);
    lln_mapping_close(&mapping);
    return status;
}

/* Repeats the message about arrays that are neither flags nor numbers. Of
 * types, it is about those of --mask. */
static lln_status fail_again(const char *message)
{
    const char *end = strstr(message, "; expected booleans, or floats");
    if (!end)
        return lln_fail(LLN_EFORMAT, "%s", message);
    return lln_fail(LLN_EFORMAT,
                    "%.*s; expected booleans or floats, or a .npy file of "
                    "integers of at least 0",
                    (int)(end - message), message);
}

static lln_status open_arrays(const char *place, lln_pattern_file *file)
{
    char *setting = NULL, message[LLN_MESSAGE];
    if (asprintf(&setting, "pattern=%s", place) < 0)
        return lln_fail(LLN_ENOMEM, "out of memory");
    lln_status status = lln_kernel_arrays_open_flags(setting, &file->arrays);
    free(setting);
    if (status != LLN_EFORMAT)
        return status;
    snprintf(message, sizeof message, "%s", lln_error_message());
    file->arrays = NULL;
    status = read_counts(place, file);
    if (status == LLN_EFORMAT)
        return lln_fail_in(status, file->name);
    return status == LLN_OK ? status : fail_again(message);
}

lln_status lln_pattern_file_open(const char *place, lln_pattern_file **file)
{
    *file = NULL;
    if (strcmp(place, "-") == 0 || strncmp(place, "-:", 2) == 0)
        return lln_fail(LLN_EINVAL,
                        "--pattern %s: standard input is not read; expected "
                        "the name of a file",
                        place);
    lln_pattern_file *opened = calloc(1, sizeof *opened);
    if (!opened)
        return lln_fail(LLN_ENOMEM, "out of memory");
    opened->name = strdup(lln_mapping_name(place));
    lln_status status = opened->name ? open_arrays(place, opened)
                                     : lln_fail(LLN_ENOMEM, "out of memory");
    if (status == LLN_OK) {
        *file = opened;
        return LLN_OK;
    }
    lln_pattern_file_close(opened);
    return lln_fail_in(status, "--pattern");
}

void lln_pattern_file_close(lln_pattern_file *file)
{
    if (!file)
        return;
    lln_kernel_arrays_free(file->arrays);
    lln_counts_free(&file->counts);
    free(file->name);
    free(file);
}

const char *lln_pattern_file_name(const lln_pattern_file *file)
{
    return file->arrays ? lln_kernel_arrays_file(file->arrays, 0) : file->name;
}

/* The matrix of whole numbers in C order. */
static lln_status find_counts(const lln_pattern_file *file,
                              const lln_head *head, lln_pattern_grid *grid)
{
    const lln_counts *counts = &file->counts;
    size_t strides[LLN_TENSOR_AXES], step = 1;
    char name[NAME];
    for (size_t a = counts->axes; a-- > 0; step *= counts->shape[a])
        strides[a] = step;
    snprintf(name, sizeof name, "--pattern: %s", file->name);
    lln_grid_axes axes = {name, counts->axes, counts->shape, strides};
    grid->numbers = counts->number;
    return lln_grid_find(&axes, head, &grid->grid.slice);
}

lln_status lln_pattern_file_find(const lln_pattern_file *file,
                                 const lln_head *head, lln_pattern_grid *grid)
{
    char own[NAME], name[NAME + 16];
    lln_tensor *tensor = &grid->grid.tensor;
    *grid = (lln_pattern_grid){.numbers = NULL};
    if (!file->arrays)
        return find_counts(file, head, grid);
    LLN_TRY(lln_kernel_arrays_tensor(file->arrays, 0, head, own, sizeof own,
                                     tensor));
    snprintf(name, sizeof name, "--pattern: %s", own);
    lln_grid_axes axes = {name, tensor->axes, tensor->shape, tensor->strides};
    if (tensor->dtype == LLN_DTYPE_BOOL && !tensor->data)
        return lln_fail(LLN_ENOMEM, "%s: no room in memory", name);
    if (tensor->dtype == LLN_DTYPE_BOOL)
        grid->grid.flags = tensor->data;
    return lln_grid_find(&axes, head, &grid->grid.slice);
}

lln_status lln_pattern_row(const lln_pattern_grid *grid, size_t i, size_t first,
                           size_t count, double *out)
{
    const lln_tensor_slice *all = &grid->grid.slice;
    size_t step = all->column_stride, bad;
    size_t from = all->offset + i * all->row_stride + first * step;
    for (size_t j = 0; grid->grid.flags && j < count; j++)
        out[j] = grid->grid.flags[from + j * step] != 0;
    for (size_t j = 0; grid->numbers && j < count; j++)
        out[j] = (double)grid->numbers[from + j * step];
    if (grid->grid.flags || grid->numbers)
        return LLN_OK;
    lln_tensor_slice slice = {from, 1, count, all->row_stride, step};
    LLN_TRY(
        lln_tensor_copy(&grid->grid.tensor, &slice, LLN_FLOAT64, out, &bad));
    if (bad == count)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT,
                    "--pattern: %g for query %zu and key %zu; expected finite "
                    "numbers",
                    out[bad], i, first + bad);
}
