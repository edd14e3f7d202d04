/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/parameters.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

int lln_kernel_parameter_index(const lln_kernel *kernel, const char *name)
{
    for (int i = 0; kernel->parameters[i].name; i++)
        if (strcmp(kernel->parameters[i].name, name) == 0)
            return i;
    return -1;
}

bool lln_kernel_given(const lln_kernel_choice *choice, const char *name)
{
    int index = lln_kernel_parameter_index(choice->kernel, name);
    return index >= 0 && choice->given[index];
}

/* The index of a parameter that is a number, or a word. */
static lln_status find(const lln_kernel_choice *choice, const char *name,
                       bool word, size_t *index)
{
    const lln_kernel *kernel = choice->kernel;
    int at = lln_kernel_parameter_index(kernel, name);
    if (at < 0 || (kernel->parameters[at].words != NULL) != word)
        return lln_fail(LLN_EINVAL,
                        "internal error: kernel '%s' has no %s parameter '%s'",
                        kernel->name, word ? "word as" : "number as", name);
    *index = (size_t)at;
    return LLN_OK;
}

lln_status lln_kernel_real_or(const lln_kernel_choice *choice, const char *name,
                              double initial, double *value)
{
    size_t index = 0;
    LLN_TRY(find(choice, name, false, &index));
    double number = choice->number[index];
    *value = isnan(number) ? initial : number;
    return LLN_OK;
}

lln_status lln_kernel_real(const lln_kernel_choice *choice, const char *name,
                           double *value)
{
    LLN_TRY(lln_kernel_real_or(choice, name, NAN, value));
    if (!isnan(*value))
        return LLN_OK;
    return lln_fail(LLN_EINVAL, "kernel '%s': %s is not given", choice->text,
                    name);
}

lln_status lln_kernel_count(const lln_kernel_choice *choice, const char *name,
                            size_t *value)
{
    double number;
    LLN_TRY(lln_kernel_real(choice, name, &number));
    *value = (size_t)number;
    return LLN_OK;
}

lln_status lln_kernel_count_or(const lln_kernel_choice *choice,
                               const char *name, size_t initial, size_t *value)
{
    double number;
    LLN_TRY(lln_kernel_real_or(choice, name, (double)initial, &number));
    *value = (size_t)number;
    return LLN_OK;
}

lln_status lln_kernel_word(const lln_kernel_choice *choice, const char *name,
                           size_t *index)
{
    size_t at = 0;
    LLN_TRY(find(choice, name, true, &at));
    const char *const *words = choice->kernel->parameters[at].words;
    for (*index = 0; words[*index]; ++*index)
        if (strcmp(words[*index], choice->word[at]) == 0)
            return LLN_OK;
    return lln_fail(LLN_EINVAL, "kernel '%s': %s is not given", choice->text,
                    name);
}

lln_status lln_kernel_set(lln_kernel_choice *choice, const char *name,
                          double value)
{
    size_t index = 0;
    LLN_TRY(find(choice, name, false, &index));
    choice->number[index] = value;
    return LLN_OK;
}

unsigned lln_kernel_honours(const lln_kernel_choice *choice)
{
    const lln_kernel *kernel = choice->kernel;
    bool variant = kernel->variant && lln_kernel_given(choice, kernel->variant);
    return variant ? kernel->variant_honours : kernel->honours;
}

const lln_rule_part *lln_kernel_find_refused(const lln_kernel_choice *choice,
                                             const lln_logit_rule *rule)
{
    return lln_rule_find_refused(rule, lln_kernel_honours(choice));
}

lln_status lln_kernel_check_rule(const lln_kernel_choice *choice,
                                 const lln_logit_rule *rule)
{
    const lln_rule_part *part = lln_kernel_find_refused(choice, rule);
    if (!part)
        return LLN_OK;
    return lln_fail(LLN_EINVAL, "kernel '%s' %s %s", choice->text,
                    part->refusal, part->words);
}

lln_status lln_kernel_check_mask(const lln_kernel_choice *choice,
                                 const lln_head *head)
{
    if (!lln_mask_hides(head->rule.mask) || head->q.rows <= head->k.rows)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "kernel '%s': %zu queries and %zu key%s; a mask needs at "
                    "least as many keys as queries",
                    choice->text, head->q.rows, head->k.rows,
                    lln_text_plural(head->k.rows));
}
