/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/mask_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heads/files.h"
#include "heads/kernel_arrays.h"
#include "heads/logit_grid.h"
#include "tensor/flags.h"

struct lln_mask_file {
    lln_flags flags; /* if there are no arrays */
    lln_kernel_arrays *arrays;
    char *name;
};

/* Opens the file as one of booleans; *found: it is. */
static lln_status open_flags(const char *place, lln_mask_file *mask,
                             bool *found)
{
    char *key = NULL;
    *found = false;
    lln_status status = lln_files_split(place, &mask->name, &key);
    if (status == LLN_OK && strcmp(mask->name, "-") == 0)
        status = lln_fail(LLN_EINVAL, "'%s': expected a file", place);
    if (status == LLN_OK && !key)
        status = lln_flags_open(mask->name, &mask->flags, found);
    free(key);
    return status;
}

static lln_status open_arrays(const char *place, lln_mask_file *mask)
{
    char *setting = NULL;
    if (asprintf(&setting, "mask=%s", place) < 0)
        return lln_fail(LLN_ENOMEM, "out of memory");
    lln_flags_close(&mask->flags);
    lln_status status = lln_kernel_arrays_open(setting, NULL, &mask->arrays);
    free(setting);
    return status;
}

lln_status lln_mask_file_open(const char *place, lln_mask_file **mask)
{
    bool found = false;
    *mask = calloc(1, sizeof **mask);
    if (!*mask)
        return lln_fail(LLN_ENOMEM, "out of memory");
    lln_status status = open_flags(place, *mask, &found);
    if (status == LLN_OK && !found)
        status = open_arrays(place, *mask);
    if (status == LLN_OK)
        return LLN_OK;
    lln_mask_file_close(*mask);
    *mask = NULL;
    return lln_fail_in(status, "--mask");
}

void lln_mask_file_close(lln_mask_file *mask)
{
    if (!mask)
        return;
    lln_flags_close(&mask->flags);
    lln_kernel_arrays_free(mask->arrays);
    free(mask->name);
    free(mask);
}

lln_status lln_mask_file_find(const lln_mask_file *mask, const lln_head *head,
                              char *name, size_t size, lln_logit_grid *grid)
{
    lln_grid_axes axes = {name, mask->flags.axes, mask->flags.shape,
                          mask->flags.strides};
    *grid = (lln_logit_grid){.flags = mask->flags.bytes};
    snprintf(name, size, "--mask: %s", mask->name);
    if (mask->arrays) {
        char own[1024];
        lln_tensor *tensor = &grid->tensor;
        LLN_TRY(lln_kernel_arrays_tensor(mask->arrays, 0, head, own, sizeof own,
                                         tensor));
        snprintf(name, size, "--mask: %s", own);
        axes =
            (lln_grid_axes){name, tensor->axes, tensor->shape, tensor->strides};
    }
    return lln_grid_find(&axes, head, &grid->slice);
}
