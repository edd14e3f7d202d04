/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-match: finds alpha and beta for which LLN attention has the within-row
 * log-variance of softmax attention, and measures how well they match. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "core/text.h"
#include "help.h"
#include "identity.h"
#include "landscape.h"
#include "match/report.h"
#include "message.h"
#include "options.h"
#include "run.h"
#include "stored.h"
#include "warnings.h"

static struct {
    const char *method;
    bool no_spectrum, map;
    const char *map_a, *map_b;
} options = {.method = "measured"};

static const cli_option option_table[] = {
    {"method", 0, CLI_LIST, "LIST",
     "methods from the list below; all selects every method (measured)",
     &options.method, 0, 0, false},
    {"no-spectrum", 0, CLI_FLAG, NULL,
     "do not compute lambda2_ratio, which takes most of the time",
     &options.no_spectrum, 0, 0, false},
    {"map", 0, CLI_FLAG, NULL,
     "print a map of LLN attention over alpha and beta, with the point of each "
     "method (all)",
     &options.map, 0, 0, false},
    {"map-a", 0, CLI_TEXT, "LIST",
     "with --map, values of a = alpha sigma_q (" LANDSCAPE_SIDES ")",
     &options.map_a, 0, 0, false},
    {"map-b", 0, CLI_TEXT, "LIST",
     "with --map, values of b = beta sigma_k (" LANDSCAPE_SIDES ")",
     &options.map_b, 0, 0, false},
    {0},
};

static void print_methods(void)
{
    puts("\nMethods:");
    const lln_match_method *method = lln_match_methods;
    for (; method->name; method++)
        help_choice(method->name, method->summary);
}

static const cli_tool tool = {
    .name = "lln-match",
    .summary = "moment matching of LLN attention to softmax",
    .options = option_table,
    .shared = run_shared_options,
    .print_choices = print_methods,
};

enum { PASS_REPORT = 1, PASS_SPECTRUM = 2 };

typedef struct {
    const char *method, *target;
    lln_match match;
    lln_report report;
    const char *seed; /* of a sampled head */
} match_record;

#define MATCH(field, name)                                                     \
    RECORD_REAL(match_record, match.field, name, COLUMNS_DEFAULT, 0)
#define REPORT(field, name, pass)                                              \
    RECORD_REAL(match_record, report.field, name, COLUMNS_DEFAULT,             \
                PASS_REPORT | (pass))

static const record_column columns[] = {
    RECORD_TEXT(match_record, method, "method", COLUMNS_DEFAULT, 0),
    MATCH(alpha, "alpha"),
    MATCH(beta, "beta"),
    MATCH(sigma_q, "sigma_q"),
    MATCH(sigma_k, "sigma_k"),
    RECORD_TEXT(match_record, target, "target", COLUMNS_DEFAULT, 0),
    MATCH(target, "target_value"),
    MATCH(predicted, "predicted"),
    REPORT(achieved, "achieved", 0),
    REPORT(relative_error, "relative_error", 0),
    REPORT(entropy_gap, "entropy_gap_nats", 0),
    REPORT(lambda2_ratio, "lambda2_ratio", PASS_SPECTRUM),
    REPORT(max_exponent, "max_exponent", 0),
    REPORT(fp16_overflow, "fp16_overflow", 0),
    REPORT(bf16_overflow, "bf16_overflow", 0),
    RECORD_DIGITS(match_record, seed, "seed", COLUMNS_DEFAULT, 0),
    {0},
};

enum { MOST_METHODS = 16 };

/* The methods of --method, in the order given, and the seed as text. */
typedef struct {
    const lln_match_method *items[MOST_METHODS];
    size_t count;
    char seed[32];
} method_list;

static method_list methods; /* of --method */

static void add_method(method_list *list, const lln_match_method *method)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == method)
            cli_usage("--method: '%s' is given twice", method->name);
    if (list->count == MOST_METHODS)
        cli_fail("more than %d methods", MOST_METHODS);
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

