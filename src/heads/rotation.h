/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether keys look as if rotary embedding had turned them already. */
#ifndef LLN_HEADS_ROTATION_H
#define LLN_HEADS_ROTATION_H

#include "heads/heads.h"
#include "heads/rope.h"

/* m_c = |mean_j z_j| / sqrt(mean_j |z_j|^2), z_j = k_je + sqrt(-1) k_jo for the
 * two channels of a pair: keys have large means, and turning by an angle that
 * grows from key to key averages them away. NaN: there are no keys, or all
 * numbers are 0. */
double lln_rotation_mean(lln_matrix k, size_t even, size_t odd);

/* Whether the keys of a head look turned: m < 0.05 for the fastest of the pairs
 * that the rope would turn, and m > 0.3 for the slowest, in either pairing.
 * Fewer than 64 keys never do. Measured on a language model with rotary
 * embedding: so for 9 of 10 of its key heads, for no raw one, and for none of
 * 80 heads of models without rotary embedding. `dims` is that of lln_rope_dims.
 */
bool lln_rotation_is_seen(const lln_rope *rope, size_t dims, lln_matrix k);

/* What the first layer with rotary embedding looks like. */
typedef struct {
    long layer;          /* -1: it has no number */
    size_t turned, keys; /* key heads that look turned, of the few that were
                            looked at; 0: there is no such layer */
} lln_rotation;

/* Looks at keys of the first layer, of the first batch entry, to which
 * `rope`, values by layer as maps.h has them, gives rotary embedding: those of
 * heads before the maps. Statuses are those of loading and reading. */
LLN_NODISCARD lln_status lln_rotation_look(const char *rope,
                                           const lln_heads *heads,
                                           lln_rotation *found);

#endif
