/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "complete_values.h"

#include <string.h>

#include "array_lists.h"
#include "complete_arrays.h"
#include "complete_offer.h"
#include "heads/layout.h"
#include "heads/map_arrays.h"
#include "heads/qk_norm.h"
#include "heads/query_scale.h"
#include "heads/rope_text.h"
#include "heads/rule_text.h"
#include "heads/rules.h"
#include "heads/split.h"
#include "kernel/arrays.h"
#include "kernel/table/table.h"
#include "match_options.h"
#include "measure/block_map.h"
#include "run.h"
#include "source_checks.h"
#include "table/table.h"

/* A parameter in name[:parameter=value]..., whatever table it is from. */
typedef struct {
    const char *name, *summary;
    const char *const *words; /* NULL: any value */
    bool is_flag;             /* it has no value */
    bool is_refused;          /* by the word at the beginning */
} parameter;

/* Sets parameter number `index`; false: there is none. */
typedef bool get_parameter(const void *table, size_t index, parameter *out);

/* Completes what follows the name and its colon. */
static void offer_parameters(get_parameter *get, const void *table)
{
    const char *list = complete_part();
    complete_narrow(":");
    const char *item = complete_part(), *equals = strchr(item, '=');
    parameter p;
    for (size_t i = 0; get(table, i, &p); i++) {
        if (p.is_refused)
            continue;
        size_t length = strlen(p.name);
        bool named = equals && (size_t)(equals - item) == length &&
                     strncmp(item, p.name, length) == 0;
        if (named && p.words) {
            complete_skip(length + 1);
            complete_offer_words(p.words);
            return;
        }
        if (!equals && !complete_is_listed(p.name, list, item, ':'))
            complete_offer(p.name, p.is_flag ? "" : "=", p.summary);
    }
}

static bool get_of_kernel(const void *table, size_t index, parameter *out)
{
    const lln_kernel_parameter *p =
        &((const lln_kernel *)table)->parameters[index];
    *out =
        (parameter){.name = p->name, .summary = p->summary, .words = p->words};
    return p->name != NULL;
}

/* Whether `name` is the text before the first colon. */
static bool is_head(const char *name, const char *text)
{
    size_t length = strcspn(text, ":");
    return strlen(name) == length && strncmp(name, text, length) == 0;
}

/* Completes name[:parameter=value]...; names in the list are left out. */
static void offer_kernel(const char *list)
{
    const char *item = complete_part(), *colon = strchr(item, ':');
    const lln_kernel *const *kernel = lln_kernels;
    complete_stay();
    for (; *kernel && !colon; kernel++)
        if (!complete_is_listed((*kernel)->name, list, item, ','))
            complete_offer((*kernel)->name, "", (*kernel)->summary);
    while (*kernel && !is_head((*kernel)->name, item))
        kernel++;
    if (!colon || !*kernel)
        return;
    complete_skip((size_t)(colon - item) + 1);
    offer_parameters(get_of_kernel, *kernel);
}

/* A kernel of a tool that has its own ones. */
typedef struct {
    const cli_tool *tool;
    char name[LLN_KERNEL_TEXT];
} own_kernel;

static bool get_of_own(const void *table, size_t index, parameter *out)
{
    const own_kernel *kernel = table;
    cli_text text;
    *out = (parameter){.words = NULL};
    if (!kernel->tool->parameter(kernel->name, index, &text, &out->words))
        return false;
    out->name = text.name;
    out->summary = text.help;
    return true;
}

static void offer_own_parameters(const cli_tool *tool)
{
    const char *item = complete_part();
    size_t length = strcspn(item, ":");
    own_kernel kernel = {.tool = tool};
    if (length >= sizeof kernel.name)
        return;
    memcpy(kernel.name, item, length);
    complete_stay();
    complete_skip(length + 1);
    offer_parameters(get_of_own, &kernel);
}

static void offer_kernels(const complete_line *line)
{
    const char *list = complete_part();
    cli_text kernel;
    complete_narrow(",");
    if (!line->tool->kernel) {
        offer_kernel(list);
        return;
    }
    if (strchr(complete_part(), ':')) {
        offer_own_parameters(line->tool);
        return;
    }
    complete_stay();
    for (size_t i = 0; line->tool->kernel(i, &kernel); i++)
        if (!complete_is_listed(kernel.name, list, complete_part(), ','))
            complete_offer(kernel.name, "", kernel.help);
}

static void offer_reference(const complete_line *line)
{
    (void)line;
    offer_kernel(complete_part());
}

/* A form, and one of its words. */
typedef struct {
    const lln_setting_form *form;
    size_t word;
} form_of_word;

static bool get_of_form(const void *table, size_t index, parameter *out)
{
    const form_of_word *of = table;
    const lln_setting_row *row = &of->form->rows[index];
    *out = (parameter){.name = row->name,
                       .words = row->words,
                       .is_flag = row->kind == LLN_SETTING_FLAG,
                       .is_refused = !(of->form->takes[of->word] >> index & 1)};
    return row->name != NULL;
}

