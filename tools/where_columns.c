/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "where_columns.h"

#include <math.h>

#include "core/number.h"
#include "message.h"

where_options where_asked = {
    .local = LLN_WHERE_LOCAL, .sink_threshold = 0.3, .clip = LLN_SHAPE_CLIP};

static lln_grid grid; /* of --grid */

/* Reads H x W, such as 14x14. */
static void read_grid(const char *text)
{
    const char *at = text;
    long height = 0, width = 0;
    bool read = lln_number_read_digits(&at, WHERE_MOST, &height) && *at == 'x';
    at += read;
    read = read && lln_number_read_digits(&at, WHERE_MOST, &width);
    if (!read || *at || height < 1 || width < 1)
        cli_usage("--grid: '%s' is not two whole numbers above 0 with an x "
                  "between them, such as 14x14",
                  text);
    grid = (lln_grid){(size_t)height, (size_t)width, where_asked.prefix};
}

void where_read(void)
{
    if (cli_given("prefix-tokens") && !where_asked.grid)
        cli_usage("--prefix-tokens needs --grid");
    if (where_asked.grid)
        read_grid(where_asked.grid);
}

void where_choose(record_column *columns)
{
    if (where_asked.grid)
        COLUMNS_SHOW(columns, GRID_GROUP);
}

unsigned where_needs(unsigned passes)
{
    return passes & PASS_SHAPE ? LLN_ROW_SHAPE : 0;
}

lln_status where_open(const run_case *c, const lln_attention *attention,
                      bool per_row, lln_where_sums **sums)
{
    const lln_where_rule rule = {where_asked.local, grid};
    unsigned what = 0;
    *sums = NULL;
    if (!(c->passes & WHERE_ANY))
        return LLN_OK;
    if (c->passes & PASS_WHERE_COLUMNS)
        what |= LLN_WHERE_COLUMNS;
    if (c->passes & PASS_WHERE_MEDIAN)
        what |= per_row ? LLN_WHERE_ROW_MEDIANS : LLN_WHERE_MEDIAN;
    if (c->passes & PASS_WHERE_GRID)
        what |= LLN_WHERE_GRID;
    return lln_where_open(attention, c->rows, c->row_count, &rule, what, sums);
}

lln_status where_fill(const run_case *c, const lln_attention *attention,
                      lln_where_sums *sums, const lln_row *rows, size_t count,
                      where_record *out, where_record *error)
{
    if (c->passes & PASS_SHAPE)
        lln_shape_summarise(attention, rows, count, where_asked.clip,
                            &out->shape, error ? &error->shape : NULL);
    if (!sums)
        return LLN_OK;
    LLN_TRY(lln_where_finish(sums, &out->where, error ? &error->where : NULL));
    double mass = out->where.sink_mass;
    out->sink_rate = isnan(mass) ? NAN : mass > where_asked.sink_threshold;
    return LLN_OK;
}

void where_fill_row(const run_case *c, const lln_attention *attention,
                    const lln_where_sums *sums, const lln_row *rows,
                    size_t index, where_row_record *out)
{
    if (c->passes & PASS_SHAPE)
        lln_shape_summarise(attention, rows + index, 1, where_asked.clip,
                            &out->shape, NULL);
    if (sums)
        out->where = lln_where_rows(sums)[index];
}
