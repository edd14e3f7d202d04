/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Columns of tables: the field of a record that each shows, and the selection
 * by --columns. */
#ifndef LLN_TOOLS_COLUMNS_H
#define LLN_TOOLS_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "table/choice.h"
#include "table/table.h"

/* A column shows one field of a record. A record is a struct of the tool; the
 * field is a double, a long or size_t, or a const char *. */
_Static_assert(sizeof(long) == sizeof(size_t), "integer fields");

typedef struct {
    const char *name;
    lln_cell_type type;
    size_t offset;     /* of the field in the record */
    const char *group; /* name for --columns; NULL: only in the group all */
    unsigned pass; /* passes that must be computed for it, as bits that the tool
                      defines; 0: none */
    bool alone;    /* it has no columns of spread: _se, _min ... */
    bool follows;  /* from the identity of the row: it tells no rows apart */
} record_column;

/* The type of a record: its columns, ended by name NULL, and its size. */
typedef struct {
    const record_column *columns;
    size_t size;
} record_type;

/* The type of a plan that writes arrays, not a table: no columns. */
extern const record_type record_none;

/* An entry of an array of record_column, for a field of `record`. */
#define RECORD_REAL(record, field, name, group, pass)                          \
    {                                                                          \
        name, LLN_CELL_REAL, offsetof(record, field), group, pass, false,      \
            false                                                              \
    }
#define RECORD_INTEGER(record, field, name, group, pass)                       \
    {                                                                          \
        name, LLN_CELL_INTEGER, offsetof(record, field), group, pass, false,   \
            false                                                              \
    }
#define RECORD_TEXT(record, field, name, group, pass)                          \
    {                                                                          \
        name, LLN_CELL_TEXT, offsetof(record, field), group, pass, false,      \
            false                                                              \
    }
#define RECORD_DIGITS(record, field, name, group, pass)                        \
    {                                                                          \
        name, LLN_CELL_DIGITS, offsetof(record, field), group, pass, false,    \
            false                                                              \
    }

/* Passes that the run itself computes; the lower bits belong to the tool. */
#define PASS_TEMPERATURE (1u << 31) /* run_case.tau */
#define PASS_SIGMAS (1u << 30)      /* run_case.sigma_q and sigma_k */

/* Groups, see table/choice.h. */
#define COLUMNS_ID LLN_COLUMNS_ID
#define COLUMNS_DEFAULT LLN_COLUMNS_DEFAULT

/* Columns that are printed by default if there is a sink. */
#define COLUMNS_SINK "sink"

/* A group whose columns are also among the default ones. */
#define COLUMNS_SHOWN(group) group " " COLUMNS_DEFAULT

/* Puts the columns that have this group, a literal, among the default ones. */
#define COLUMNS_SHOW(columns, group)                                           \
    columns_regroup(columns, group, COLUMNS_SHOWN(group))

/* Replaces the group of the columns that have it. Columns end with name
 * NULL. */
void columns_regroup(record_column *columns, const char *group,
                     const char *other);

/* The number of columns of a record. */
size_t record_columns(record_type type);

/* Sets the fields of all columns to missing: NaN, NULL, 0. */
void record_clear(record_type type, void *record);

/* The field of a column: its value, a pointer to a real field, and a way to
 * make a text missing. */
lln_cell record_cell(const record_column *column, const void *record);
double *record_real(const record_column *column, void *record);
void record_forget_text(const record_column *column, void *record);

/* Columns that another table has, with this option; their names are refused
 * with a word about it, unless the table at hand has them. */
void columns_elsewhere(const record_column *columns, const char *option);

/* lln_columns_choose for --columns. Ends the process on bad usage. */
size_t columns_select(const char *list, const lln_column_name *names,
                      size_t count, size_t *selected);

/* Opens a table of the selected columns, [count] positions in `all`. Ends the
 * process when out of memory. */
lln_table *columns_open(FILE *out, const lln_column *all,
                        const size_t *selected, size_t count,
                        lln_table_style style);

#endif
