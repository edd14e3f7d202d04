/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rule of logits of one head, with what it points to. */
#ifndef LLN_HEADS_HEAD_RULE_H
#define LLN_HEADS_HEAD_RULE_H

#include "heads/rule_pool.h"
#include "heads/rules.h"

/* Not to be moved: the rule points into it. */
typedef struct {
    lln_logit_rule rule;
    lln_logit_bias bias;
    lln_logit_grid numbers, mask;
} lln_head_rule;

/* Fills in the rule of a described head. `heads`: the number of query heads of
 * its model, 0: unknown. `pool` has what heads share, and must live as long.
 * LLN_EINVAL, LLN_EFORMAT: arrays, documents, the mask or the numbers of
 * queries and keys do not go with the rule; else the statuses of
 * lln_map_array_read. A head without queries or keys has the default rule. */
LLN_NODISCARD lln_status lln_head_rule_open(const lln_rules *rules,
                                            const lln_head *head, size_t heads,
                                            lln_rule_pool *pool,
                                            lln_head_rule *out);

#endif
