/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "params.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/number.h"
#include "core/text.h"
#include "identity.h"
#include "message.h"
#include "table/table.h"

/* Columns of numbers, in the order of params_row.number. */
enum { LAYER, HEAD, N, D, CAUSAL, TAU, ALPHA, BETA, NUMBERS };

static const char *const number_names[NUMBERS] = {
    "layer", "head", "n", "d", "causal", "tau", "alpha", "beta"};

typedef struct {
    const char *source, *method; /* method: NULL if there is no such column */
    double number[NUMBERS];
} params_row;

struct params {
    const char *name;
    lln_table_data data;
    params_row *rows; /* [data.rows] */
};

static long find_column(const params *table, const char *name)
{
    long column = lln_table_find(&table->data, name);
    if (column < 0)
        cli_fail("%s: no column '%s'; expected a table of lln-match",
                 table->name, name);
    return column;
}

static const char *cell_at(const params *table, size_t row, long column)
{
    return table->data.cells[row * table->data.columns + (size_t)column];
}

static void read_numbers(params *table, int number)
{
    long column = find_column(table, number_names[number]);
    for (size_t i = 0; i < table->data.rows; i++) {
        const char *text = cell_at(table, i, column);
        double *value = &table->rows[i].number[number];
        if (strcmp(text, "nan") == 0)
            *value = NAN;
        else if (lln_number_read(text, &lln_any_number, value) != LLN_NUMBER)
            cli_fail("%s: row %zu: %s '%s' is not a number", table->name, i + 1,
                     number_names[number], text);
    }
}

static void read_table(params *table, const char *path)
{
    bool piped = strcmp(path, "-") == 0;
    table->name = piped ? "standard input" : path;
    FILE *in = piped ? stdin : fopen(path, "r");
    if (!in)
        cli_fail("%s: %s", path, strerror(errno));
    cli_check(lln_table_read(in, table->name, &table->data));
    if (!piped)
        fclose(in);
}

params *params_open(const char *path)
{
    params *table = cli_alloc(1, sizeof *table);
    read_table(table, path);
    table->rows = cli_alloc(table->data.rows, sizeof *table->rows);
    long source = find_column(table, "source");
    long method = lln_table_find(&table->data, "method");
    for (size_t i = 0; i < table->data.rows; i++) {
        table->rows[i].source = cell_at(table, i, source);
        table->rows[i].method = method < 0 ? NULL : cell_at(table, i, method);
    }
    for (int number = 0; number < NUMBERS; number++)
        read_numbers(table, number);
    return table;
}

/* Within 1e-6 relative; missing equals missing. */
static bool agrees(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-6 * fabs(b);
}

static bool matches(const params_row *row, const params_key *key)
{
    const double *x = row->number;
    return strcmp(row->source, key->source) == 0 &&
           agrees(x[LAYER], key->layer) && agrees(x[HEAD], key->head) &&
           agrees(x[N], key->n) && agrees(x[D], key->d) &&
           agrees(x[CAUSAL], key->causal) && agrees(x[TAU], key->tau);
}

/* Writes the key in words: "qk.npy, layer 2, head 3, n 512, d 64, tau 0.5" */
static const char *describe(const params_key *key, char out[512])
{
    char tau[32], place[RUN_PLACE];
    lln_table_format_real(key->tau, 0, tau);
    run_place(key->layer, key->head, place);
    snprintf(out, 512, "%.300s, %sn %.0f, d %.0f, causal %.0f, tau %s",
             key->source, place, key->n, key->d, key->causal, tau);
    return out;
}

static lln_status fail_ambiguous(const params *table, const params_key *key,
                                 size_t count)
{
    char what[512], methods[256] = "";
    for (size_t i = 0; i < table->data.rows; i++) {
        const params_row *row = &table->rows[i];
        if (row->method && matches(row, key))
            lln_text_append(methods, sizeof methods, row->method);
    }
    describe(key, what);
    if (*methods)
        return lln_fail(LLN_EFORMAT,
                        "%s: %zu rows match %s (methods %s); choose one with "
                        "lln-match --method",
                        table->name, count, what, methods);
    return lln_fail(LLN_EFORMAT, "%s: %zu rows match %s", table->name, count,
                    what);
}

lln_status params_find(const params *table, const params_key *key,
                       double *alpha, double *beta)
{
    const params_row *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < table->data.rows; i++)
        if (matches(&table->rows[i], key)) {
            found = &table->rows[i];
            count++;
        }
    char what[512];
    if (!found)
        return lln_fail(LLN_EFORMAT, "%s: no row for %s", table->name,
                        describe(key, what));
    if (count > 1)
        return fail_ambiguous(table, key, count);
    *alpha = found->number[ALPHA];
    *beta = found->number[BETA];
    return LLN_OK;
}

void params_close(params *table)
{
    if (!table)
        return;
    lln_table_data_free(&table->data);
    free(table->rows);
    free(table);
}
