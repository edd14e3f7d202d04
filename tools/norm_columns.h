/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Columns of lln-entropy about the norms of queries. */
#ifndef LLN_TOOLS_NORM_COLUMNS_H
#define LLN_TOOLS_NORM_COLUMNS_H

#include "columns.h"
#include "measure/query_norm.h"
#include "plan.h"

/* Passes in the bits of the tool's columns. */
#define PASS_NORM_CORRELATION (1u << 8)
#define PASS_NORM_SLOPE (1u << 9)
#define PASS_NORM (PASS_NORM_CORRELATION | PASS_NORM_SLOPE)

#define NORM_GROUP "norm shape"

/* The columns of a record that has an lln_query_norm; rows_pass: the pass that
 * measures entropies. */
#define NORM_COLUMNS(record, field, rows_pass)                                 \
    RECORD_REAL(record, field.correlation, "entropy_qnorm_corr", NORM_GROUP,   \
                (rows_pass) | PASS_NORM_CORRELATION),                          \
        RECORD_REAL(record, field.spearman, "entropy_qnorm_spearman",          \
                    NORM_GROUP, (rows_pass) | PASS_NORM_CORRELATION),          \
        RECORD_REAL(record, field.slope, "entropy_norm_slope", NORM_GROUP,     \
                    (rows_pass) | PASS_NORM_SLOPE)

/* A row of --per-row. */
typedef struct {
    double norm, slope;
} norm_record;

#define NORM_ROW_COLUMNS(record, field)                                        \
    RECORD_REAL(record, field.norm, "q_norm", NORM_GROUP,                      \
                PASS_NORM_CORRELATION),                                        \
        RECORD_REAL(record, field.slope, "entropy_norm_slope", NORM_GROUP,     \
                    PASS_NORM_SLOPE)

/* The statistics that rows must have for what the passes of the case ask
 * for. */
unsigned norm_columns_statistics(const run_case *c,
                                 const lln_attention *attention);

/* Measures what the passes of the case ask for, from its measured rows. */
LLN_NODISCARD lln_status norm_columns_measure(const run_case *c,
                                              lln_attention *attention,
                                              const lln_row *rows,
                                              lln_query_norm *out,
                                              lln_query_norm *error);

/* The same for each of its rows [count]: out has `stride` bytes from one to
 * the next. */
LLN_NODISCARD lln_status norm_columns_rows(const run_case *c,
                                           lln_attention *attention,
                                           const lln_row *rows, size_t count,
                                           norm_record *out, size_t stride);

#endif
