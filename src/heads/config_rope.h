/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rotary embedding of a layer, from the keys of config.json. */
#ifndef LLN_HEADS_CONFIG_ROPE_H
#define LLN_HEADS_CONFIG_ROPE_H

#include "heads/config_keys.h"

/* Sets the values rope, theta, dims and scaling of a layer that has rotary
 * embedding, and the factors of longrope. Source: transformers,
 * modeling_rope_utils.py, and the configuration of each class.
 * LLN_EFORMAT; LLN_EUNSUPPORTED: an unknown rope_type; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_config_rope_read(const lln_config_rope_keys *keys,
                                              const lln_config_family *family,
                                              bool sliding, lln_config *config,
                                              lln_config_layer *layer);

#endif
