/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "complete_columns.h"
#include "distinct.h"
#include "message.h"
#include "options.h"
#include "output.h"

/* What a column shows of the averaged rows. */
typedef enum {
    SHOWS_IDENTITY,
    SHOWS_MEAN,
    SHOWS_ERROR,
    SHOWS_LEAST,
    SHOWS_MOST,
    SHOWS_SD,
    SHOWS_MEDIAN,
    SHOWS_ERROR_OF_HEADS
} shows;

/* A column that can be selected for the table. */
typedef struct {
    const record_column *column;
    size_t number; /* number among the columns of its record */
    shows shows;
} table_column;

struct row_writer {
    lln_table *table;
    FILE *out;      /* for lines */
    run_show *show; /* writes lines; NULL: rows are those of the table */
    record_type type;
    table_column *sources;
    lln_column *all; /* names and kinds of `sources`, [total] */
    lln_cell *cells; /* of one row, [total] */
    size_t total;
    char *names;       /* names of spread columns, [total x NAME] */
    size_t *selected;  /* positions in `all`, [selected_count] */
    lln_cell *printed; /* cells of the selected columns */
    size_t selected_count;
    row_bounds *bounds;
    bool unbounded; /* the next rows are not compared with bounds */
    distinct_rows
        *distinct; /* NULL: all columns that distinguish rows are printed */
    bool repeated;
};

enum { NAME = 64 };

static void add_column(row_writer *writer, const record_column *column,
                       size_t number, shows what, const char *suffix)
{
    size_t at = writer->total++;
    const char *name = column->name;
    if (*suffix) {
        char *spread = writer->names + at * NAME;
        snprintf(spread, NAME, "%s%s", name, suffix);
        name = spread;
    }
    writer->sources[at] = (table_column){column, number, what};
    writer->all[at] = (lln_column){name, column->type};
}

static bool has_spread(const record_column *column)
{
    return column->type == LLN_CELL_REAL && !column->alone;
}

/* Whether the record has a column with this name and suffix of its own, as k50
 * and k50_max; then that one is meant. */
static bool is_own(record_type type, const char *name, const char *suffix)
{
    size_t length = strlen(name);
    for (size_t i = 0; *suffix && type.columns[i].name; i++)
        if (strncmp(type.columns[i].name, name, length) == 0 &&
            strcmp(type.columns[i].name + length, suffix) == 0)
            return true;
    return false;
}

static void add_columns(row_writer *writer, record_type type, shows what,
                        const char *suffix)
{
    for (size_t i = 0; type.columns[i].name; i++)
        if ((!*suffix || has_spread(&type.columns[i])) &&
            !is_own(type, type.columns[i].name, suffix))
            add_column(writer, &type.columns[i], i, what, suffix);
}

static void add_spread_column(row_writer *writer, size_t number, shows what,
                              const char *suffix)
{
    const record_column *column = &writer->type.columns[number];
    if (!is_own(writer->type, column->name, suffix))
        add_column(writer, column, number, what, suffix);
}

/* Adds two spread columns for each real column. */
static void add_pairs(row_writer *writer, shows first, const char *first_suffix,
                      shows second, const char *second_suffix)
{
    const record_column *column = writer->type.columns;
    for (size_t i = 0; column[i].name; i++)
        if (has_spread(&column[i])) {
            add_spread_column(writer, i, first, first_suffix);
            add_spread_column(writer, i, second, second_suffix);
        }
}

/* Adds the spread: standard errors together at the end, the other columns in
 * pairs. */
static void add_spread(row_writer *writer, row_spread spread)
{
    if (spread == SPREAD_ERROR)
        add_columns(writer, writer->type, SHOWS_ERROR, "_se");
    if (spread != SPREAD_HEADS)
        return;
    add_pairs(writer, SHOWS_LEAST, "_min", SHOWS_MOST, "_max");
    add_pairs(writer, SHOWS_SD, "_sd", SHOWS_MEDIAN, "_median");
    add_columns(writer, writer->type, SHOWS_ERROR_OF_HEADS, "_se");
}

static void select_columns(row_writer *writer)
{
    complete_bounds_answer(writer->all, writer->total);
    lln_column_name *names = cli_alloc(writer->total, sizeof *names);
    for (size_t i = 0; i < writer->total; i++)
        names[i] = (lln_column_name){writer->all[i].name,
                                     writer->sources[i].column->group};
    writer->selected = cli_alloc(writer->total, sizeof *writer->selected);
    writer->selected_count = columns_select(run_shared.columns, names,
                                            writer->total, writer->selected);
    free(names);
}

/* Whether a column distinguishes rows: identity columns, and integers and texts
 * of the plan. */
static bool tells_apart(const table_column *source)
{
    if (source->shows == SHOWS_IDENTITY)
        return source->column->group != NULL;
    return source->column->type != LLN_CELL_REAL && !source->column->follows;
}

