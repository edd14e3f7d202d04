/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether logits are larger than a norm of queries and keys allows: then they
 * are from before the norm. */
#ifndef LLN_HEADS_NORM_LIMIT_H
#define LLN_HEADS_NORM_LIMIT_H

#include "heads/heads.h"
#include "heads/maps.h"

/* The head whose logits exceed the limit most. */
typedef struct {
    double logit, limit; /* largest size of scale q.k, and that allowed */
    long layer;          /* -1: it has no number */
    bool seen;           /* logit > 2 limit: the factor of cosines and sines of
                            YaRN, up to 1.5 in both, and rounding may do less */
} lln_norm_limit;

/* Looks at a few heads, without their maps' norm: `left_out` has the norm, by
 * layer, and its weights in arrays q_norm and k_norm, if it has any; layers for
 * which `applied`, by layer or NULL, has a norm are passed over. After rms or
 * layer, |q| <= sqrt(d) max |w|, after l2 |q| <= max |w|, and rotary embedding
 * keeps |q|, so that |scale q.k| <= scale d max |w_q| max |w_k|, or without d;
 * times the heads for a norm across them. Statuses are those of lln_maps_open
 * and of loading. */
LLN_NODISCARD lln_status lln_norm_limit_look(const lln_map_options *left_out,
                                             const char *applied,
                                             const lln_heads *heads,
                                             lln_norm_limit *found);

#endif
