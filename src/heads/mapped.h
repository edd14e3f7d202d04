/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A set of heads whose queries and keys go through the maps of a model: from
 * what its projections give to what its logits are made of. */
#ifndef LLN_HEADS_MAPPED_H
#define LLN_HEADS_MAPPED_H

#include "heads/maps.h"
#include "heads/rope.h"

/* The heads of `inner` with these maps, in this order: clamping (of values
 * too), QK-norm before rotary embedding, rotary embedding, QK-norm after it,
 * factors of queries. They are computed in float64 and rounded to the precision
 * of the head; a temperature is set after them. `whole` has all heads of each
 * layer of `inner`, for norms across heads; NULL: `inner` has. The set takes
 * both, which are empty then, also when this fails.
 * LLN_EINVAL, LLN_EFORMAT: the options, their files and the heads do not go
 * together, the message names the option; else the statuses of lln_maps_open.
 * load() then also gives LLN_EUNDEFINED for a number that the maps make
 * infinite or NaN. */
LLN_NODISCARD lln_status lln_mapped_open(const lln_map_options *options,
                                         lln_heads *inner, lln_heads *whole,
                                         lln_heads *mapped);

/* Loads a head of such a set as load() does at its own temperature, but with
 * the other pairing of channels in its rotary embedding, half for pairs and
 * pairs for half; *pairing is that, or LLN_ROPE_NONE: the head has no rotary
 * embedding and nothing is loaded. */
LLN_NODISCARD lln_status lln_mapped_load_other(const lln_heads *mapped,
                                               size_t index,
                                               lln_precision precision,
                                               lln_rope_pairing *pairing,
                                               lln_head *head);

#endif