/* Reads "paper,measured" or "all". */
static method_list read_methods(void)
{
    method_list list = {.count = 0};
    char *copy = cli_copy(options.method), *rest = copy, *name;
    while ((name = strsep(&rest, ","))) {
        const lln_match_method *method = lln_match_find(name);
        if (method) {
            add_method(&list, method);
            continue;
        }
        if (strcmp(name, "all") != 0)
            unknown_method(name);
        for (method = lln_match_methods; method->name; method++)
            add_method(&list, method);
    }
    free(copy);
    snprintf(list.seed, sizeof list.seed, "%" PRIu64, run_shared.seed);
    return list;
}

/* Starts a row for each method: its names are there even if it finds no
 * match. */
static lln_status start_matches(run_block *block)
{
    LLN_TRY(run_block_resize(block, methods.count));
    for (size_t i = 0; i < methods.count; i++) {
        match_record *out = run_block_record(block, i);
        out->method = methods.items[i]->name;
        out->target = "log_variance_row";
        out->seed = options_sampled() ? methods.seed : NULL;
    }
    return LLN_OK;
}

static void warn(const run_case *c, const char *what)
{
    warnings_add_failure(c->head, c->tau, what);
}

/* Fills one row. softmax: NULL if no column of the report is printed, or if it
 * is undefined for the head. */
static lln_status fill_record(const run_case *c, const lln_match_method *method,
                              const lln_report_summary *softmax,
                              match_record *out)
{
    char what[64];
    lln_match match;
    lln_report report;
    snprintf(what, sizeof what, "method '%s': ", method->name);
    lln_status status = lln_match_solve(method, c->head, &match);
    if (status == LLN_OK) {
        out->match = match;
        if (!softmax)
            return LLN_OK;
        status = lln_report_match(c->head, &match, softmax, &report);
    }
    if (status == LLN_OK)
        out->report = report;
    if (!warnings_suffice(status))
        return status;
    warn(c, what);
    return LLN_OK;
}

static lln_status measure_matches(const run_case *c, const void *context,
                                  run_block *block)
{
    (void)context;
    bool spectrum = !options.no_spectrum && (c->passes & PASS_SPECTRUM);
    lln_report_summary summary, *softmax = NULL;
    if (c->passes & PASS_REPORT) {
        lln_status status = lln_report_softmax(c->head, spectrum, &summary);
        if (status == LLN_OK)
            softmax = &summary;
        else if (warnings_suffice(status))
            warn(c, "");
        else
            return status;
    }
    for (size_t i = 0; i < methods.count; i++)
        LLN_TRY(fill_record(c, methods.items[i], softmax,
                            run_block_record(block, i)));
    return LLN_OK;
}

/* Checks the options of --map against the others. */
static void check_map(void)
{
    static const char *const needing[] = {"map-a", "map-b", NULL};
    const char *given = cli_first_given(needing);
    if (given && !options.map)
        cli_usage("--%s needs --map", given);
    if (options.map && options.no_spectrum)
        cli_usage("--no-spectrum cannot be used with --map, which computes "
                  "eigenvalues only for --columns spectrum");
    if (options.map && !cli_given("method"))
        options.method = "all";
}

int main(int argc, char **argv)
{
    command_parse(&tool, argc, argv);
    stored_refuse("lln-match");
    check_map();
    methods = read_methods();
    if (options.map)
        return landscape_write(&(landscape_options){
            options.map_a, options.map_b, methods.items, methods.count});
    return run_plan_write(&(run_plan){.name = "lln-match",
                                      .table = {columns, sizeof(match_record)},
                                      .measure = measure_matches,
                                      .start = start_matches,
                                      .measures_head = true,
                                      .mostly_serial = !options.no_spectrum,
                                      .has_many_rows = methods.count > 1,
                                      .kernel = "lln"});
}
