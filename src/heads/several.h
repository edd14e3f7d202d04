/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sets of heads made of other sets: several files put together, and a share of
 * a set for each of several processes. */
#ifndef LLN_HEADS_SEVERAL_H
#define LLN_HEADS_SEVERAL_H

#include "heads/heads.h"

/* A set to be put together with others, and what the name of its file says. */
typedef struct {
    lln_heads heads;
    const char *path; /* of the file, for messages */
    size_t model;     /* ascends from part to part */
    long step;        /* -1: none */
    long layer, head; /* of all heads, which have none of their own or the
                         same; -1: their own */
} lln_heads_part;

/* Puts the heads of parts [count] into one set, ordered by model, batch entry,
 * layer and head, else as they are. The set takes the parts, also when this
 * fails; paths must live as long as it. Only a single part has results.
 * LLN_EFORMAT: a head has a layer or a number of its own, and its part says
 * another one; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_heads_join(const lln_heads_part *parts,
                                        size_t count, lln_heads *joined);

/* The heads first, first + step, first + 2 step, ... of a set, which the new
 * one takes, also when this fails; perhaps none. They have no results. `every`
 * may be `whole`.
 * LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_heads_every(lln_heads *whole, size_t first,
                                         size_t step, lln_heads *every);

#endif
