/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A set of heads whose logits follow the rule of a model: the outermost of the
 * sets that are put around each other. */
#ifndef LLN_HEADS_RULED_H
#define LLN_HEADS_RULED_H

#include "heads/rules.h"

/* The heads of `inner` with the rules of their layers, of which nothing but a
 * scale is left over from inner, if the options have none. Temperatures are set
 * under the rule; sampled heads set theirs as inner does. The set takes inner,
 * which is empty then, also when this fails. All heads are checked.
 * LLN_EINVAL, LLN_EFORMAT: options, files and heads do not go together, the
 * message names the option; else the statuses of lln_rules_open. */
LLN_NODISCARD lln_status lln_ruled_open(const lln_rule_options *options,
                                        lln_heads *inner, lln_heads *ruled);

#endif
