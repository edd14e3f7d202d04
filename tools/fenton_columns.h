/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Columns of the group fenton of lln-stats: Fenton's approximation of ln P for
 * a head, and its errors. */
#ifndef LLN_TOOLS_FENTON_COLUMNS_H
#define LLN_TOOLS_FENTON_COLUMNS_H

#include "plan.h"
#include "theory/fenton_attention.h"

/* One formula; its errors against the measured values, and against those of the
 * theory. */
typedef struct {
    lln_theory_fenton_values values, error, theory_error;
} fenton_fields;

typedef struct {
    fenton_fields sum, row;
} fenton_columns;

#define FENTON_REAL(record, field, name, pass)                                 \
    RECORD_REAL(record, field, name, "fenton", pass)

/* The columns of one formula in `member` of a record; `measured` and `theory`
 * are the passes of the values that it is compared with. */
#define FENTON_FIELDS(record, member, name, own, measured, theory)             \
    FENTON_REAL(record, member.values.log_mean, name "_log_mean", own),        \
        FENTON_REAL(record, member.values.log_variance, name "_log_variance",  \
                    own),                                                      \
        FENTON_REAL(record, member.error.log_mean, name "_log_mean_error",     \
                    (own) | (measured)),                                       \
        FENTON_REAL(record, member.error.log_variance,                         \
                    name "_log_variance_error", (own) | (measured)),           \
        FENTON_REAL(record, member.theory_error.log_mean,                      \
                    name "_log_mean_theory_error", (own) | (theory)),          \
        FENTON_REAL(record, member.theory_error.log_variance,                  \
                    name "_log_variance_theory_error", (own) | (theory))

/* All columns of the group. */
#define FENTON_COLUMNS(record, member, own, measured, theory)                  \
    FENTON_FIELDS(record, member.sum, "fenton", own, measured, theory),        \
        FENTON_FIELDS(record, member.row, "fenton_row", own, measured, theory)

/* What the approximation is compared with; NaN: it is not known. */
typedef struct {
    double log_mean, log_variance, log_variance_row;
} fenton_known;

/* Fills the fields of a case; they stay missing if model_fenton has no
 * prediction. */
void fenton_columns_fill(const run_case *c, fenton_known measured,
                         fenton_known theory, fenton_columns *out);

#endif
