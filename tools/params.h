/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --params: alpha and beta from a table of lln-match. */
#ifndef LLN_TOOLS_PARAMS_H
#define LLN_TOOLS_PARAMS_H

#include "core/status.h"
#include "params_table.h"

typedef params_table params;

/* Reads the table; "-" is standard input. Ends the process if it cannot be
 * read or lacks a column. */
params *params_open(const char *path);

/* Finds alpha and beta in the one row for a head; NaN if lln-match found none.
 * If files have the same name, the rows of the file whose path is most similar
 * to that of the head are used; if several temperatures agree, the nearest.
 * LLN_EFORMAT: there is no such row, or more than one. */
LLN_NODISCARD lln_status params_find(const params *table, const params_key *key,
                                     double *alpha, double *beta);

void params_close(params *table);

#endif
