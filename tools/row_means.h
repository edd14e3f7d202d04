/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Means of the columns of a table that has one row for each query. Every such
 * column that holds a number has a mean, without code of its own. */
#ifndef LLN_TOOLS_ROW_MEANS_H
#define LLN_TOOLS_ROW_MEANS_H

#include "measure/rows.h"
#include "plan.h"

/* What a row is to a mean. */
typedef enum {
    ROW_COUNTS,       /* where it has no value, it is left out */
    ROW_IS_UNDEFINED, /* it is no distribution: where it has no value, the mean
                         has none */
    ROW_IS_EMPTY      /* it sees no key, and is in no mean */
} row_use;

/* The plan of a table with one row for each query, or for each drawn one. The
 * first column is the index of the query, which has no mean. */
typedef struct {
    const run_plan *plan; /* without context */
    row_use (*use)(const void *record);
    /* Sets the columns without a pass from a row measured with
     * LLN_ROW_ENTROPY. */
    void (*fill)(const lln_attention *attention, const lln_row *row,
                 size_t query, void *record);
} row_source;

/* The pass of all means. */
#define PASS_MEANS (1u << 29)

/* Consecutive rows of the table, drawn from `of` queries. */
typedef struct {
    size_t first, count, of;
} row_range;

/* The number of measured queries below `end`, of which `from` are known to be
 * below it. */
size_t row_means_count(const run_case *c, size_t from, size_t end);

/* A plan with that of the rows as its context, without a name, a measure and a
 * start. Its records begin with the `own` columns and continue with those of
 * the rows: real and integer ones become real ones of the same name, with
 * PASS_MEANS; texts are left out. Ends the process when out of memory. */
run_plan row_means_plan(const row_source *rows, record_type own);

/* Sets the columns of the rows in row `at` of `to`, which is of
 * row_means_plan, to their means over a range of `from` and, with --rows, their
 * standard errors (lln_values_mean). LLN_ENOMEM. */
LLN_NODISCARD lln_status row_means_take(const row_source *rows,
                                        const run_block *from, row_range range,
                                        size_t own_size, run_block *to,
                                        size_t at);

#endif
