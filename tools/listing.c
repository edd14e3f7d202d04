/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command_words.h"
#include "config.h"
#include "core/version.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "signals.h"

enum { DIGITS_FOR_PEOPLE = 4 };

void run_table_comment(FILE *out, bool seeded)
{
    fprintf(out, "# %s %s\n# command: ", cli_name(), LLN_VERSION);
    command_words_print(out);
    putc('\n', out);
    config_comment(out);
    if (seeded)
        fprintf(out, "# seed: %" PRIu64 "\n", run_shared.seed);
}

lln_table_style run_table_style(void)
{
    lln_table_style style = {.precision = (int)run_shared.precision,
                             .header = !run_shared.no_header};
    if (run_shared.format)
        cli_check(lln_table_format_find(run_shared.format, &style.format));
    else
        style.format =
            cli_output_is_terminal() ? LLN_TABLE_ALIGNED : LLN_TABLE_CSV;
    bool for_people =
        style.format == LLN_TABLE_ALIGNED || style.format == LLN_TABLE_MARKDOWN;
    if (for_people && !cli_given("precision"))
        style.precision = DIGITS_FOR_PEOPLE;
    return style;
}

void run_table_finish_early(size_t written, size_t total, const char *unit,
                            bool resumable)
{
    const char *kept = cli_partial_name();
    if (!cli_finish_early())
        cli_warn("interrupted");
    else
        cli_warn("interrupted: %zu of %zu %s written%s%s%s", written, total,
                 unit, kept ? " to " : "", kept ? kept : "",
                 kept && resumable ? RUN_GOES_ON : "");
    signals_end_process();
}

listing listing_open(record_type type)
{
    listing list = {.type = type};
    size_t count = record_columns(type);
    lln_column_name *names = cli_alloc(count, sizeof *names);
    lln_column *columns = cli_alloc(count, sizeof *columns);
    list.selected = cli_alloc(count, sizeof *list.selected);
    list.cells = cli_alloc(count, sizeof *list.cells);
    for (size_t i = 0; i < count; i++) {
        const record_column *column = &type.columns[i];
        names[i] = (lln_column_name){column->name, column->group};
        columns[i] = (lln_column){column->name, column->type};
    }
    list.count =
        columns_select(run_shared.columns, names, count, list.selected);
    FILE *out = cli_output_table(run_shared.output);
    if (run_shared.comments)
        run_table_comment(out, false);
    list.table = columns_open(out, columns, list.selected, list.count,
                              run_table_style());
    free(names);
    free(columns);
    return list;
}

void listing_put(listing *list, const void *record)
{
    for (size_t i = 0; i < list->count; i++)
        list->cells[i] =
            record_cell(&list->type.columns[list->selected[i]], record);
    cli_check_output(lln_table_row(list->table, list->cells));
}

static void end_listing(listing *list)
{
    cli_check_output(lln_table_end(list->table));
    lln_table_free(list->table);
    free(list->selected);
    free(list->cells);
}

int listing_close(listing *list)
{
    end_listing(list);
    return cli_finish();
}

void listing_close_early(listing *list, size_t written, size_t total)
{
    end_listing(list);
    run_table_finish_early(written, total, "rows", false);
}

static bool is_among(const char *name, const char *const *names)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names;
}

void listing_refuse_heads(const char *option)
{
    static const char *const taken[] = {
        "dim",      "output",  "format", "columns", "precision", "no-header",
        "comments", "threads", "double", "quiet",   "seed",      NULL};
    for (const cli_option *o = run_shared_options; o->name; o++)
        if (cli_given(o->name) && !is_among(o->name, taken))
            cli_usage("--%s cannot be used with --%s", o->name, option);
    if (run_shared.file)
        cli_usage("'%s' cannot be used with --%s, which reads no file",
                  run_shared.file, option);
}
