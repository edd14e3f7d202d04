/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Why a table of --params has no row for a head, or several. */
#ifndef LLN_TOOLS_PARAMS_EXPLAIN_H
#define LLN_TOOLS_PARAMS_EXPLAIN_H

#include "core/status.h"
#include "params_table.h"

/* LLN_EFORMAT: no row is for the head, with how the rows that come closest
 * differ. bits [data.rows]: the fields in which each row does. */
LLN_NODISCARD lln_status params_fail_none(const params_table *table,
                                          const params_key *key,
                                          const unsigned *bits);

/* LLN_EFORMAT: those with bits 0 all are, with what tells them apart. */
LLN_NODISCARD lln_status params_fail_several(const params_table *table,
                                             const params_key *key,
                                             const unsigned *bits);

#endif
