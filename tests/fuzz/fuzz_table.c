/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the reader of tables in all formats. */
#include "table/table.h"

#include "replay.h"

static void read_cells(const lln_table_data *data)
{
    size_t bytes = 0;
    require(data->columns > 0, "a table without columns");
    for (size_t i = 0; i < data->columns; i++) {
        long found = lln_table_find(data, data->names[i]);
        require(found >= 0 && (size_t)found <= i, "a column that is not found");
    }
    for (size_t i = 0; i < data->rows * data->columns; i++)
        bytes += strlen(data->cells[i]);
    require(bytes < SIZE_MAX, "cells");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    lln_table_data data;
    FILE *in = size > 0 ? fmemopen((void *)(uintptr_t)bytes, size, "r") : NULL;
    if (!in)
        return 0;
    lln_status status = lln_table_read(in, "fuzz", &data);
    fclose(in);
    if (status == LLN_OK)
        read_cells(&data);
    else
        require_message(status);
    lln_table_data_free(&data);
    return 0;
}
