/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Explains why a table of --params has no row, or several rows, for a head. */
#ifndef LLN_TOOLS_PARAMS_EXPLAIN_H
#define LLN_TOOLS_PARAMS_EXPLAIN_H

#include "core/status.h"
#include "params_table.h"

/* Returns LLN_EFORMAT: no row is for the head. The message says how the closest
 * rows differ. bits [data.rows]: the fields in which each row differs. */
LLN_NODISCARD lln_status params_fail_none(const params_table *table,
                                          const params_key *key,
                                          const unsigned *bits);

/* Returns LLN_EFORMAT: all rows with bits 0 are for the head. The message says
 * in which field they differ. */
LLN_NODISCARD lln_status params_fail_several(const params_table *table,
                                             const params_key *key,
                                             const unsigned *bits);

#endif
