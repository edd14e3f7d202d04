/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The column `rule`: the options that give the logits of a head back. */
#ifndef LLN_TOOLS_RULE_TEXTS_H
#define LLN_TOOLS_RULE_TEXTS_H

#include "heads/heads.h"

/* The texts of a layer; the same ones for layers with the same rule. */
typedef struct rule_texts rule_texts;

/* Prepares the texts of all layers of a set. Ends the process when out of
 * memory. */
void rule_texts_prepare(const lln_heads *heads);

/* Those of a layer, -1: of heads without one; NULL: not prepared. */
const rule_texts *rule_texts_of(long layer);

/* The text for a kernel that supports parts `honours`, of lln_rule_honours. */
const char *rule_texts_for(const rule_texts *texts, unsigned honours);

#endif
