/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --params: alpha and beta from a table that lln-match has written. */
#ifndef LLN_TOOLS_PARAMS_H
#define LLN_TOOLS_PARAMS_H

#include "core/status.h"
#include "params_table.h"

typedef params_table params;

/* Reads the table; "-" is standard input. Ends the process if it cannot be
 * read or lacks a column. */
params *params_open(const char *path);

/* Alpha and beta of the one row for that head, NaN if lln-match found none. Of
 * rows for files of the same name, those count whose path is most like that of
 * the head; of rows whose temperatures agree, the nearest one. LLN_EFORMAT:
 * there is no such row, or more than one. */
LLN_NODISCARD lln_status params_find(const params *table, const params_key *key,
                                     double *alpha, double *beta);

void params_close(params *table);

#endif