/* The first column that distinguishes rows but is not printed; `total`: there
 * is none. Columns of the plan are tried first: within a head they distinguish
 * more rows than the identity. */
static size_t find_hidden(const row_writer *writer)
{
    size_t identity = record_columns(row_identity_type);
    for (size_t step = 0; step < writer->total; step++) {
        size_t at = (identity + step) % writer->total;
        bool printed = false;
        for (size_t i = 0; i < writer->selected_count; i++)
            printed = printed || writer->selected[i] == at;
        if (!printed && tells_apart(&writer->sources[at]))
            return at;
    }
    return writer->total;
}

/* A table of the selected columns. */
static lln_table *open_table(const row_writer *writer, FILE *out,
                             lln_table_style style)
{
    return columns_open(out, writer->all, writer->selected,
                        writer->selected_count, style);
}

row_writer *row_writer_open(FILE *out, record_type type, row_spread spread,
                            lln_table_style style)
{
    row_writer *writer = cli_alloc(1, sizeof *writer);
    size_t most = record_columns(row_identity_type) + 6 * record_columns(type);
    *writer = (row_writer){.type = type};
    writer->sources = cli_alloc(most, sizeof *writer->sources);
    writer->all = cli_alloc(most, sizeof *writer->all);
    writer->cells = cli_alloc(most, sizeof *writer->cells);
    writer->printed = cli_alloc(most, sizeof *writer->printed);
    writer->names = cli_alloc(most, NAME);
    add_columns(writer, row_identity_type, SHOWS_IDENTITY, "");
    add_columns(writer, type, SHOWS_MEAN, "");
    add_spread(writer, spread);
    select_columns(writer);
    writer->bounds = bounds_open(writer->all, writer->total);
    writer->table = open_table(writer, out, style);
    if (find_hidden(writer) < writer->total)
        writer->distinct = distinct_open();
    return writer;
}

void row_writer_show_lines(row_writer *writer, FILE *out, run_show *show)
{
    writer->out = out;
    writer->show = show;
}

/* A message about a bound states the temperature, which may have to be
 * measured. */
unsigned row_writer_passes(const row_writer *writer)
{
    unsigned passes = 0;
    for (size_t i = 0; i < writer->selected_count; i++)
        passes |= writer->sources[writer->selected[i]].column->pass;
    for (size_t i = 0; i < writer->total; i++)
        if (bounds_on(writer->bounds, i))
            passes |= writer->sources[i].column->pass | PASS_TEMPERATURE;
    return passes;
}

static double find_real(const table_column *source, const row_average *average,
                        size_t row)
{
    const row_cell *cell = row_average_cell(average, row, source->number);
    switch (source->shows) {
    case SHOWS_ERROR:
        return row_average_error(average, row, source->number);
    case SHOWS_LEAST:
        return cell->least;
    case SHOWS_MOST:
        return cell->most;
    case SHOWS_SD:
        return lln_average_deviation(&cell->mean);
    case SHOWS_MEDIAN:
        return row_average_median(average, row, source->number);
    case SHOWS_ERROR_OF_HEADS:
        return lln_average_error(&cell->mean);
    default:
        return cell->mean.mean;
    }
}

static lln_cell find_cell(const table_column *source,
                          const row_identity *identity,
                          const row_average *average, size_t row)
{
    if (source->shows == SHOWS_IDENTITY)
        return record_cell(source->column, identity);
    if (source->column->type != LLN_CELL_REAL)
        return record_cell(source->column,
                           run_block_record(&average->first, row));
    return (lln_cell){.real = find_real(source, average, row)};
}

/* Notes whether the row equals an earlier one in all printed columns that
 * distinguish rows. */
static void note_row(row_writer *writer)
{
    if (!writer->distinct || writer->repeated)
        return;
    for (size_t i = 0; i < writer->selected_count; i++) {
        size_t at = writer->selected[i];
        if (tells_apart(&writer->sources[at]))
            distinct_add_cell(writer->distinct, writer->all[at].type,
                              writer->cells[at]);
    }
    writer->repeated = !distinct_end_row(writer->distinct);
}

static const char *source_of(const row_identity *id)
{
    return id->source ? id->source : "all files";
}

/* Passes the place of a row that violates a bound to bounds_name. If a case has
 * several rows, the place includes their first column, unless it is real; a
 * seed is always included. */
