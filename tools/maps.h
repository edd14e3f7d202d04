/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The options that map queries and keys: --clip-qkv, --qk-norm, --rope,
 * --positions, --query-scale, and their part of --arrays. */
#ifndef LLN_TOOLS_MAPS_H
#define LLN_TOOLS_MAPS_H

#include "heads/heads.h"

/* Checks the options; ends the process on bad usage. */
void maps_check(void);

/* Whether queries and keys are mapped. */
bool maps_given(void);

/* Whether heads are mapped with all others of their layer. */
bool maps_are_across(void);

/* Puts the maps before a set of heads. `whole` has all heads of their layers;
 * empty: the set has. Ends the process on failure. */
void maps_apply(lln_heads *heads, lln_heads *whole);

/* Says so if the logits of heads are larger than a norm that --qk-norm leaves
 * out allows. */
void maps_look_at_norm(const lln_heads *heads);

/* Ends the process if the output would replace a file that is read. */
void maps_refuse_overwrite(void);

#endif
