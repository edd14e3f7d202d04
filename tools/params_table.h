/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of --params, and how its rows differ from a head. */
#ifndef LLN_TOOLS_PARAMS_TABLE_H
#define LLN_TOOLS_PARAMS_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "source_name.h"
#include "table/table.h"
#include "table/written.h"

/* What a row and a head are compared by, what says which head it is first. The
 * fields from PARAMS_STEP on are columns of numbers. */
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

/* A head. NaN: it has none; a step or temperature that it does not have, or
 * that was not asked for, is not compared. */
typedef struct {
    const char *source;
    double number[PARAMS_FIELDS]; /* from PARAMS_STEP on, but for the seed */
    uint64_t seed;
    bool sampled; /* else the seed is not compared */
} params_key;

typedef struct {
    const char *source; /* as it is there; NULL: missing */
    source_name name;   /* read from it */
    const char *method; /* NULL: missing */
    const char *seed;   /* likewise */
    lln_written number[PARAMS_FIELDS];
    lln_rounding rounding;
    double alpha, beta;
} params_row;

typedef struct {
    const char *name; /* for messages */
    lln_table_data data;
    params_row *rows;        /* [data.rows] */
    bool has[PARAMS_FIELDS]; /* columns, from PARAMS_STEP on */
} params_table;

/* The name of a field in the table and in messages. */
const char *params_field_name(params_field field);

/* Fills a zeroed table from the file; "-" is standard input. Ends the process
 * if it cannot be read or lacks a column. */
void params_table_read(const char *path, params_table *table);
void params_table_free(params_table *table);

/* The fields in which a row differs from the head, as bits: the earlier a
 * field, the higher its bit. `name` is read from the source of the key. Columns
 * that are missing are not compared, nor cells but those of layer and head.
 * brief: nothing else is compared if step, layer or head differ. *likeness is
 * that of the two files, as source_name_compare has it. */
unsigned params_differences(const params_table *table, size_t index,
                            const params_key *key, const source_name *name,
                            bool brief, int *likeness);
unsigned params_bit(params_field field);

#endif