static void name_row(row_writer *writer, const row_identity *id,
                     const row_average *average, size_t row)
{
    char step[32] = "", place[RUN_PLACE], kernel[128] = "", number[128] = "";
    char text[1024];
    const record_column *column = writer->type.columns;
    if (strcmp(column->name, "tau") == 0) /* is in the place anyway */
        column++;
    lln_cell cell = record_cell(column, run_block_record(&average->first, row));
    bool several = average->first.rows > 1 || column->type == LLN_CELL_DIGITS;
    if (id->step != LLN_CELL_NONE)
        snprintf(step, sizeof step, "step %ld, ", id->step);
    run_place(id->layer, id->head, place);
    if (id->kernel)
        snprintf(kernel, sizeof kernel, "kernel %s, ", id->kernel);
    if (average->first.rows > 1 && column->type == LLN_CELL_INTEGER)
        snprintf(number, sizeof number, ", %s %ld", column->name, cell.integer);
    if (several && lln_cell_is_text(column->type) && cell.text)
        snprintf(number, sizeof number, ", %s %s", column->name, cell.text);
    snprintf(text, sizeof text, "%s: %s%s%stau %.6g%s: ", source_of(id), step,
             place, kernel, id->tau, number);
    bounds_name(writer->bounds, text);
}

/* A head without rows violates all bounds. */
static void miss_rows(row_writer *writer, const row_identity *id)
{
    char place[RUN_PLACE], text[1024];
    run_place_tau(id->layer, id->head, id->tau, place);
    snprintf(text, sizeof text, "%s: %skernel %s: ", source_of(id), place,
             id->kernel ? id->kernel : "none");
    if (bounds_miss(writer->bounds))
        bounds_name(writer->bounds, text);
}

void row_writer_compare(row_writer *writer, bool compare)
{
    writer->unbounded = !compare;
}

void row_writer_put(row_writer *writer, const row_identity *identity,
                    const row_average *average)
{
    if (average->first.rows == 0)
        miss_rows(writer, identity);
    for (size_t row = 0; row < average->first.rows; row++) {
        for (size_t i = 0; i < writer->total; i++)
            writer->cells[i] =
                find_cell(&writer->sources[i], identity, average, row);
        for (size_t i = 0; i < writer->selected_count; i++)
            writer->printed[i] = writer->cells[writer->selected[i]];
        if (writer->show)
            writer->show(writer->out, identity,
                         run_block_record(&average->first, row));
        else
            cli_check_output(lln_table_row(writer->table, writer->printed));
        note_row(writer);
        if (!writer->unbounded && bounds_fail(writer->bounds, writer->cells))
            name_row(writer, identity, average, row);
    }
}

size_t row_writer_columns(const row_writer *writer)
{
    return writer->selected_count;
}

const char *row_writer_name(const row_writer *writer, size_t column)
{
    return writer->all[writer->selected[column]].name;
}

bool row_writer_identifies(const row_writer *writer, size_t column)
{
    return writer->sources[writer->selected[column]].shows == SHOWS_IDENTITY;
}

void row_writer_begin(const row_writer *writer, FILE *out,
                      lln_table_style style)
{
    if (style.format == LLN_TABLE_JSON) {
        putc('[', out);
        return;
    }
    lln_table *table = open_table(writer, out, style);
    cli_check(lln_table_end(table));
    lln_table_free(table);
}

void row_writer_identify(const row_writer *writer, FILE *out,
                         lln_table_style style, const row_identity *identity)
{
    size_t count = writer->selected_count;
    lln_table *table = open_table(writer, out, style);
    lln_cell *cells = cli_alloc(count, sizeof *cells);
    for (size_t i = 0; i < count; i++)
        if (row_writer_identifies(writer, i))
            cells[i] = record_cell(writer->sources[writer->selected[i]].column,
                                   identity);
    cli_check(lln_table_row(table, cells));
    free(cells);
    lln_table_free(table);
}

void row_writer_continue(row_writer *writer, size_t rows)
{
    lln_table_continue(writer->table, rows);
}

static void warn_of_repeats(const row_writer *writer)
{
    size_t at = find_hidden(writer);
    const table_column *hidden = &writer->sources[at];
    const char *group = hidden->column->group;
    if (hidden->shows == SHOWS_IDENTITY ||
        (group && strcmp(group, COLUMNS_ID) == 0))
        cli_warn("--columns: these columns do not distinguish all rows; add "
                 "id, or some of its columns");
    else
        cli_warn("--columns: these columns do not distinguish all rows; add id "
                 "and %s",
                 writer->all[at].name);
}

void row_writer_show(row_writer *writer)
{
    cli_check_output(lln_table_show(writer->table));
}

row_bounds *row_writer_close(row_writer *writer)
{
    row_bounds *bounds = writer->bounds;
    if (!writer->show)
        cli_check_output(lln_table_end(writer->table));
    if (writer->repeated)
        warn_of_repeats(writer);
    lln_table_free(writer->table);
    distinct_free(writer->distinct);
    free(writer->sources);
    free(writer->all);
    free(writer->cells);
    free(writer->printed);
    free(writer->names);
    free(writer->selected);
    free(writer);
    return bounds;
}
