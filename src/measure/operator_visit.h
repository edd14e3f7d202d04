/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to operator*.c: one pass over the rows of P.
 *
 * Rows are processed in blocks. Block b belongs to group b mod GROUPS; one
 * thread processes a group. Sums over rows are taken within a group in the
 * order of rows, then over groups in order: no result depends on the number of
 * threads. */
#ifndef LLN_MEASURE_OPERATOR_VISIT_H
#define LLN_MEASURE_OPERATOR_VISIT_H

#include "measure/operator_blocks.h"

enum { LLN_OPERATOR_GROUPS = 16 };

/* Whether the kernel's own products are used instead of blocks. */
bool lln_operator_own_products(const lln_operator *op);

/* Counts a pass for displays of progress; the kernel's own products are so fast
 * that it is counted when it begins. */
void lln_operator_count_pass(const lln_operator *op);

typedef void lln_operator_visitor(const lln_operator *op,
                                  const struct lln_operator_block *block,
                                  size_t group, void *context);

/* Calls `visit` for each block of rows, with weights that are stored or
 * computed again. LLN_EINTERRUPTED; the statuses of the attention. */
LLN_NODISCARD lln_status lln_operator_visit(lln_operator *op,
                                            lln_operator_visitor *visit,
                                            void *context);

/* For visitors that add vectors over the keys: the sums of a group are
 * op->partial + group m, [m]. The first function sets them to 0; the second
 * adds those of all groups, y [m] = factor sum_g partial_g. */
void lln_operator_clear_groups(lln_operator *op);
void lln_operator_add_groups(const lln_operator *op, double factor, double *y);

#endif
