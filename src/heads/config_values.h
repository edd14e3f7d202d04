/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a layer of a model does beside its rotary embedding, from the keys of
 * config.json and the class. Each function sets one value of the layer;
 * LLN_EFORMAT: a key is not of the type or range expected. */
#ifndef LLN_HEADS_CONFIG_VALUES_H
#define LLN_HEADS_CONFIG_VALUES_H

#include "heads/config_keys.h"
#include "heads/config_reading.h"

LLN_NODISCARD lln_status lln_config_set_clip(const lln_config_reading *r,
                                             lln_config_value *value);

/* "rms:eps=1e-06:plus-one"; `rope`: the layer has rotary embedding. */
LLN_NODISCARD lln_status lln_config_set_norm(const lln_config_reading *r,
                                             bool rope,
                                             lln_config_value *value);

/* "llama4:scale=0.1:floor=8192" or "ministral:scale=0.1:original=16384". */
LLN_NODISCARD lln_status lln_config_set_query_scale(
    const lln_config_reading *r, const lln_config_rope_keys *keys, bool rope,
    lln_config_value *value);

/* The factor of q.k in layer l. */
LLN_NODISCARD lln_status lln_config_set_scale(const lln_config_reading *r,
                                              const lln_config_rope_keys *keys,
                                              size_t l,
                                              lln_config_value *value);

LLN_NODISCARD lln_status lln_config_set_softcap(const lln_config_reading *r,
                                                lln_config_value *value);

/* "alibi" or "t5:buckets=32:distance=128". LLN_EUNSUPPORTED: a bias that
 * depends on the queries. */
LLN_NODISCARD lln_status lln_config_set_bias(const lln_config_reading *r,
                                             lln_config_value *value);

#endif
