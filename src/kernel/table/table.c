/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/table/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

#define KERNEL(name) extern const lln_kernel lln_kernel_##name;
#include "kernel/table/table.inc"
#undef KERNEL

const lln_kernel *const lln_kernels[] = {
#define KERNEL(name) &lln_kernel_##name,
#include "kernel/table/table.inc"
#undef KERNEL
    NULL,
};

static const lln_kernel *find_kernel(const char *name)
{
    for (const lln_kernel *const *kernel = lln_kernels; *kernel; kernel++)
        if (strcmp((*kernel)->name, name) == 0)
            return *kernel;
    return NULL;
}

static lln_status unknown_kernel(const char *name)
{
    char known[512] = "";
    for (const lln_kernel *const *kernel = lln_kernels; *kernel; kernel++)
        lln_text_append(known, sizeof known, (*kernel)->name);
    return lln_fail(LLN_EINVAL, "kernel '%s': unknown; known are %s", name,
                    known);
}

static lln_status unknown_parameter(const lln_kernel *kernel, const char *name)
{
    char known[512] = "";
    for (int i = 0; kernel->parameters[i].name; i++)
        lln_text_append(known, sizeof known, kernel->parameters[i].name);
    return lln_fail(LLN_EINVAL, "kernel '%s': no parameter '%s'; it has %s",
                    kernel->name, name, *known ? known : "none");
}

/* Stores "name=value" in the choice. */
static lln_status assign(lln_kernel_choice *choice, char *setting)
{
    char *value = strchr(setting, '=');
    if (!value)
        return lln_fail(LLN_EINVAL, "kernel '%s': '%s': expected name=value",
                        choice->kernel->name, setting);
    *value++ = '\0';
    int index = lln_kernel_parameter_index(choice->kernel, setting);
    if (index < 0)
        return unknown_parameter(choice->kernel, setting);
    if (choice->given[index])
        return lln_fail(LLN_EINVAL, "kernel '%s': %s is given twice",
                        choice->text, setting);
    char *end;
    double number = strtod(value, &end);
    bool is_number = *value && *end == '\0';
    bool word = choice->kernel->parameters[index].word;
    if (!word && !(is_number && isfinite(number)))
        return lln_fail(LLN_EINVAL,
                        "kernel '%s': %s=%s: expected a finite number",
                        choice->kernel->name, setting, value);
    choice->given[index] = true;
    choice->number[index] = word ? NAN : number;
    snprintf(choice->word[index], sizeof choice->word[index], "%s", value);
    return LLN_OK;
}

static void set_defaults(lln_kernel_choice *choice)
{
    for (int i = 0; i < LLN_KERNEL_PARAMETERS; i++)
        choice->number[i] = NAN;
    for (int i = 0; choice->kernel->parameters[i].name; i++) {
        const lln_kernel_parameter *parameter = &choice->kernel->parameters[i];
        if (!parameter->initial)
            continue;
        snprintf(choice->word[i], sizeof choice->word[i], "%s",
                 parameter->initial);
        if (!parameter->word)
            choice->number[i] = strtod(parameter->initial, NULL);
    }
}

lln_status lln_kernel_parse(const char *text, lln_kernel_choice *choice)
{
    *choice = (lln_kernel_choice){0};
    if (strlen(text) >= sizeof choice->text)
        return lln_fail(LLN_EINVAL, "kernel '%s': longer than %d characters",
                        text, LLN_KERNEL_TEXT - 1);
    strcpy(choice->text, text);
    char copy[LLN_KERNEL_TEXT], *rest = copy;
    strcpy(copy, text);
    char *part = strsep(&rest, ":");
    choice->kernel = find_kernel(part);
    if (!choice->kernel)
        return unknown_kernel(part);
    set_defaults(choice);
    while ((part = strsep(&rest, ":")))
        LLN_TRY(assign(choice, part));
    return LLN_OK;
}

lln_status lln_kernel_open(const lln_kernel_choice *choice,
                           const lln_head *head, lln_attention *attention)
{
    LLN_TRY(lln_kernel_check_rule(choice, &head->rule));
    LLN_TRY(choice->kernel->open(choice, head, attention));
    lln_status status = lln_attention_check(attention);
    if (status == LLN_OK)
        return LLN_OK;
    lln_attention_close(attention);
    char place[LLN_KERNEL_TEXT + 16];
    snprintf(place, sizeof place, "kernel '%s'", choice->text);
    return lln_fail_in(status, place);
}
