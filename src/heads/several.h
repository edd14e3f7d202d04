/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sets of heads made from other sets: several files joined into one set, and
 * every k-th head of a set for one of several processes.
 * Example: a.npz with 4 heads (model 0) and b.npz with 4 heads (model 1) join
 * to 8 heads. lln_heads_every with first = 1 and step = 3 takes heads 1, 4 and
 * 7 of these. */
#ifndef LLN_HEADS_SEVERAL_H
#define LLN_HEADS_SEVERAL_H

#include "heads/heads.h"

/* A set to be joined, and what the name of its file says. */
typedef struct {
    lln_heads heads;
    const char *path; /* of the file, for messages */
    size_t model;     /* ascends from part to part */
    long step;        /* -1: none */
    long layer, head; /* of all heads; -1: each head has its own */
    bool in_turn; /* its heads are loaded in turn with those of parts that are
                     not: neither releases the memory of the other */
} lln_heads_part;

/* Joins the heads of parts [count] into one set, ordered by model, batch entry,
 * layer and head; heads that are equal in these keep their order. The set takes
 * ownership of the parts, even on failure. The paths must live as long as the
 * set. Only a set of a single part has results. LLN_EFORMAT: the layer or head
 * number of a head differs from that of its part; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_heads_join(const lln_heads_part *parts,
                                        size_t count, lln_heads *joined);

/* The heads first, first + step, first + 2 step, ... of a set; there may be
 * none. The new set takes ownership of `whole`, even on failure. It has no
 * results. `every` may be `whole`. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_heads_every(lln_heads *whole, size_t first,
                                         size_t step, lln_heads *every);

#endif
