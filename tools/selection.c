/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "selection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "core/memory.h"
#include "kernel/arrays.h"
#include "message.h"
#include "table/series.h"

enum { MOST_VALUES = 100000 };

static const char list_form[] =
    "expected a number above 0, a list 0.5,1,2 or lo:hi:count[:log]";

static double read_number(const char *option, const char *text)
{
    static const lln_range positive = {0, INFINITY, .excluded = true};
    double value = NAN;
    lln_number read = lln_number_read(text, &positive, &value);
    if (read != LLN_NUMBER)
        cli_usage("--%s: '%s' is %s; %s", option, text,
                  read == LLN_NUMBER_NONE ? "not a number" : "out of range",
                  list_form);
    return value;
}

static void add_number(number_list *list, double value)
{
    double *values =
        lln_array_grow(list->values, list->count, sizeof *list->values);
    if (!values)
        cli_fail("out of memory");
    list->values = values;
    list->values[list->count++] = value;
}

/* Adds the numbers of lo:hi:count[:log]. */
static void add_range(const char *option, const char *text, number_list *list)
{
    char *copy = cli_copy(text), *rest = copy;
    char *part[4] = {NULL, NULL, NULL, NULL};
    size_t parts = cli_count_parts(text, ':');
    for (size_t i = 0; i < 4; i++)
        part[i] = strsep(&rest, ":");
    bool log = parts == 4 && strcmp(part[3], "log") == 0;
    if (parts < 3 || parts > 4 || (parts == 4 && !log))
        cli_usage("--%s: '%s' is not lo:hi:count[:log]", option, text);
    double low = read_number(option, part[0]),
           high = read_number(option, part[1]), count;
    static const lln_range counts = {2, MOST_VALUES, .whole = true};
    if (lln_number_read(part[2], &counts, &count) != LLN_NUMBER)
        cli_usage("--%s: count '%s' is not a whole number from 2 to %d", option,
                  part[2], MOST_VALUES);
    free(copy);
    for (size_t i = 0; i < (size_t)count; i++)
        add_number(list, lln_series_value(low, high, (size_t)count, log, i));
}

number_list number_list_read(const char *option, const char *text)
{
    number_list list = {.count = 0};
    if (!text) {
        add_number(&list, NAN);
        return list;
    }
    char *copy = cli_copy(text), *rest = copy, *item;
    while ((item = strsep(&rest, ",")))
        if (strchr(item, ':'))
            add_range(option, item, &list);
        else
            add_number(&list, read_number(option, item));
    free(copy);
    return list;
}

/* The word of a parameter that all kernels with alpha and beta have. */
static const char *word_of(const lln_kernel_choice *choice, const char *name)
{
    int at = lln_kernel_parameter_index(choice->kernel, name);
    return at < 0 ? "" : choice->word[at];
}

/* Whether the published rule is to see all heads of a layer together. */
static bool wants_joint(const char *option, const lln_kernel_choice *choice)
{
    bool joint = strcmp(word_of(choice, "scales"), "layer") == 0;
    if (joint && lln_kernel_given(choice, "match") &&
        strcmp(word_of(choice, "match"), "paper") != 0)
        cli_usage("--%s: %s: scales=layer goes with match=paper alone", option,
                  choice->text);
    return joint;
}

/* Decides where alpha and beta come from. */
static void resolve(const char *option, kernel_entry *entry, bool params)
{
    const lln_kernel_choice *choice = &entry->choice;
    if (!choice->kernel->takes_alpha_beta)
        return;
    bool alpha = lln_kernel_given(choice, "alpha");
    bool beta = lln_kernel_given(choice, "beta");
    bool match = lln_kernel_given(choice, "match");
    entry->joint = wants_joint(option, choice);
    if (alpha != beta)
        cli_usage("--%s: %s: %s without %s; give both or neither", option,
                  choice->text, alpha ? "alpha" : "beta",
                  alpha ? "beta" : "alpha");
    if (alpha && (match || entry->joint))
        cli_usage("--%s: %s: alpha and beta are given, %s sets them too",
                  option, choice->text, match ? "match" : "scales");
    if (alpha || entry->joint)
        return;
    entry->from_params = params && !match;
    if (!entry->from_params)
        entry->method = lln_match_find(word_of(choice, "match"));
}

