/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-match: finds alpha and beta for which LLN attention has the within-row
 * log-variance of softmax attention, and measures how well they match. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calibration_table.h"
#include "command.h"
#include "identity.h"
#include "landscape.h"
#include "match/report.h"
#include "match_options.h"
#include "message.h"
#include "options.h"
#include "run.h"
#include "stored.h"
#include "warnings.h"

static struct {
    const char *method;
    bool no_spectrum, calibrate, map;
    const char *map_a, *map_b;
    match_settings settings;
} options = {
    .method = "measured",
    .settings = {
        .balance = 1, .largest = 200, .range = "0.5,2", .second = "entropy"}};

static const cli_option option_table[] = {
    {"method", 0, CLI_LIST, "LIST",
     "methods from the list below; all selects every method (measured)",
     &options.method, 0, 0, false},
    {"balance", 0, CLI_REAL, "R",
     "choose alpha and beta with alpha sigma_q = R beta sigma_k (1)",
     &options.settings.balance, 1e-6, 1e6, false},
    {"second", 0, CLI_TEXT, "WHAT",
     "what joint matches in addition to D2: entropy or skewness (entropy)",
     &options.settings.second, 0, 0, false},
    {"largest", 0, CLI_REAL, "A",
     "largest alpha sigma_q that joint tries (200)", &options.settings.largest,
     1, 1e6, false},
    {"range", 0, CLI_TEXT, "LOW,HIGH",
     "range of D2 for which the line of method line is fitted (0.5,2)",
     &options.settings.range, 0, 0, false},
    {"calibrate", 0, CLI_FLAG, NULL,
     "print the lines of method line for --dim features instead of matching; "
     "no head is measured",
     &options.calibrate, 0, 0, false},
    {"no-spectrum", 0, CLI_FLAG, NULL,
     "leave out lambda2_ratio, also of --columns all, and method gap of "
     "--method all, which need eigenvalues",
     &options.no_spectrum, 0, 0, false},
    {"map", 0, CLI_FLAG, NULL,
     "print a map of LLN attention over alpha and beta, with the point of each "
     "method of --method (with --map, all by default)",
     &options.map, 0, 0, false},
    {"map-a", 0, CLI_TEXT, "LIST",
     "with --map, values of a = alpha sigma_q (" LANDSCAPE_SIDES ")",
     &options.map_a, 0, 0, false},
    {"map-b", 0, CLI_TEXT, "LIST",
     "with --map, values of b = beta sigma_k (" LANDSCAPE_SIDES ")",
     &options.map_b, 0, 0, false},
    {0},
};

static bool get_method(size_t index, cli_text *method)
{
    const lln_match_method *found = &lln_match_methods[index];
    *method = (cli_text){found->name, found->summary};
    return found->name != NULL;
}

static const cli_tool tool = {
    .name = "lln-match",
    .summary = "moment matching of LLN attention to softmax",
    .options = option_table,
    .shared = run_shared_options,
    .method = get_method,
};

/* The passes for columns are the bits of lln_report_match, and: */
enum { PASS_REPORT = 16 };

typedef struct {
    const char *method, *target, *status, *second;
    lln_match match;
    lln_report report;
    lln_report_summary softmax;
    const char *seed;      /* of a sampled head */
    long solution;         /* its number among those of the method */
    double solution_count; /* of the method on this head */
} match_record;

#define MATCH(field, name)                                                     \
    RECORD_REAL(match_record, match.field, name, COLUMNS_DEFAULT, 0)
#define REPORT(field, name, pass)                                              \
    RECORD_REAL(match_record, report.field, name, COLUMNS_DEFAULT,             \
                PASS_REPORT | (pass))

#define GROUP(field, name, group, pass)                                        \
    RECORD_REAL(match_record, field, name, group, pass)

/* A moment of ln P, of LLN attention and of softmax. */
#define MOMENT(field, name)                                                    \
    GROUP(report.lln.field, name, "moments",                                   \
          PASS_REPORT | LLN_REPORT_MOMENTS),                                   \
        GROUP(softmax.field, "softmax_" name, "moments",                       \
              PASS_REPORT | LLN_REPORT_MOMENTS)

