/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-match: alpha and beta with which LLN attention has the log-variance of
 * softmax attention, and what they achieve on the head. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "core/text.h"
#include "help.h"
#include "identity.h"
#include "match/report.h"
#include "message.h"
#include "options.h"
#include "run.h"

static struct {
    const char *method;
    bool no_spectrum;
} options = {.method = "measured"};

static const cli_option option_table[] = {
    {"method", 0, CLI_TEXT, "LIST",
     "methods of the list below, or all (measured)", &options.method, 0, 0,
     false},
    {"no-spectrum", 0, CLI_FLAG, NULL,
     "leave out lambda2_ratio, which takes most of the time",
     &options.no_spectrum, 0, 0, false},
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

static const lln_column columns[] = {
    {"method", LLN_CELL_TEXT},
    {"alpha", LLN_CELL_REAL},
    {"beta", LLN_CELL_REAL},
    {"sigma_q", LLN_CELL_REAL},
    {"sigma_k", LLN_CELL_REAL},
    {"target", LLN_CELL_TEXT},
    {"target_value", LLN_CELL_REAL},
    {"predicted", LLN_CELL_REAL},
    {"achieved", LLN_CELL_REAL},
    {"relative_error", LLN_CELL_REAL},
    {"entropy_gap_nats", LLN_CELL_REAL},
    {"lambda2_ratio", LLN_CELL_REAL},
    {"max_exponent", LLN_CELL_REAL},
    {"fp16_overflow", LLN_CELL_REAL},
    {"bf16_overflow", LLN_CELL_REAL},
    {0},
};

enum { MOST_METHODS = 16 };

/* The methods asked for, in the order given. */
typedef struct {
    const lln_match_method *items[MOST_METHODS];
    size_t count;
} method_list;

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
    cli_usage("--method: '%s' is not a method; expected %s, or all", name,
              known);
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
    return list;
}

static void fill_match_cells(const lln_match *match, const lln_report *report,
                             lln_cell *cells)
{
    cells[1].real = match->alpha;
    cells[2].real = match->beta;
    cells[3].real = match->sigma_q;
    cells[4].real = match->sigma_k;
    cells[6].real = match->target;
    cells[7].real = match->predicted;
    cells[8].real = report->achieved;
    cells[9].real = report->relative_error;
    cells[10].real = report->entropy_gap;
    cells[11].real = report->lambda2_ratio;
    cells[12].real = report->max_exponent;
    cells[13].real = report->fp16_overflow;
    cells[14].real = report->bf16_overflow;
}

/* Says which head has no match; the row stays, without one. */
static void warn_of_no_match(const run_case *c, const char *method)
{
    char place[RUN_PLACE];
    run_place(run_index(c->head->layer), run_index(c->head->head), place);
    cli_warn("%s: %stau %.6g: %s: %s", c->head->source, place, c->tau, method,
             lln_error_message());
}

static lln_status fill_row(const run_case *c, const lln_match_method *method,
                           const lln_report_summary *softmax, lln_cell *cells)
{
    lln_match match;
    lln_report report;
    cells[0].text = method->name;
    cells[5].text = "log_variance_row";
    lln_status status = lln_match_solve(method, c->head, &match);
    if (status == LLN_EUNDEFINED || status == LLN_ENOCONV) {
        warn_of_no_match(c, method->name);
        return LLN_OK;
    }
    LLN_TRY(status);
    LLN_TRY(lln_report_match(c->head, &match, softmax, &report));
    fill_match_cells(&match, &report, cells);
    return LLN_OK;
}

static lln_status measure_matches(const run_case *c, const void *context,
                                  run_block *block)
{
    const method_list *methods = context;
    lln_report_summary softmax;
    LLN_TRY(run_block_resize(block, methods->count));
    LLN_TRY(lln_report_softmax(c->head, !options.no_spectrum, &softmax));
    for (size_t i = 0; i < methods->count; i++)
        LLN_TRY(fill_row(c, methods->items[i], &softmax,
                         block->cells + i * block->columns));
    return LLN_OK;
}

int main(int argc, char **argv)
{
    command_parse(&tool, argc, argv);
    method_list methods = read_methods();
    return run_plan_write(&(run_plan){.columns = columns,
                                      .measure = measure_matches,
                                      .context = &methods,
                                      .measures_head = true,
                                      .uses_arpack = !options.no_spectrum,
                                      .kernel = "lln"});
}
