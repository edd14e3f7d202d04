/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the masks and biases of files hold, row by row. */
#ifndef LLN_HEADS_RULE_ROWS_H
#define LLN_HEADS_RULE_ROWS_H

#include "heads/heads.h"

/* Looks at the numbers of the mask and the bias of a described head, which are
 * those of its rule, and sets what the bias says of them. LLN_EFORMAT: one is
 * NaN or infinite, or a row sees no key, unless there is a sink;
 * LLN_EINTERRUPTED. */
LLN_NODISCARD lln_status lln_rule_rows_check(const lln_head *head,
                                             lln_logit_bias *bias);

#endif
