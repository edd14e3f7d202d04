/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention weights of a file beside the queries and keys of the same heads, to
 * be compared with what these make: --attention with --compare. */
#ifndef LLN_TOOLS_BESIDE_H
#define LLN_TOOLS_BESIDE_H

#include "heads/heads.h"

/* Opens the weights, and finds those of each head; without --attention there
 * are none. Ends the process on failure, and if a head has none. */
void beside_open(const lln_heads *heads, lln_heads *weights);

/* Gives a loaded head its weights, if there are any. Statuses are those of
 * weights->load. */
LLN_NODISCARD lln_status beside_load(const lln_heads *weights, lln_head *head);

#endif
