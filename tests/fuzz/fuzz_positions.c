/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the reader of positions, whose rows of whole numbers are those of
 * lengths and masks too. */
#include "heads/positions.h"

#include "replay.h"

static void read_numbers(const lln_positions *positions)
{
    double sum = 0;
    require(positions->tokens > 0 && positions->entries > 0,
            "positions without tokens");
    require(positions->columns > 0 &&
                positions->columns <= LLN_POSITION_COLUMNS,
            "columns of positions");
    for (size_t b = 0; b < positions->entries; b++)
        sum += lln_positions_length(positions, b, 0, positions->tokens);
    require(sum > 0, "a length of positions");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    lln_positions positions;
    lln_status status = lln_positions_parse("fuzz", bytes, size, &positions);
    if (status == LLN_OK)
        read_numbers(&positions);
    else
        require_message(status);
    lln_positions_free(&positions);
    return 0;
}
