/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "params_table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/number.h"
#include "message.h"
#include "tensor/mapping.h"

static const char *const field_names[PARAMS_FIELDS] = {
    "source", "batch entry", "step", "layer",  "head",
    "seed",   "n",           "d",    "causal", "tau"};

const char *params_field_name(params_field field)
{
    return field_names[field];
}

unsigned params_bit(params_field field)
{
    return 1u << (PARAMS_FIELDS - 1 - field);
}

static long find_column(const params_table *table, const char *name)
{
    long column = lln_table_find(&table->data, name);
    if (column < 0)
        cli_fail("%s: no column '%s'; expected a table of lln-match",
                 table->name, name);
    return column;
}

/* The text of a cell; NULL: there is no such column, or the cell is missing. */
static const char *text_at(const params_table *table, size_t row, long column)
{
    lln_written number;
    if (column < 0)
        return NULL;
    const char *text =
        table->data.cells[row * table->data.columns + (size_t)column];
    bool missing = lln_written_read(text, &number) && isnan(number.value);
    return missing ? NULL : text;
}

static lln_written number_at(const params_table *table, size_t row, long column)
{
    lln_written number = {.value = NAN};
    const char *text = text_at(table, row, column);
    if (!text || lln_written_read(text, &number))
        return number;
    if (strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0)
        return (lln_written){
            .value = strcasecmp(text, "true") == 0, .digits = 1, .whole = true};
    cli_fail("%s: row %zu: %s '%s' is not a number", table->name, row + 1,
             table->data.names[column], text);
}

/* Finds how the numbers of a row are rounded, from all its numeric cells. */
static lln_rounding find_rounding(const params_table *table, size_t row)
{
    lln_rounding rounding = {0};
    for (size_t i = 0; i < table->data.columns; i++) {
        lln_written number;
        const char *text = text_at(table, row, (long)i);
        if (text && lln_written_read(text, &number))
            lln_rounding_add(&rounding, &number);
    }
    return rounding;
}

static void read_row(const params_table *table, size_t index)
{
    params_row *row = &table->rows[index];
    const lln_table_data *data = &table->data;
    row->source = text_at(table, index, lln_table_find(data, "source"));
    row->name = source_name_read(row->source ? row->source : "");
    row->method = text_at(table, index, lln_table_find(data, "method"));
    row->seed = text_at(table, index, lln_table_find(data, "seed"));
    for (int field = PARAMS_STEP; field < PARAMS_FIELDS; field++)
        row->number[field] =
            number_at(table, index, lln_table_find(data, field_names[field]));
    row->rounding = find_rounding(table, index);
    row->alpha = number_at(table, index, find_column(table, "alpha")).value;
    row->beta = number_at(table, index, find_column(table, "beta")).value;
    row->solution =
        number_at(table, index, lln_table_find(data, "solution")).value;
    if (isnan(row->solution))
        row->solution = 1;
    if (isinf(row->alpha) || isinf(row->beta))
        cli_fail("%s: row %zu: %s is infinite; expected a finite number or nan",
                 table->name, index + 1, isinf(row->alpha) ? "alpha" : "beta");
}

/* Checks for alpha, beta and a column that identifies the head of a row. */
static void check_columns(params_table *table)
{
    for (int field = PARAMS_STEP; field < PARAMS_FIELDS; field++)
        table->has[field] =
            lln_table_find(&table->data, field_names[field]) >= 0;
    if (!table->has[PARAMS_LAYER] && !table->has[PARAMS_HEAD])
        if (lln_table_find(&table->data, "source") < 0)
            cli_fail("%s: no column 'source', 'layer' or 'head'; expected a "
                     "table of lln-match",
                     table->name);
    (void)find_column(table, "alpha");
    (void)find_column(table, "beta");
}

void params_table_read(const char *path, params_table *table)
{
    bool piped = strcmp(path, "-") == 0;
    table->name = lln_mapping_name(path);
    FILE *in = piped ? stdin : fopen(path, "r");
    if (!in)
        cli_fail("%s: %s", path, strerror(errno));
    cli_check(lln_table_read(in, table->name, &table->data));
    if (!piped)
        fclose(in);
    check_columns(table);
    table->rows = cli_alloc(table->data.rows, sizeof *table->rows);
    for (size_t i = 0; i < table->data.rows; i++)
        read_row(table, i);
}

void params_table_free(params_table *table)
{
    for (size_t i = 0; table->rows && i < table->data.rows; i++)
        source_name_free(&table->rows[i].name);
    free(table->rows);
    lln_table_data_free(&table->data);
}

/* Compares seeds: exactly, if all digits of the seed are there. */
static bool same_seed(const params_row *row, const params_key *key)
{
    uint64_t seed;
    if (!key->sampled || !row->seed)
        return true;
    if (lln_number_read_whole(row->seed, &seed) == LLN_NUMBER)
        return seed == key->seed;
    return lln_written_agrees(&row->number[PARAMS_SEED], (lln_rounding){0},
                              (double)key->seed);
}

static bool same_number(const params_table *table, const params_row *row,
                        const params_key *key, params_field field)
{
    const lln_written *there = &row->number[field];
    double here = key->number[field];
    bool tau = field == PARAMS_TAU, asked = tau || field == PARAMS_STEP;
    bool of_head = field == PARAMS_LAYER || field == PARAMS_HEAD;
    if (isnan(there->value))
        return !table->has[field] || !of_head || isnan(here);
    if (asked && isnan(here))
        return true;
    return lln_written_agrees(there, tau ? row->rounding : (lln_rounding){0},
                              here);
}

static int compare_files(const params_row *row, const params_key *key,
                         const source_name *name)
{
    if (!row->source)
        return 0;
    if (key->sampled || strcmp(row->source, "gaussian") == 0)
        return strcmp(row->source, key->source) == 0 ? 0 : -1;
    return source_name_compare(&row->name, name);
}

unsigned params_differences(const params_table *table, size_t index,
                            const params_key *key, const source_name *name,
                            bool brief, int *likeness)
{
    const params_row *row = &table->rows[index];
    unsigned bits = 0;
    for (params_field field = PARAMS_STEP; field <= PARAMS_TAU; field++)
        if (field != PARAMS_SEED && !same_number(table, row, key, field)) {
            bits |= params_bit(field);
            if (brief && field <= PARAMS_HEAD)
                return bits;
        }
    *likeness = compare_files(row, key, name);
    if (*likeness < 0)
        bits |= params_bit(PARAMS_SOURCE);
    if (row->source && row->name.entry != name->entry)
        bits |= params_bit(PARAMS_ENTRY);
    if (!same_seed(row, key))
        bits |= params_bit(PARAMS_SEED);
    return bits;
}
