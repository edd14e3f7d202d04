/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How a kernel gets its alpha and beta for a head: given, solved, or from
 * --params. */
#ifndef LLN_TOOLS_ALPHA_BETA_H
#define LLN_TOOLS_ALPHA_BETA_H

#include "case_set.h"
#include "identity.h"

/* Sets alpha and beta of `choice`, which is a copy of the choice of the entry,
 * unless they are given or the kernel has none. LLN_EUNDEFINED, LLN_ENOCONV:
 * this head has no alpha and beta; other statuses are those of
 * lln_match_estimate and params_find. */
LLN_NODISCARD lln_status alpha_beta_find(const case_set *set,
                                         const kernel_entry *entry,
                                         const lln_head *head,
                                         const row_identity *identity,
                                         lln_kernel_choice *choice);

#endif
