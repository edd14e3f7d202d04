/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "inputs.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "core/memory.h"
#include "run.h"

/* Whether `inputs`, "gate, refine [n x d], logits; w [features x d]", names an
 * array so: by a word before the brackets of a part. */
static bool mentions(const char *inputs, const char *name)
{
    bool names = true;
    size_t length = strlen(name), word;
    for (const char *at = inputs; at && *at; at += word > 0 ? word : 1) {
        word = strcspn(at, " ,;[");
        if (names && word > 0 && word == length &&
            strncmp(at, name, length) == 0 && strcmp(name, "and") != 0)
            return true;
        names = *at == ';' || (names && *at != '[');
    }
    return false;
}

static void check_name(const kernel_list *kernels, const char *name)
{
    for (size_t i = 0; i < kernels->count; i++)
        if (mentions(kernels->entries[i].choice.kernel->arrays, name))
            return;
    cli_usage("--arrays: no kernel in '%s' takes '%s'", run_shared.kernels,
              name);
}

/* NAME=FILE,... of both options; NULL: none; the caller frees it. */
static char *list_arrays(void)
{
    const run_options *o = &run_shared;
    char *text = NULL;
    if (!o->arrays && !o->gate)
        return NULL;
    if (asprintf(&text, "%s%s%s%s", o->arrays ? o->arrays : "",
                 o->arrays && o->gate ? "," : "", o->gate ? "gate=" : "",
                 o->gate ? o->gate : "") < 0)
        cli_fail("out of memory");
    return text;
}

lln_kernel_arrays *inputs_open(const kernel_list *kernels, bool sampled)
{
    lln_kernel_arrays *extras = NULL;
    char *text = list_arrays();
    if (!text)
        return NULL;
    if (run_shared.lengths)
        cli_usage("--lengths: arrays beside the heads have none");
    lln_status status = lln_kernel_arrays_open(
        text, sampled ? "hnd" : run_shared.layout, &extras);
    if (status == LLN_EINVAL)
        cli_usage("--%s: %s", run_shared.arrays ? "arrays" : "gate",
                  lln_error_message());
    cli_check(status);
    for (size_t i = 0; i < lln_kernel_arrays_count(extras); i++) {
        check_name(kernels, lln_kernel_arrays_name(extras, i));
        cli_refuse_overwrite(lln_kernel_arrays_file(extras, i));
    }
    free(text);
    return extras;
}

lln_status inputs_load(const lln_kernel_arrays *extras, const lln_head *head,
                       input_list *list)
{
    size_t count = extras ? lln_kernel_arrays_count(extras) : 0;
    *list = (input_list){.count = 0};
    if (count == 0)
        return LLN_OK;
    list->items = lln_array_alloc(count, sizeof *list->items);
    if (!list->items)
        return LLN_ENOMEM;
    for (; list->count < count; list->count++) {
        lln_kernel_array *item = &list->items[list->count];
        item->name = lln_kernel_arrays_name(extras, list->count);
        lln_status status =
            lln_kernel_arrays_load(extras, list->count, head, &item->values);
        if (status == LLN_OK)
            continue;
        inputs_free(list);
        return status;
    }
    return LLN_OK;
}

void inputs_free(input_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free((void *)list->items[i].values.data);
    free(list->items);
    *list = (input_list){.count = 0};
}

static bool any_random(const kernel_list *kernels)
{
    bool random = false;
    for (size_t i = 0; i < kernels->count; i++)
        random = random || kernel_is_random(&kernels->entries[i]);
    return random;
}

size_t inputs_draws(const kernel_list *kernels, const kernel_list *all,
                    bool sampled)
{
    bool drawn = any_random(kernels), seeded = any_random(all);
    const char *idle = cli_given("trials") && !drawn  ? "trials"
                       : cli_given("seed") && !seeded ? "seed"
                                                      : NULL;
    if (!sampled && idle)
        cli_usage("--%s is for sampled heads and random kernels; these are "
                  "neither",
                  idle);
    return sampled || !cli_given("trials") ? 1 : run_shared.trials;
}
