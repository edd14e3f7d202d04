/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match_options.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "core/text.h"
#include "message.h"
#include "selection.h"

static void add_method(match_methods *list, const lln_match_method *method)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == method)
            cli_usage("--method: '%s' is given twice", method->name);
    if (list->count == MATCH_METHODS)
        cli_fail("more than %d methods", MATCH_METHODS);
    list->items[list->count++] = method;
}

__attribute__((noreturn)) static void unknown_method(const char *name)
{
    char known[256] = "";
    const lln_match_method *method = lln_match_methods;
    for (; method->name; method++)
        lln_text_append(known, sizeof known, method->name);
    cli_usage("--method: '%s' is not a method; expected all, or some of %s",
              name, known);
}

/* Every method, or every one that needs no eigenvalues. */
static void add_all(match_methods *list, bool spectrum)
{
    const lln_match_method *method = lln_match_methods;
    for (; method->name; method++)
        if (spectrum || method->target != LLN_TARGET_GAP)
            add_method(list, method);
}

match_methods match_methods_read(const char *text, bool spectrum)
{
    match_methods list = {.count = 0};
    char *copy = cli_copy(text), *rest = copy, *name;
    while ((name = strsep(&rest, ","))) {
        const lln_match_method *method = lln_match_find(name);
        if (method) {
            add_method(&list, method);
            continue;
        }
        if (strcmp(name, "all") != 0)
            unknown_method(name);
        add_all(&list, spectrum);
    }
    free(copy);
    return list;
}

const char *const match_seconds[] = {"entropy", "skewness", NULL};

static lln_match_target read_second(const char *text)
{
    static const lln_match_target targets[] = {LLN_TARGET_ENTROPY,
                                               LLN_TARGET_SKEWNESS};
    for (size_t i = 0; match_seconds[i]; i++)
        if (strcmp(text, match_seconds[i]) == 0)
            return targets[i];
    cli_usage("--second: expected entropy or skewness, found '%s'", text);
}

void match_options_check(const match_methods *methods)
{
    bool any_free = false, has_line = false;
    for (size_t i = 0; i < methods->count; i++) {
        any_free = any_free || methods->items[i]->has_free_sides;
        has_line = has_line || strcmp(methods->items[i]->name, "line") == 0;
    }
    if (any_free && cli_given("balance"))
        cli_usage("--balance cannot be used with method joint, which chooses "
                  "alpha and beta freely; name other methods");
    if (!has_line && cli_given("range"))
        cli_usage("--range needs --method line or --calibrate");
    static const char *const of_joint[] = {"second", "largest", NULL};
    if (!any_free && cli_first_given(of_joint))
        cli_usage("--%s needs --method joint", cli_first_given(of_joint));
}

lln_match_options match_options_read(const match_settings *settings)
{
    lln_match_options read = lln_match_defaults;
    lln_number_list range = number_list_read("range", settings->range);
    if (range.count != 2 || !(range.values[1] > range.values[0]))
        cli_usage("--range: expected two positive numbers in ascending order, "
                  "found '%s'",
                  settings->range);
    read.line_low = range.values[0];
    read.line_high = range.values[1];
    read.balance = settings->balance;
    read.largest = settings->largest;
    read.second = read_second(settings->second);
    free(range.values);
    return read;
}
