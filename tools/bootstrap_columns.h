/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-stats --bootstrap: a p-value for the fit of ln P, in columns of the
 * summary. */
#ifndef LLN_TOOLS_BOOTSTRAP_COLUMNS_H
#define LLN_TOOLS_BOOTSTRAP_COLUMNS_H

#include "plan.h"

typedef struct {
    double p, draws, mean, upper;
} bootstrap_fields;

#define BOOTSTRAP_REAL(record, field, name, pass)                              \
    RECORD_REAL(record, field, name, "bootstrap", pass)

/* The columns of the group, for `member` of a record. */
#define BOOTSTRAP_COLUMNS(record, member, pass)                                \
    BOOTSTRAP_REAL(record, member.p, "ks_p_value", pass),                      \
        BOOTSTRAP_REAL(record, member.draws, "ks_draws", pass),                \
        BOOTSTRAP_REAL(record, member.mean, "ks_null_mean", pass),             \
        BOOTSTRAP_REAL(record, member.upper, "ks_null_95", pass)

/* Puts the columns of the group among the default ones if they are wanted, and
 * removes them otherwise. */
void bootstrap_columns_choose(record_column *columns, bool wanted);

/* Measures a case with at most `draws` draws. Several threads may call it.
 * Statuses are those of lln_bootstrap_measure; with LLN_EUNDEFINED the fields
 * stay missing. */
LLN_NODISCARD lln_status bootstrap_columns_fill(const run_case *c, size_t draws,
                                                bootstrap_fields *out);

#endif
