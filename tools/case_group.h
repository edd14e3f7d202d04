/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The heads of a group, each of which is compared with all of them: they are
 * measured together, when the first of them is. */
#ifndef LLN_TOOLS_CASE_GROUP_H
#define LLN_TOOLS_CASE_GROUP_H

#include "open_case.h"

/* As many members as fit into this, queries, keys and values, are in memory at
 * the same time, or two that do not. */
enum { CASE_GROUP_BYTES = 16 << 20 };

/* Copies the comparisons of head `index` of set->others with members[count], in
 * ascending order and including itself, to the rows of the block. The first
 * member that --shard keeps measures those of all; they are freed after the
 * last. *done = false: one of the heads cannot be measured, their values have
 * different sizes, or there are too many results to keep, and nothing was
 * copied. LLN_ENOMEM; LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status case_group_copy(const case_set *set,
                                         const kernel_entry *entry,
                                         uint32_t draw, double tau,
                                         size_t index, const size_t *members,
                                         size_t count, run_block *block,
                                         bool *done);

/* Releases the groups of a set. */
void case_groups_free(const case_set *set);

#endif
