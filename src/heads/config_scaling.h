/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Scaling of rotary embedding, from the keys of config.json. */
#ifndef LLN_HEADS_CONFIG_SCALING_H
#define LLN_HEADS_CONFIG_SCALING_H

#include "heads/config_keys.h"

/* Sets the value scaling of a layer, "linear:factor=8", and the factors of
 * longrope. LLN_EFORMAT; LLN_EUNSUPPORTED: an unknown rope_type; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_config_read_scaling(
    const lln_config_rope_keys *keys, const lln_config_family *family,
    lln_config *config, lln_config_value *value);

#endif