/* Completes [LAYERS@]word[:parameter=value]... */
static void offer_form(const lln_setting_form *form)
{
    complete_narrow("@");
    const char *item = complete_part(), *colon = strchr(item, ':');
    form_of_word of = {form, 0};
    complete_stay();
    if (!colon)
        complete_offer_words(form->words);
    while (form->words[of.word] && !is_head(form->words[of.word], item))
        of.word++;
    if (!colon || !form->words[of.word])
        return;
    complete_skip((size_t)(colon - item) + 1);
    offer_parameters(get_of_form, &of);
}

static void offer_scales(const complete_line *line)
{
    (void)line;
    offer_form(&lln_query_scale_form);
    complete_offer_files();
}

static void offer_layouts(const complete_line *line)
{
    bool stored = complete_line_value(line, "attention") != NULL;
    for (size_t axes = 2; axes <= LLN_TENSOR_AXES; axes++) {
        const char *const *names =
            stored ? lln_stored_layouts(axes) : lln_layouts(axes);
        if (names)
            complete_offer_words(names);
    }
}

static void offer_fused(const complete_line *line)
{
    (void)line;
    for (int i = LLN_FUSED_QKV; i <= LLN_FUSED_HEAD_QKV; i++)
        complete_offer(lln_fused_name((lln_fused)i), "", NULL);
}

static void offer_formats(const complete_line *line)
{
    (void)line;
    for (int i = 0; lln_table_format_name(i); i++)
        complete_offer(lln_table_format_name(i), "", NULL);
}

static void offer_methods(const complete_line *line)
{
    const cli_tool *tool = line->tool;
    const char *list = complete_part();
    cli_text method;
    bool several = line->option->type == CLI_LIST;
    if (several) {
        complete_narrow(",");
        complete_stay();
        if (list == complete_part())
            complete_offer("all", "", "every method");
    }
    for (size_t i = 0; tool->method && tool->method(i, &method); i++)
        if (!complete_is_listed(method.name, list, complete_part(), ','))
            complete_offer(method.name, "", method.help);
}

static void offer_names(const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        complete_offer(names[i], "=", NULL);
}

/* Offers an array of kernel number k, unless an earlier kernel has it too. */
static void offer_kernel_array(size_t k, const lln_kernel_array_row *array)
{
    for (size_t i = 0; i < k; i++)
        if (lln_kernel_array_find(lln_kernels[i], array->name))
            return;
    complete_offer(array->name, "=", array->unit);
}

/* Completes NAME=FILE[:KEY],... */
static void offer_arrays(const complete_line *line)
{
    (void)line;
    complete_narrow(",");
    const char *item = complete_part(), *equals = strchr(item, '=');
    complete_stay();
    if (equals) {
        complete_skip((size_t)(equals - item) + 1);
        complete_place();
        return;
    }
    offer_names(&arrays_name_of_keys, 1);
    offer_names(lln_map_array_names, LLN_MAP_ARRAYS);
    offer_names(lln_rule_array_names, LLN_RULE_ARRAYS);
    for (size_t k = 0; lln_kernels[k]; k++)
        for (size_t i = 0; lln_kernels[k]->arrays[i].name; i++)
            offer_kernel_array(k, &lln_kernels[k]->arrays[i]);
}

/* Options whose values are words of a list, or of another form. */
static const struct {
    const char *option;
    const char *const *words;
    const lln_setting_form *form;
    void (*offer)(const complete_line *line);
} values[] = {
    {"aggregate", run_aggregates, NULL, NULL},
    {"arrays", NULL, NULL, offer_arrays},
    {"bias", NULL, &lln_bias_form, NULL},
    {"compare", NULL, NULL, offer_reference},
    {"format", NULL, NULL, offer_formats},
    {"fused", NULL, NULL, offer_fused},
    {"kernel", NULL, NULL, offer_kernels},
    {"key-attention", NULL, NULL, complete_keys},
    {"key-k", NULL, NULL, complete_keys},
    {"key-q", NULL, NULL, complete_keys},
    {"key-v", NULL, NULL, complete_keys},
    {"layout", NULL, NULL, offer_layouts},
    {"method", NULL, NULL, offer_methods},
    {"padding", sources_sides, NULL, NULL},
    {"pool", lln_pool_names, NULL, NULL},
    {"qk-norm", NULL, &lln_qk_norm_form, NULL},
    {"query-scale", NULL, NULL, offer_scales},
    {"rope", NULL, &lln_rope_form, NULL},
    {"second", match_seconds, NULL, NULL},
};

/* Completes what the name of the value in --help says. */
static void offer_by_argument(const char *argument)
{
    if (strncmp(argument, "FILE", 4) == 0)
        complete_place();
    if (strchr(argument, '|'))
        complete_offer_alternatives("", argument);
}

void complete_value(const complete_line *line)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (strcmp(line->option->name, values[i].option) != 0)
            continue;
        if (values[i].words)
            complete_offer_words(values[i].words);
        else if (values[i].form)
            offer_form(values[i].form);
        else
            values[i].offer(line);
        return;
    }
    if (line->option->argument)
        offer_by_argument(line->option->argument);
}
