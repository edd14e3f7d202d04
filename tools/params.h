/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --params: alpha and beta from a table that lln-match has written, joined
 * on the identity columns. */
#ifndef LLN_TOOLS_PARAMS_H
#define LLN_TOOLS_PARAMS_H

#include "core/status.h"

/* The columns that a row of the table and a head are joined on. NaN: missing,
 * which equals missing; tau agrees to 1e-6 relative. */
typedef struct {
    const char *source;
    double layer, head, n, d, causal, tau;
} params_key;

typedef struct params params;

/* Reads the table; "-" is standard input. Ends the process if it cannot be
 * read or lacks a column. */
params *params_open(const char *path);

/* Alpha and beta of the one row for that head, NaN if lln-match found none.
 * LLN_EFORMAT: there is no such row, or more than one. */
LLN_NODISCARD lln_status params_find(const params *table, const params_key *key,
                                     double *alpha, double *beta);

void params_close(params *table);

#endif
