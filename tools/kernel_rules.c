/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel_rules.h"

#include <stdio.h>
#include <string.h>

#include "config.h"
#include "identity.h"
#include "message.h"
#include "options.h"
#include "rules.h"
#include "tensor/mapping.h"

enum { TEXT = 1024 };

static bool supports(const kernel_entry *entry, const lln_rule_part *part)
{
    return lln_kernel_honours(&entry->choice) & part->honours;
}

/* Whether the part is left out for kernels that do not support it. */
static bool is_left_out(const kernel_list *kernels, const lln_rule_part *part,
                        const lln_logit_rule *rule)
{
    bool some = false;
    for (size_t i = 0; i < kernels->count; i++)
        some = some || supports(&kernels->entries[i], part);
    return part->optional && some && part->is_asked(rule);
}

/* Names the configuration if it has the option, and how to leave it out. */
__attribute__((noreturn)) static void refuse_part(const kernel_entry *entry,
                                                  const lln_rule_part *part)
{
    if (!config_gives(part->option))
        cli_usage("kernel '%s' %s --%s", entry->choice.text, part->refusal,
                  part->option);
    cli_usage("kernel '%s' %s --%s, which %s has; leave it out with --%s none",
              entry->choice.text, part->refusal, part->option,
              lln_mapping_name(run_shared.config), part->option);
}

static void refuse_parts(const kernel_list *kernels, const kernel_entry *entry,
                         const lln_logit_rule *rule)
{
    for (const lln_rule_part *part = lln_rule_parts; part->words; part++)
        if (part->is_asked(rule) && !supports(entry, part) &&
            !is_left_out(kernels, part, rule))
            refuse_part(entry, part);
}

static void append(char text[TEXT], const char *more)
{
    strncat(text, more, TEXT - strlen(text) - 1);
}

/* Adds "'lln' without --softcap and --sink", or nothing. */
static void add_kernel(const kernel_list *kernels, const kernel_entry *entry,
                       const lln_logit_rule *rule, char text[TEXT])
{
    bool named = false;
    for (const lln_rule_part *part = lln_rule_parts; part->words; part++) {
        char more[TEXT];
        if (supports(entry, part) || !is_left_out(kernels, part, rule))
            continue;
        if (named)
            snprintf(more, sizeof more, " and --%s", part->option);
        else
            snprintf(more, sizeof more, "%s'%s' without --%s",
                     *text ? ", " : "", entry->choice.text, part->option);
        append(text, more);
        named = true;
    }
}

static void list_kernels(const kernel_list *kernels, const lln_logit_rule *rule,
                         char text[TEXT])
{
    *text = '\0';
    for (size_t i = 0; i < kernels->count; i++)
        add_kernel(kernels, &kernels->entries[i], rule, text);
}

void kernel_rules_check(const kernel_list *kernels)
{
    char text[TEXT];
    lln_logit_rule rule = rules_asked();
    for (size_t i = 0; i < kernels->count; i++)
        refuse_parts(kernels, &kernels->entries[i], &rule);
    list_kernels(kernels, &rule, text);
    if (*text == '\0')
        return;
    row_identity_show_rule();
    cli_warn("kernels that do not support an option are measured without "
             "it: %s",
             text);
}
