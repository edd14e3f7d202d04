/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/table/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "kernel/arrays.h"

#define KERNEL(name) extern const lln_kernel lln_kernel_##name;
#include "kernel/table/table.inc"
KERNEL(attention)
#undef KERNEL

#define KERNEL(name) +1
enum {
    BUILT_IN = 0
#include "kernel/table/table.inc"
};
#undef KERNEL

/* Then those of lln_kernel_register, and a NULL. */
static const lln_kernel *kernels[BUILT_IN + LLN_KERNELS_REGISTERED + 1] = {
#define KERNEL(name) &lln_kernel_##name,
#include "kernel/table/table.inc"
#undef KERNEL
};

const lln_kernel *const *const lln_kernels = kernels;

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
    return lln_fail(LLN_EINVAL, "kernel '%s': unknown; expected one of %s",
                    name, known);
}

static lln_status unknown_parameter(const lln_kernel *kernel, const char *name)
{
    char known[512] = "";
    for (int i = 0; kernel->parameters[i].name; i++)
        lln_text_append(known, sizeof known, kernel->parameters[i].name);
    return lln_fail(LLN_EINVAL, "kernel '%s': no parameter '%s'; it has %s",
                    kernel->name, name, *known ? known : "none");
}

static bool is_known(const char *const *words, const char *word)
{
    while (*words && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

static lln_status bad_value(const lln_kernel_choice *choice,
                            const lln_kernel_parameter *parameter,
                            const char *value)
{
    char expected[256] = "";
    if (!parameter->words)
        lln_range_text(&parameter->range, expected, sizeof expected);
    for (size_t i = 0; parameter->words && parameter->words[i]; i++)
        lln_text_append(expected, sizeof expected, parameter->words[i]);
    return lln_fail(LLN_EINVAL, "kernel '%s': %s=%s: expected %s",
                    choice->kernel->name, parameter->name, value, expected);
}

/* Stores a value in the choice, after checking it against the kernel's
 * table. */
static lln_status set_value(lln_kernel_choice *choice, int index,
                            const char *value)
{
    const lln_kernel_parameter *row = &choice->kernel->parameters[index];
    bool right = row->words
                     ? is_known(row->words, value)
                     : lln_number_read(value, &row->range,
                                       &choice->number[index]) == LLN_NUMBER;
    if (!right)
        return bad_value(choice, row, value);
    snprintf(choice->word[index], sizeof choice->word[index], "%s", value);
    return LLN_OK;
}

/* Parses "name=value". */
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
    choice->given[index] = true;
    return set_value(choice, index, value);
}

static lln_status set_defaults(lln_kernel_choice *choice)
{
    for (int i = 0; i < LLN_KERNEL_PARAMETERS; i++)
        choice->number[i] = NAN;
    for (int i = 0; choice->kernel->parameters[i].name; i++)
        if (choice->kernel->parameters[i].initial)
            LLN_TRY(
                set_value(choice, i, choice->kernel->parameters[i].initial));
    return LLN_OK;
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
    LLN_TRY(set_defaults(choice));
    while ((part = strsep(&rest, ":")))
        LLN_TRY(assign(choice, part));
    return choice->kernel->check ? choice->kernel->check(choice) : LLN_OK;
}

/* Whether the text can be the name of a kernel in a list of choices. */
static bool is_name(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_+-";
    size_t length = strlen(text);
    return length > 0 && length < LLN_KERNEL_TEXT &&
           strspn(text, allowed) == length;
}

lln_status lln_kernel_register(const lln_kernel *kernel)
{
    size_t count = BUILT_IN;
    while (kernels[count])
        count++;
    const char *name = kernel && kernel->name ? kernel->name : "";
    if (!is_name(name))
        return lln_fail(LLN_EINVAL,
                        "kernel '%s': expected a name of lower-case letters, "
                        "digits, '_', '+' and '-'",
                        name);
    if (!kernel->open)
        return lln_fail(LLN_EINVAL, "kernel '%s': no function 'open'",
                        kernel->name);
    if (find_kernel(kernel->name) || strcmp(kernel->name, "attention") == 0)
        return lln_fail(LLN_EINVAL, "kernel '%s': exists already",
                        kernel->name);
    if (count == BUILT_IN + LLN_KERNELS_REGISTERED)
        return lln_fail(LLN_EINVAL, "kernel '%s': %d are registered already",
                        kernel->name, LLN_KERNELS_REGISTERED);
    lln_kernel_choice choice = {.kernel = kernel};
    LLN_TRY(set_defaults(&choice));
    kernels[count] = kernel;
    return LLN_OK;
}

lln_kernel_choice lln_kernel_stored(void)
{
    lln_kernel_choice choice = {.kernel = &lln_kernel_attention,
                                .text = "attention"};
    for (int i = 0; i < LLN_KERNEL_PARAMETERS; i++)
        choice.number[i] = NAN;
    return choice;
}

/* Readers of files check this too, with names; programs may be wrong. */
static lln_status check_matrices(const lln_head *head)
{
    if (head->q.columns != head->k.columns)
        return lln_fail(LLN_EINVAL, "queries of %zu features, keys of %zu",
                        head->q.columns, head->k.columns);
    if (head->q.precision != head->k.precision)
        return lln_fail(LLN_EINVAL,
                        "queries and keys: one is float32, one is float64");
    return LLN_OK;
}

lln_status lln_kernel_open(const lln_kernel_choice *choice,
                           const lln_head *head, lln_attention *attention)
{
    LLN_TRY(check_matrices(head));
    LLN_TRY(lln_kernel_check_rule(choice, &head->rule));
    LLN_TRY(lln_kernel_check_arrays(choice, head));
    LLN_TRY(choice->kernel->open(choice, head, attention));
    attention->bias = head->rule.bias;
    lln_status status = lln_attention_check(attention);
    if (status == LLN_OK)
        return LLN_OK;
    lln_attention_close(attention);
    char place[LLN_KERNEL_TEXT + 16];
    snprintf(place, sizeof place, "kernel '%s'", choice->text);
    return lln_fail_in(status, place);
}
