/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of --params, and the differences between its rows and a head. */
#ifndef LLN_TOOLS_PARAMS_TABLE_H
#define LLN_TOOLS_PARAMS_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "source_name.h"
#include "table/table.h"
#include "table/written.h"

/* The fields by which a row is compared with a head; those that identify the
 * head come first. The fields from PARAMS_STEP on are columns of numbers. */
typedef enum {
    PARAMS_SOURCE,
    PARAMS_ENTRY, /* of the batch */
    PARAMS_STEP,  /* of training */
    PARAMS_LAYER,
    PARAMS_HEAD,
    PARAMS_SEED,
    PARAMS_N,
    PARAMS_D,
    PARAMS_CAUSAL,
    PARAMS_TAU,
    PARAMS_FIELDS
} params_field;

/* A head. NaN: it has no such field. A step or temperature that is NaN is not
 * compared. */
typedef struct {
    const char *source;
    double number[PARAMS_FIELDS]; /* from PARAMS_STEP on, except the seed */
    uint64_t seed;
    bool sampled; /* false: the seed is not compared */
} params_key;

typedef struct {
    const char *source; /* as in the table; NULL: missing */
    source_name name;   /* read from it */
    const char *method; /* NULL: missing */
    const char *seed;   /* NULL: missing */
    lln_written number[PARAMS_FIELDS];
    lln_rounding rounding;
    double alpha, beta;
    double solution; /* number among those of the method; 1 if missing */
} params_row;

typedef struct {
    const char *name; /* for messages */
    lln_table_data data;
    params_row *rows;        /* [data.rows] */
    bool has[PARAMS_FIELDS]; /* which columns exist, from PARAMS_STEP on */
} params_table;

/* The name of a field in the table and in messages. */
const char *params_field_name(params_field field);

/* Fills a zeroed table from the file; "-" is standard input. Ends the process
 * if it cannot be read or lacks a column. */
void params_table_read(const char *path, params_table *table);
void params_table_free(params_table *table);

/* The fields in which a row differs from the head, as bits: the earlier the
 * field, the higher its bit. `name` is read from the source of the key. Missing
 * columns are not compared, and missing cells only for layer and head. brief:
 * stops at the first difference in step, layer or head. *likeness is the result
 * of source_name_compare for the two files. */
unsigned params_differences(const params_table *table, size_t index,
                            const params_key *key, const source_name *name,
                            bool brief, int *likeness);
unsigned params_bit(params_field field);

#endif
