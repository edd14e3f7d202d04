/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The options of the rule of logits: --causal, --window, --chunk, --prefix,
 * --documents, --mask, --scale, --softcap, --bias, --sink, and their part of
 * --arrays. */
#ifndef LLN_TOOLS_RULES_H
#define LLN_TOOLS_RULES_H

#include "heads/documents.h"
#include "heads/heads.h"

/* Says so if the numbers of --mask look like booleans, or do not hide keys as
 * they seem to be meant to. */
void rules_look_at_mask(const lln_heads *heads);

/* Checks the options; ends the process on bad usage. */
void rules_check(void);

/* Which parts the rule of some head has, for lln_rule_find_refused. */
lln_logit_rule rules_asked(void);

/* Whether the rules of two layers may differ. */
bool rules_differ(void);

/* The rule of all layers that have none of their own: its scale and masks. */
lln_logit_rule rules_of_most(void);

/* Whether a bias uses --positions. */
bool rules_use_positions(void);

/* Reads --documents for heads that are to be mapped; rules_documents: what was
 * read, NULL before. Ends the process on failure. */
void rules_read_documents(const lln_heads *heads);
const lln_document_list *rules_documents(void);

/* Puts the rules around a set of heads. Ends the process on failure. */
void rules_apply(lln_heads *heads);

/* Ends the process if the output would replace a file that is read. */
void rules_refuse_overwrite(void);

#endif