#define SENSITIVITY(field, name)                                               \
    GROUP(report.sensitivity.field, name, "sensitivity",                       \
          PASS_REPORT | LLN_REPORT_SENSITIVITY)

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
    RECORD_REAL(match_record, report.lambda2_ratio, "lambda2_ratio", "spectrum",
                PASS_REPORT | LLN_REPORT_SPECTRUM),
    REPORT(max_exponent, "max_exponent", 0),
    REPORT(fp16_overflow, "fp16_overflow", 0),
    REPORT(bf16_overflow, "bf16_overflow", 0),
    RECORD_DIGITS(match_record, seed, "seed", COLUMNS_DEFAULT, 0),
    RECORD_TEXT(match_record, status, "status", COLUMNS_DEFAULT, 0),
    RECORD_INTEGER(match_record, solution, "solution", COLUMNS_DEFAULT, 0),
    RECORD_REAL(match_record, solution_count, "solution_count", COLUMNS_DEFAULT,
                0),
    MATCH(distance, "distance"),
    MATCH(stated_error, "stated_error"),
    REPORT(features_used, "features_used", LLN_REPORT_FEATURES),
    RECORD_TEXT(match_record, second, "second", "joint", 0),
    GROUP(match.second_target, "second_target", "joint", 0),
    GROUP(match.second_predicted, "second_predicted", "joint", 0),
    GROUP(match.second_limit, "second_limit", "joint", 0),
    MOMENT(log_variance, "log_variance_row"),
    MOMENT(log_variance_overall, "log_variance"),
    MOMENT(skewness_row, "skewness_row"),
    MOMENT(excess_kurtosis_row, "excess_kurtosis_row"),
    MOMENT(skewness, "skewness"),
    MOMENT(excess_kurtosis, "excess_kurtosis"),
    SENSITIVITY(variance_alpha, "dlnD2_dlnalpha"),
    SENSITIVITY(variance_beta, "dlnD2_dlnbeta"),
    SENSITIVITY(entropy_alpha, "dentropy_dlnalpha"),
    SENSITIVITY(entropy_beta, "dentropy_dlnbeta"),
    {0},
};

static match_methods methods; /* of --method */
static char seed_text[32];    /* --seed */
static lln_match_options how;

/* Whether rows are averaged, so that all heads need the same rows: then only
 * the first solution of a method is printed. */
static bool is_averaged(void)
{
    return run_shared.aggregate || (options_sampled() && !run_shared.each);
}

/* A row of this method that has found nothing yet. */
static void start_record(const lln_match_method *method, match_record *out)
{
    out->method = method->name;
    out->target = lln_match_target_names[method->target];
    out->seed = options_sampled() ? seed_text : NULL;
    out->status = lln_match_state_names[LLN_MATCH_NONE];
    out->solution = LLN_CELL_NONE;
    if (method->has_free_sides)
        out->second = lln_match_target_names[how.second];
}

/* Starts a row for each method: its names are there even if it finds no
 * match. */
static lln_status start_matches(run_block *block)
{
    LLN_TRY(run_block_resize(block, methods.count));
    for (size_t i = 0; i < methods.count; i++)
        start_record(methods.items[i], run_block_record(block, i));
    return LLN_OK;
}

static void warn(const run_case *c, const char *what)
{
    warnings_add_failure(c->head, c->tau, what);
}

/* What the methods find on a head. */
typedef lln_match_list found_matches[MATCH_METHODS];

/* The number of rows of a method. */
static size_t rows_of(const lln_match_list *found)
{
    return found->count > 1 && !is_averaged() ? found->count : 1;
}

/* Finds the matches of all methods. *rows: of the table. */
static lln_status find_matches(const run_case *c, found_matches found,
                               size_t *rows)
{
    lln_match_known known = {0};
    *rows = 0;
    for (size_t i = 0; i < methods.count; i++) {
        char what[64];
        const lln_match_method *method = methods.items[i];
        lln_status status =
            lln_match_list_find_next(method, c->head, &how, &known, &found[i]);
        snprintf(what, sizeof what, "method '%s': ", method->name);
        if (warnings_suffice(status))
            warn(c, what);
        else
            LLN_TRY(status);
        *rows += rows_of(&found[i]);
    }
    return LLN_OK;
}

/* What the report must measure. */
static unsigned report_bits(const run_case *c)
{
    return options.no_spectrum ? c->passes & ~(unsigned)LLN_REPORT_SPECTRUM
                               : c->passes;
}

/* Fills one row. softmax: NULL if no column of the report is printed, or if it
 * is undefined for the head. */
