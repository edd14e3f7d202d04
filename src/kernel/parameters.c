/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/parameters.h"

#include <math.h>
#include <string.h>

#include "core/text.h"

int lln_kernel_parameter_index(const lln_kernel *kernel, const char *name)
{
    for (int i = 0; kernel->parameters[i].name; i++)
        if (strcmp(kernel->parameters[i].name, name) == 0)
            return i;
    return -1;
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

const lln_rule_part *lln_kernel_find_refused(const lln_kernel_choice *choice,
                                             const lln_logit_rule *rule)
{
    const lln_kernel *kernel = choice->kernel;
    bool variant = kernel->variant && lln_kernel_given(choice, kernel->variant);
    return lln_rule_find_refused(rule, variant ? kernel->variant_honours
                                               : kernel->honours);
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
                    "kernel '%s': %zu queries, %zu keys; a mask needs at "
                    "least as many keys",
                    choice->text, head->q.rows, head->k.rows);
}
