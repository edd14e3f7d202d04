/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --shard I/COUNT: the part of the heads that this process measures. */
#ifndef LLN_TOOLS_SHARD_H
#define LLN_TOOLS_SHARD_H

#include <stdbool.h>

#include "heads/heads.h"

/* Ends the process if --shard is given in a wrong form. */
void shard_check(void);

/* Keeps every COUNT-th head, starting with the I-th; without --shard, all
 * heads. */
void shard_take(lln_heads *heads);

/* The index among all heads of a head that was kept; and whether the head with
 * that index was kept. */
size_t shard_index(size_t kept);
bool shard_has(size_t index);

#endif
