/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/mask_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heads/kernel_arrays.h"
#include "heads/logit_grid.h"

enum { NAME = 1024 }; /* bytes of the name of an array in a message */

struct lln_mask_file {
    lln_kernel_arrays *arrays;
};

lln_status lln_mask_file_open(const char *place, lln_mask_file **mask)
{
    char *setting = NULL;
    *mask = NULL;
    if (strcmp(place, "-") == 0 || strncmp(place, "-:", 2) == 0)
        return lln_fail(LLN_EINVAL,
                        "--mask %s: standard input is not read; "
                        "expected the name of a file",
                        place);
    *mask = calloc(1, sizeof **mask);
    if (!*mask || asprintf(&setting, "mask=%s", place) < 0) {
        free(*mask);
        *mask = NULL;
        return lln_fail(LLN_ENOMEM, "out of memory");
    }
    lln_status status = lln_kernel_arrays_open_flags(setting, &(*mask)->arrays);
    free(setting);
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
    lln_kernel_arrays_free(mask->arrays);
    free(mask);
}

lln_status lln_mask_file_find(const lln_mask_file *mask, const lln_head *head,
                              char *name, size_t size, lln_logit_grid *grid)
{
    char own[NAME];
    lln_tensor *tensor = &grid->tensor;
    *grid = (lln_logit_grid){.flags = NULL};
    LLN_TRY(lln_kernel_arrays_tensor(mask->arrays, 0, head, own, sizeof own,
                                     tensor));
    snprintf(name, size, "--mask: %s", own);
    lln_grid_axes axes = {name, tensor->axes, tensor->shape, tensor->strides};
    if (tensor->dtype == LLN_DTYPE_BOOL && !tensor->data)
        return lln_fail(LLN_ENOMEM, "%s: no room in memory", name);
    if (tensor->dtype == LLN_DTYPE_BOOL)
        grid->flags = tensor->data;
    return lln_grid_find(&axes, head, &grid->slice);
}