/* Reads entry `index` of the list, which none before it may equal. */
static void read_entry(const char *option, const char *text,
                       const kernel_list *list, size_t index)
{
    kernel_entry *entry = &list->entries[index];
    if (*text == '\0')
        cli_usage("--%s: empty entry", option);
    if (lln_kernel_parse(text, &entry->choice) != LLN_OK)
        cli_usage("--%s: %s", option, lln_error_message());
    for (size_t i = 0; i < index; i++)
        if (strcmp(list->entries[i].choice.text, text) == 0)
            cli_usage("--%s: '%s' is given twice", option, text);
}

kernel_list kernel_list_read(const char *option, const char *text, bool params)
{
    kernel_list list = {.count = cli_count_parts(text, ',')};
    list.entries = cli_alloc(list.count, sizeof *list.entries);
    char *copy = cli_copy(text), *rest = copy;
    bool used = false;
    for (size_t i = 0; i < list.count; i++) {
        read_entry(option, strsep(&rest, ","), &list, i);
        resolve(option, &list.entries[i], params);
        used = used || list.entries[i].from_params;
    }
    free(copy);
    if (params && !used)
        cli_usage("--params: no kernel in '%s' takes alpha and beta from it",
                  text);
    return list;
}

bool kernel_is_random(const kernel_entry *entry)
{
    const lln_kernel *kernel = entry->choice.kernel;
    return kernel && kernel->properties & LLN_KERNEL_RANDOM;
}

kernel_list kernel_list_join(const kernel_list *a, const kernel_list *b)
{
    kernel_list all = {.count = a->count + b->count};
    all.entries = cli_alloc(all.count, sizeof *all.entries);
    for (size_t i = 0; i < all.count; i++)
        all.entries[i] =
            i < a->count ? a->entries[i] : b->entries[i - a->count];
    return all;
}

/* "rows sum to 1, entries >= 0, rank full" and what else is to be known. */
static void print_properties(const lln_kernel *kernel)
{
    unsigned p = kernel->properties, h = kernel->honours;
    printf("    rows %s, entries %s, rank %s\n",
           p & LLN_KERNEL_SUMS_TO_ONE       ? "sum to 1"
           : p & LLN_KERNEL_SUMS_BY_DEFAULT ? "sum to 1 by default"
                                            : "need not sum to 1",
           p & LLN_KERNEL_SIGNED ? "may be negative" : ">= 0", kernel->rank);
    if (!(h & LLN_HONOURS_FULL) || !(h & LLN_HONOURS_CAUSAL))
        printf("    only %s a causal mask\n",
               h & LLN_HONOURS_CAUSAL ? "with" : "without");
    if (!(h & LLN_HONOURS_WINDOW))
        puts("    does not support a window");
    if (!(h & LLN_HONOURS_RUNS))
        puts("    does not support chunks, documents, a prefix, causal=top");
    if (!(h & LLN_HONOURS_LOGITS))
        puts("    does not support a softcap, a bias, a mask from a file");
    if (!(h & LLN_HONOURS_SINK))
        puts("    does not support a sink");
    if (p & LLN_KERNEL_RANDOM)
        puts("    random: drawn from --seed for each trial");
    for (const lln_kernel_array_row *row = kernel->arrays; row->name; row++) {
        char shapes[128];
        lln_kernel_shapes_text(row, shapes, sizeof shapes);
        printf("    takes %s %s: %s\n", row->name, shapes, row->unit);
    }
}

/* What it is, its range and its default; the summary has the words. */
static void print_parameter(const lln_kernel_parameter *parameter)
{
    char range[96];
    lln_range_text(&parameter->range, range, sizeof range);
    printf("    %-10s %s", parameter->name, parameter->summary);
    if (!parameter->words)
        printf("; %s", range);
    if (parameter->initial)
        printf(" (default: %s)", parameter->initial);
    putchar('\n');
}

static void print_kernel(const lln_kernel *kernel)
{
    printf("%s\n    %s\n", kernel->name, kernel->summary);
    print_properties(kernel);
    const lln_kernel_parameter *parameter = kernel->parameters;
    for (; parameter->name; parameter++)
        print_parameter(parameter);
    printf("    %s\n", kernel->reference);
}

void kernel_list_print(void)
{
    for (const lln_kernel *const *kernel = lln_kernels; *kernel; kernel++) {
        if (kernel != lln_kernels)
            putchar('\n');
        print_kernel(*kernel);
    }
}
