/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/kernel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

#define KERNEL(name) extern const lln_kernel lln_kernel_##name;
#include "kernel/table.inc"
#undef KERNEL

const lln_kernel *const lln_kernels[] = {
#define KERNEL(name) &lln_kernel_##name,
#include "kernel/table.inc"
#undef KERNEL
    NULL,
};

int lln_kernel_parameter_index(const lln_kernel *kernel, const char *name)
{
    for (int i = 0; kernel->parameters[i].name; i++)
        if (strcmp(kernel->parameters[i].name, name) == 0)
            return i;
    return -1;
}

static const lln_kernel *find(const char *name)
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
    choice->kernel = find(part);
    if (!choice->kernel)
        return unknown_kernel(part);
    set_defaults(choice);
    while ((part = strsep(&rest, ":")))
        LLN_TRY(assign(choice, part));
    return LLN_OK;
}

bool lln_kernel_given(const lln_kernel_choice *choice, const char *name)
{
    return choice->given[lln_kernel_parameter_index(choice->kernel, name)];
}

double lln_kernel_number(const lln_kernel_choice *choice, const char *name)
{
    return choice->number[lln_kernel_parameter_index(choice->kernel, name)];
}

lln_status lln_kernel_real(const lln_kernel_choice *choice, const char *name,
                           double low, double high, double *value)
{
    double number = lln_kernel_number(choice, name);
    if (!(number >= low && number <= high))
        return lln_fail(LLN_EINVAL, "kernel '%s': %s: expected %g to %g",
                        choice->text, name, low, high);
    *value = number;
    return LLN_OK;
}

lln_status lln_kernel_count(const lln_kernel_choice *choice, const char *name,
                            size_t low, size_t high, size_t *value)
{
    double number = lln_kernel_number(choice, name);
    if (!(number >= (double)low && number <= (double)high) ||
        number != (double)(size_t)number)
        return lln_fail(LLN_EINVAL,
                        "kernel '%s': %s: expected a whole number from %zu to "
                        "%zu",
                        choice->text, name, low, high);
    *value = (size_t)number;
    return LLN_OK;
}

lln_status lln_kernel_count_or(const lln_kernel_choice *choice,
                               const char *name, size_t low, size_t high,
                               size_t initial, size_t *value)
{
    *value = initial;
    if (isnan(lln_kernel_number(choice, name)))
        return LLN_OK;
    return lln_kernel_count(choice, name, low, high, value);
}

lln_status lln_kernel_word(const lln_kernel_choice *choice, const char *name,
                           const char *const *words, size_t *index)
{
    const char *value =
        choice->word[lln_kernel_parameter_index(choice->kernel, name)];
    char known[256] = "";
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], value) == 0) {
            *index = i;
            return LLN_OK;
        }
        lln_text_append(known, sizeof known, words[i]);
    }
    return lln_fail(LLN_EINVAL, "kernel '%s': %s=%s: unknown; known are %s",
                    choice->text, name, value, known);
}

lln_status lln_kernel_refuse_window(const lln_kernel_choice *choice,
                                    const lln_head *head)
{
    if (head->mask.window == 0)
        return LLN_OK;
    return lln_fail(LLN_EINVAL, "kernel '%s': has no form with a window",
                    choice->text);
}

lln_status lln_kernel_check_mask(const lln_kernel_choice *choice,
                                 const lln_head *head)
{
    if (!lln_mask_hides(head->mask) || head->q.rows <= head->k.rows)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "kernel '%s': %zu queries, %zu keys; a mask needs at "
                    "least as many keys",
                    choice->text, head->q.rows, head->k.rows);
}

static const lln_kernel_input *find_input(const lln_kernel_choice *choice,
                                          const char *name)
{
    for (size_t i = 0; i < choice->input_count; i++)
        if (strcmp(choice->inputs[i].name, name) == 0)
            return &choice->inputs[i];
    return NULL;
}

bool lln_kernel_has_input(const lln_kernel_choice *choice, const char *name)
{
    return find_input(choice, name) != NULL;
}

lln_status lln_kernel_find_input(const lln_kernel_choice *choice,
                                 const char *name, size_t rows, size_t columns,
                                 lln_matrix *values)
{
    const lln_kernel_input *input = find_input(choice, name);
    if (!input)
        return lln_fail(LLN_EINVAL, "kernel '%s': needs the array '%s'",
                        choice->text, name);
    lln_matrix found = input->values;
    if ((rows && found.rows != rows) || (columns && found.columns != columns))
        return lln_fail(LLN_EINVAL,
                        "kernel '%s': array '%s' is %zu x %zu; expected %zu x "
                        "%zu",
                        choice->text, name, found.rows, found.columns,
                        rows ? rows : found.rows,
                        columns ? columns : found.columns);
    *values = found;
    return LLN_OK;
}

lln_status lln_kernel_find_finite(const lln_kernel_choice *choice,
                                  const char *name, size_t rows, size_t columns,
                                  lln_matrix *values)
{
    lln_matrix found;
    LLN_TRY(lln_kernel_find_input(choice, name, rows, columns, &found));
    size_t bad = lln_matrix_find_nonfinite(found);
    if (bad < found.rows * found.columns) {
        size_t i = bad / found.columns, j = bad % found.columns;
        return lln_fail(LLN_EINVAL,
                        "kernel '%s': array '%s': row %zu, column %zu: %g; "
                        "expected finite numbers",
                        choice->text, name, i, j, lln_matrix_get(found, i, j));
    }
    *values = found;
    return LLN_OK;
}

lln_status lln_kernel_find_vector(const lln_kernel_choice *choice,
                                  const char *name, size_t n, double *out)
{
    const lln_kernel_input *input = find_input(choice, name);
    lln_matrix found = {0};
    bool row = input && input->values.rows == 1 && input->values.columns == n;
    if (row)
        found = input->values;
    else
        LLN_TRY(lln_kernel_find_input(choice, name, n, 1, &found));
    lln_matrix_convert(found, LLN_FLOAT64, out);
    return LLN_OK;
}

lln_status lln_kernel_open(const lln_kernel_choice *choice,
                           const lln_head *head, lln_attention *attention)
{
    unsigned wanted = head->mask.causal ? LLN_KERNEL_CAUSAL : LLN_KERNEL_FULL;
    if (!(choice->kernel->properties & wanted))
        return lln_fail(LLN_EINVAL,
                        "kernel '%s': is defined only %s a causal "
                        "mask",
                        choice->kernel->name,
                        head->mask.causal ? "without" : "with");
    return choice->kernel->open(choice, head, attention);
}
