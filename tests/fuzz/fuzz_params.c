/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the cells of a table of --params as numbers, and how they were
 * rounded. */
#include <math.h>

#include "replay.h"
#include "table/table.h"
#include "table/written.h"

/* A number agrees with itself, a missing one with nothing. */
static void check_number(const lln_written *number, lln_rounding rounding)
{
    double x = number->value;
    require(!isfinite(x) || number->digits > 0, "a number without digits");
    require(!isnan(x) || !lln_written_agrees(number, rounding, 1),
            "a missing number that agrees");
    require(!isfinite(x) || lln_written_agrees(number, rounding, x),
            "a number that does not agree with itself");
    require(!lln_written_agrees(number, rounding, NAN), "NaN agrees");
}

static void read_row(const lln_table_data *data, size_t row)
{
    lln_rounding rounding = {0};
    char **cells = data->cells + row * data->columns;
    lln_written number;
    for (size_t i = 0; i < data->columns; i++)
        if (lln_written_read(cells[i], &number) && !isnan(number.value))
            lln_rounding_add(&rounding, &number);
    for (size_t i = 0; i < data->columns; i++)
        if (lln_written_read(cells[i], &number))
            check_number(&number, rounding);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    lln_table_data data;
    FILE *in = size > 0 ? fmemopen((void *)(uintptr_t)bytes, size, "r") : NULL;
    if (!in)
        return 0;
    lln_status status = lln_table_read(in, "fuzz", &data);
    fclose(in);
    for (size_t i = 0; status == LLN_OK && i < data.rows; i++)
        read_row(&data, i);
    if (status != LLN_OK)
        require_message(status);
    lln_table_data_free(&data);
    return 0;
}
