/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Options whose values differ by layer, and the layers of the heads. */
#ifndef LLN_TOOLS_LAYER_VALUES_H
#define LLN_TOOLS_LAYER_VALUES_H

#include "heads/heads.h"

/* Ends the process if an option has values for layers, and no head has the
 * number of one. Warns of a value whose layers no head has, unless --layers
 * selects heads or a configuration knows more layers. */
void layer_values_check(const lln_heads *heads);

#endif
