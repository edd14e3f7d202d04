/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrays.h"

#include <stdlib.h>

#include "array_lists.h"
#include "core/memory.h"
#include "kernel/arrays.h"
#include "message.h"
#include "options.h"
#include "output.h"

/* The option that the arrays come from, for messages. */
static const char *option_name(void)
{
    return arrays_for(ARRAYS_OF_KERNELS) ? "arrays" : "gate";
}

/* Ends the process with the message of the library. */
__attribute__((noreturn)) static void refuse(void)
{
    cli_usage("--%s: %s", option_name(), lln_error_message());
}

static void check_name(const kernel_list *kernels, const char *name)
{
    for (size_t i = 0; i < kernels->count; i++)
        if (lln_kernel_array_find(kernels->entries[i].choice.kernel, name))
            return;
    cli_usage(
        "--%s: no kernel in '%s' takes an array '%s'; see --list-kernels, "
        "and lln-tools(7) for arrays of other options",
        option_name(), run_shared.kernels, name);
}

/* Joins both options to NAME=FILE,...; NULL: none. The caller frees it. */
static char *join_options(void)
{
    const char *arrays = arrays_for(ARRAYS_OF_KERNELS), *gate = run_shared.gate;
    char *text = NULL;
    if (!arrays && !gate)
        return NULL;
    if (asprintf(&text, "%s%s%s%s", arrays ? arrays : "",
                 arrays && gate ? "," : "", gate ? "gate=" : "",
                 gate ? gate : "") < 0)
        cli_fail("out of memory");
    return text;
}

lln_kernel_arrays *kernel_arrays_open(const kernel_list *kernels, bool sampled)
{
    lln_kernel_arrays *files = NULL;
    char *text = join_options();
    if (!text)
        return NULL;
    if (run_shared.lengths)
        cli_usage("--lengths cannot be used with --%s", option_name());
    lln_axes axes = {.letters = sampled ? "hnd" : run_shared.layout};
    lln_status status = LLN_OK;
    if (run_shared.split_heads)
        status = lln_split_read(run_shared.split_heads, &axes.split);
    if (status == LLN_OK)
        status = lln_kernel_arrays_open(text, &axes, &files);
    if (status == LLN_EINVAL)
        refuse();
    cli_check(status);
    for (size_t i = 0; i < lln_kernel_arrays_count(files); i++) {
        check_name(kernels, lln_kernel_arrays_name(files, i));
        cli_refuse_overwrite(lln_kernel_arrays_file(files, i));
    }
    free(text);
    return files;
}

/* Finds the shapes of all arrays for one head: items [count]. */
static void find_shapes(const lln_kernel_arrays *files, const lln_head *head,
                        lln_kernel_array *items)
{
    for (size_t i = 0; i < lln_kernel_arrays_count(files); i++) {
        items[i].name = lln_kernel_arrays_name(files, i);
        if (lln_kernel_arrays_shape(files, i, head, &items[i].values) != LLN_OK)
            refuse();
    }
}

void kernel_arrays_check(const lln_kernel_arrays *files,
                         const kernel_list *kernels, const lln_heads *heads)
{
    size_t count = files ? lln_kernel_arrays_count(files) : 0;
    lln_kernel_array *items = cli_alloc(count + 1, sizeof *items);
    for (size_t i = 0; i < heads->count && count > 0; i++) {
        lln_head head;
        heads->describe(heads, i, &head);
        find_shapes(files, &head, items);
        for (size_t j = 0; j < kernels->count; j++) {
            lln_kernel_choice choice = kernels->entries[j].choice;
            choice.arrays = items;
            choice.array_count = count;
            if (lln_kernel_check_arrays(&choice, &head) != LLN_OK)
                refuse();
        }
    }
    free(items);
}

static lln_status load_array(const lln_kernel_arrays *files, size_t index,
                             const lln_head *head, kernel_arrays *arrays)
{
    lln_matrix_output a;
    LLN_TRY(lln_kernel_arrays_load(files, index, head, &a));
    arrays->items[index] = (lln_kernel_array){
        lln_kernel_arrays_name(files, index), lln_matrix_written(a)};
    arrays->data[index] = a.data;
    arrays->count++;
    return LLN_OK;
}

lln_status kernel_arrays_load(const lln_kernel_arrays *files,
                              const lln_head *head, kernel_arrays *arrays)
{
    size_t count = files ? lln_kernel_arrays_count(files) : 0;
    *arrays = (kernel_arrays){.count = 0};
    if (count == 0)
        return LLN_OK;
    arrays->items = lln_array_alloc(count, sizeof *arrays->items);
    arrays->data = lln_array_alloc(count, sizeof *arrays->data);
    lln_status status = arrays->items && arrays->data ? LLN_OK : LLN_ENOMEM;
    for (size_t i = 0; i < count && status == LLN_OK; i++)
        status = load_array(files, i, head, arrays);
    if (status != LLN_OK)
        kernel_arrays_free(arrays);
    return status;
}

void kernel_arrays_free(kernel_arrays *arrays)
{
    for (size_t i = 0; i < arrays->count; i++)
        free(arrays->data[i]);
    free(arrays->data);
    free(arrays->items);
    *arrays = (kernel_arrays){.count = 0};
}
