/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * --shard I/COUNT: the share of the heads that this process measures. */
#ifndef LLN_TOOLS_SHARD_H
#define LLN_TOOLS_SHARD_H

#include "heads/heads.h"

/* Ends the process unless --shard, if given, is well written. */
void shard_check(void);

/* Leaves every COUNT-th of the heads, from the I-th on; all without --shard. */
void shard_take(lln_heads *heads);

#endif