static lln_status fill_record(const run_case *c, const lln_match_list *found,
                              size_t index, const lln_report_summary *softmax,
                              match_record *out)
{
    const lln_match *match = &found->items[index];
    bool solved = match->state == LLN_MATCH_SOLVED;
    char what[64];
    lln_report report;
    out->match = *match;
    out->status = lln_match_state_names[match->state];
    out->solution = solved ? (long)index + 1 : LLN_CELL_NONE;
    out->solution_count = solved ? (double)found->count : 0;
    if (!softmax)
        return LLN_OK;
    out->softmax = *softmax;
    lln_status status =
        lln_report_match(c->head, match, softmax, report_bits(c), &report);
    if (status == LLN_OK)
        out->report = report;
    if (!warnings_suffice(status))
        return status;
    snprintf(what, sizeof what, "method '%s': ", out->method);
    warn(c, what);
    return LLN_OK;
}

/* *softmax becomes NULL if it is undefined for the head, or not needed. */
static lln_status measure_softmax(const run_case *c,
                                  lln_report_summary **softmax)
{
    lln_report_summary *summary = *softmax;
    *softmax = NULL;
    if (!(c->passes & PASS_REPORT))
        return LLN_OK;
    lln_status status = lln_report_softmax(c->head, report_bits(c), summary);
    if (status == LLN_OK)
        *softmax = summary;
    if (!warnings_suffice(status))
        return status;
    warn(c, "");
    return LLN_OK;
}

static lln_status measure_matches(const run_case *c, const void *context,
                                  run_block *block)
{
    (void)context;
    found_matches found;
    lln_report_summary summary, *softmax = &summary;
    size_t rows, row = 0;
    LLN_TRY(find_matches(c, found, &rows));
    LLN_TRY(measure_softmax(c, &softmax));
    LLN_TRY(run_block_resize(block, rows));
    for (size_t i = 0; i < methods.count; i++)
        for (size_t s = 0; s < rows_of(&found[i]); s++) {
            match_record *out = run_block_record(block, row++);
            start_record(methods.items[i], out);
            if (s < found[i].count)
                LLN_TRY(fill_record(c, &found[i], s, softmax, out));
        }
    return LLN_OK;
}

/* Eigenvalues are matched, or printed on request. */
static bool may_need_spectrum(void)
{
    for (size_t i = 0; i < methods.count; i++)
        if (methods.items[i]->target == LLN_TARGET_GAP)
            return true;
    return run_shared.columns && !options.no_spectrum;
}

static int write_calibration(void)
{
    static const char *const others[] = {"method", "second", "largest",
                                         "no-spectrum", NULL};
    if (cli_first_given(others))
        cli_usage("--%s cannot be used with --calibrate",
                  cli_first_given(others));
    return calibration_table_write(
        how.balance, cli_given("range") ? how.line_low : NAN, how.line_high);
}

/* Checks the options of --map against the others. */
static void check_map(void)
{
    static const char *const needing[] = {"map-a", "map-b", NULL};
    const char *given = cli_first_given(needing);
    if (given && !options.map)
        cli_usage("--%s needs --map", given);
    if (options.map && options.calibrate)
        cli_usage("--map cannot be used with --calibrate");
    if (options.map && options.no_spectrum)
        cli_usage("--no-spectrum cannot be used with --map, which computes "
                  "eigenvalues only for --columns spectrum");
    if (options.map && !cli_given("method"))
        options.method = "all";
}

/* Refuses --no-spectrum beside --columns that names what it leaves out; a
 * pattern or `all` may include that. */
static void check_spectrum(void)
{
    static const char *const names[] = {"spectrum", "lambda2_ratio"};
    if (!options.no_spectrum || !run_shared.columns)
        return;
    char *copy = cli_copy(run_shared.columns), *rest = copy, *item;
    while ((item = strsep(&rest, ",")))
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (strcmp(item, names[i]) == 0)
                cli_usage("--no-spectrum cannot be used with --columns %s",
                          names[i]);
    free(copy);
}

int main(int argc, char **argv)
{
    command_parse(&tool, argc, argv);
    if (stored_given())
        cli_usage("lln-match does not support --attention: it needs queries "
                  "and keys");
    check_map();
    check_spectrum();
    methods = match_methods_read(options.method, !options.no_spectrum);
    how = match_options_read(&options.settings);
    snprintf(seed_text, sizeof seed_text, "%" PRIu64, run_shared.seed);
    if (options.calibrate)
        return write_calibration();
    match_options_check(&methods);
    if (options.map)
        return landscape_write(
            &(landscape_options){options.map_a, options.map_b, &methods, &how});
    return run_plan_write(
        &(run_plan){.name = "lln-match",
                    .table = {columns, sizeof(match_record)},
                    .measure = measure_matches,
                    .start = start_matches,
                    .measures_head = true,
                    .mostly_serial = may_need_spectrum(),
                    .has_many_rows = !is_averaged() || methods.count > 1,
                    .kernel = "lln"});
}
