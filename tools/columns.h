/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Columns of tables: which field of a record each one shows, and which of them
 * the user asks for (--columns). */
#ifndef LLN_TOOLS_COLUMNS_H
#define LLN_TOOLS_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "table/choice.h"
#include "table/table.h"

/* A column shows one field of a record, which is a struct of the tool's own.
 * The field is a double, a long or size_t, or a const char *. */
_Static_assert(sizeof(long) == sizeof(size_t), "integer fields");

typedef struct {
    const char *name;
    lln_cell_type type;
    size_t offset;     /* of the field in the record */
    const char *group; /* a name for --columns; NULL: no group but all */
    unsigned pass;     /* what must be computed for it, bits of the tool's
                          own; 0: nothing more */
} record_column;

/* The type of a record: its columns, ended by name NULL, and its size. */
typedef struct {
    const record_column *columns;
    size_t size;
} record_type;

/* A row of the table of columns, for a field of `record`. */
#define RECORD_REAL(record, field, name, group, pass)                          \
    {                                                                          \
        name, LLN_CELL_REAL, offsetof(record, field), group, pass              \
    }
#define RECORD_INTEGER(record, field, name, group, pass)                       \
    {                                                                          \
        name, LLN_CELL_INTEGER, offsetof(record, field), group, pass           \
    }
#define RECORD_TEXT(record, field, name, group, pass)                          \
    {                                                                          \
        name, LLN_CELL_TEXT, offsetof(record, field), group, pass              \
    }
#define RECORD_DIGITS(record, field, name, group, pass)                        \
    {                                                                          \
        name, LLN_CELL_DIGITS, offsetof(record, field), group, pass            \
    }

/* Passes that the run makes for every tool; a tool has the lower bits. */
#define PASS_TEMPERATURE (1u << 31) /* run_case.tau */
#define PASS_DEVIATIONS (1u << 30)  /* run_case.sigma_q and sigma_k */

/* Groups, see table/choice.h. */
#define COLUMNS_ID LLN_COLUMNS_ID
#define COLUMNS_DEFAULT LLN_COLUMNS_DEFAULT

/* How many columns a record has. */
size_t record_columns(record_type type);

/* Sets the fields that columns show to missing: NaN, NULL, 0. */
void record_clear(record_type type, void *record);

/* The field that a column shows. A real one may be written, text be made
 * missing. */
lln_cell record_cell(const record_column *column, const void *record);
double *record_real(const record_column *column, void *record);
void record_forget_text(const record_column *column, void *record);

/* lln_columns_choose for --columns. Ends the process on bad usage. */
size_t columns_select(const char *list, const lln_column_name *names,
                      size_t count, size_t *selected);

#endif
