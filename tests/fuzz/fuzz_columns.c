/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the reader of lists of columns, such as id,entropy*. Each selected
 * column is in the table, and selected once. */
#include "table/choice.h"
#include "text.h"

static const lln_column_name names[] = {
    {"source", LLN_COLUMNS_ID},         {"layer", LLN_COLUMNS_ID},
    {"head", LLN_COLUMNS_ID},           {"entropy", LLN_COLUMNS_DEFAULT},
    {"entropy_se", "errors"},           {"top1_mass", LLN_COLUMNS_DEFAULT},
    {"log_variance_row_se", "errors"},  {"hidden", NULL},
    {"share_ceiling_0_25", "diagnosis"}};
enum { COUNT = sizeof names / sizeof *names };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = text_of(bytes, size);
    size_t selected[COUNT], used;
    int times[COUNT] = {0};
    if (is_good(lln_columns_choose(text, names, COUNT, selected, &used))) {
        require(used > 0 && used <= COUNT, "count");
        for (size_t i = 0; i < used; i++)
            require(selected[i] < COUNT && times[selected[i]]++ == 0,
                    "a column that is not there, or twice");
    }
    free(text);
    return 0;
}
