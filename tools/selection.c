/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "selection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "core/memory.h"
#include "kernel/arrays.h"
#include "message.h"

lln_number_list number_list_read(const char *option, const char *text)
{
    lln_number_list list = {.count = 0};
    if (!text) {
        list.values = cli_alloc(1, sizeof *list.values);
        list.values[list.count++] = NAN;
        return list;
    }
    lln_status status = lln_number_list_read(text, &list);
    if (status == LLN_EINVAL)
        cli_usage("--%s: %s", option, lln_error_message());
    cli_check(status);
    return list;
}

/* The word of a parameter; "" if the kernel has no such parameter. */
static const char *word_of(const lln_kernel_choice *choice, const char *name)
{
    int at = lln_kernel_parameter_index(choice->kernel, name);
    return at < 0 ? "" : choice->word[at];
}

/* Whether the published rule uses all heads of a layer together. */
static bool wants_layer(const char *option, const lln_kernel_choice *choice)
{
    bool layer = strcmp(word_of(choice, "scales"), "layer") == 0;
    if (layer && lln_kernel_given(choice, "match") &&
        strcmp(word_of(choice, "match"), "paper") != 0)
        cli_usage("--%s: %s: scales=layer needs match=paper", option,
                  choice->text);
    return layer;
}

/* Decides how the kernel gets its alpha and beta. */
static void resolve(const char *option, kernel_entry *entry, bool params)
{
    const lln_kernel_choice *choice = &entry->choice;
    if (!choice->kernel->takes_alpha_beta)
        return;
    bool alpha = lln_kernel_given(choice, "alpha");
    bool beta = lln_kernel_given(choice, "beta");
    bool match = lln_kernel_given(choice, "match");
    entry->of_layer = wants_layer(option, choice);
    if (alpha != beta)
        cli_usage("--%s: %s: %s needs %s; give both or neither", option,
                  choice->text, alpha ? "alpha" : "beta",
                  alpha ? "beta" : "alpha");
    if (alpha && (match || entry->of_layer))
        cli_usage(
            "--%s: %s: %s cannot be used with alpha and beta: it sets both",
            option, choice->text, match ? "match" : "scales");
    if (alpha || entry->of_layer)
        return;
    entry->from_params = params && !match;
    if (!entry->from_params)
        entry->method = lln_match_find(word_of(choice, "match"));
}

/* Reads entry `index` of the list, which must differ from those before it. */
static void read_entry(const char *option, const char *text,
                       const kernel_list *list, size_t index)
{
    kernel_entry *entry = &list->entries[index];
    if (*text == '\0')
        cli_usage("--%s: empty entry; expected a kernel (see --list-kernels)",
                  option);
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
        cli_usage("--params: no kernel in '%s' takes alpha and beta from the "
                  "table; leave out --params, or use a kernel such as lln",
                  text);
    return list;
}

void kernel_list_expect_one(const char *option, const char *text,
                            const kernel_list *list)
{
    if (list->count > 1)
        cli_usage("--%s: expected one kernel, found '%s'", option, text);
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

/* Prints "rows sum to 1, entries >= 0, rank full" and the other properties. */
static void print_properties(const lln_kernel *kernel)
{
    unsigned p = kernel->properties, h = kernel->honours;
    printf("    rows %s, entries %s, rank %s\n",
           p & LLN_KERNEL_SUMS_TO_ONE       ? "sum to 1"
           : p & LLN_KERNEL_SUMS_BY_DEFAULT ? "sum to 1 by default"
           : p & LLN_KERNEL_OUTSIDE         ? "sum to at most 1"
                                            : "need not sum to 1",
           p & LLN_KERNEL_SIGNED ? "may be negative" : ">= 0", kernel->rank);
    if (!(h & LLN_HONOURS_FULL) || !(h & LLN_HONOURS_CAUSAL))
        printf("    %s --causal\n",
               h & LLN_HONOURS_CAUSAL ? "needs" : "does not support");
    if (!(h & LLN_HONOURS_WINDOW))
        puts("    does not support --window");
    if (!(h & LLN_HONOURS_RUNS))
        puts("    does not support --chunk, --documents, --prefix, "
             "--causal=top");
    if (!(h & LLN_HONOURS_LOGITS))
        puts("    does not support --softcap, --bias, --mask");
    if (!(h & LLN_HONOURS_SINK))
        puts("    does not support --sink");
    if (p & LLN_KERNEL_RANDOM)
        puts("    random: drawn from --seed, anew for each trial");
    for (const lln_kernel_array_row *row = kernel->arrays; row->name; row++) {
        char shapes[128];
        lln_kernel_shapes_text(row, shapes, sizeof shapes);
        printf("    takes the array %s %s: %s\n", row->name, shapes, row->unit);
    }
}

/* Prints the meaning, range and default of a parameter; the words that it
 * accepts are in its summary. */
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
